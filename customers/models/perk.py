"""What a customer gets beyond what everybody does: a discount, early access, special terms."""

from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.access import CustomerDataQuerySet
from customers.models.customer import Customer
from retention_crm.lib.fields import LineField

# So many days before it ends whoever looks after the customer hears that a perk was not used.
PROMPT_BEFORE = timedelta(days=14)


class PerkKind(models.TextChoices):
    DISCOUNT = "discount", _("Discount")
    EARLY_ACCESS = "early_access", _("Early access")
    TERMS = "terms", _("Special terms")
    OTHER = "other", _("Something else")


class PerkQuerySet(CustomerDataQuerySet["Perk"]):
    def standing(self) -> Self:
        """Those that were not taken back."""
        return self.filter(withdrawn_at=None)

    def open(self, on: date) -> Self:
        """Those that can still be used."""
        return self.standing().filter(Q(expires_on=None) | Q(expires_on__gte=on), used_on=None)

    def used(self) -> Self:
        return self.standing().filter(used_on__isnull=False)

    def expired(self, on: date) -> Self:
        """Those of which nothing was made in time."""
        return self.standing().filter(used_on=None, expires_on__lt=on)

    def expiring(self, on: date) -> Self:
        """Open ones that end soon, of customers we have."""
        return self.open(on).filter(expires_on__lte=on + PROMPT_BEFORE, customer__lost_on=None)


class Perk(models.Model):
    """One perk of one customer: granted, and used or not."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="perks")
    kind = models.CharField(_("kind"), max_length=12, choices=PerkKind.choices, default=PerkKind.DISCOUNT)
    words = LineField(_("what they get"), max_length=200)
    value = models.DecimalField(
        _("worth"), max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    expires_on = models.DateField(_("until"), null=True, blank=True, help_text=_("The last day. Empty: it stays."))
    granted_on = models.DateField(editable=False)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    grant_key = models.UUIDField(
        null=True, blank=True, editable=False, help_text="The same for all that one click granted to a segment."
    )
    credit_for = models.ForeignKey(
        Customer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="credit_perks",
        editable=False,
        help_text="Whom they brought, if this is the thanks for it.",
    )
    used_on = models.DateField(null=True, blank=True, editable=False)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PerkQuerySet.as_manager()

    class Meta:
        verbose_name = _("perk")
        verbose_name_plural = _("perks")
        ordering = ["-granted_on", "-pk"]
        indexes = [
            models.Index(fields=["customer", "-granted_on"], name="perk_by_customer"),
            models.Index(fields=["-granted_on", "-id"], name="perk_by_day"),
            models.Index(fields=["expires_on"], name="perk_expiring", condition=Q(used_on=None, withdrawn_at=None)),
            models.Index(fields=["grant_key"], name="perk_by_grant", condition=Q(grant_key__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.words

    def is_open(self, on: date) -> bool:
        in_time = self.expires_on is None or self.expires_on >= on
        return in_time and self.used_on is None and self.withdrawn_at is None
