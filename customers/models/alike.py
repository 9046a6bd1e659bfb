"""Pairs of rows that may be the same, as `customers.spotting` found them, and what people said of that."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext as _

from accounts.models import User
from customers.models.contact import Contact
from customers.models.customer import Customer


class AlikeQuerySet(models.QuerySet["Alike"]):
    def visible_to(self, user: User) -> Self:
        """Pairs of which the person may see both, as long as both are there."""
        return self._of(Customer.objects.visible_to(user), Contact.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:
        """Pairs of which the person may change both."""
        return self._of(Customer.objects.editable_by(user), Contact.objects.editable_by(user))

    def _of(self, customers: models.QuerySet[Customer], contacts: models.QuerySet[Contact]) -> Self:
        def both(rows: models.QuerySet[Customer] | models.QuerySet[Contact]) -> Q:
            low, high = (Exists(rows.filter(pk=OuterRef(side)).order_by()) for side in ("low", "high"))
            return Q(low, high)

        kind = Alike.Kind
        return self.filter(Q(both(customers), kind=kind.CUSTOMER) | Q(both(contacts), kind=kind.CONTACT))

    def undecided(self) -> Self:
        """Those of which nobody said that they are not the same."""
        return self.filter(apart_at=None)


class Alike(models.Model):
    """Two customers, or two contacts of one, that may be the same, and by what.

    It names them by their ids alone: it keeps neither from going, and says nothing once one is gone. No address and no
    name stands here, so that nothing of a person who is erased is left.
    """

    class Kind(models.TextChoices):
        CUSTOMER = "customer"
        CONTACT = "contact"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    low = models.BigIntegerField(help_text="The smaller id of the two.")
    high = models.BigIntegerField()
    by_email = models.BooleanField(default=False, db_default=False)
    by_phone = models.BooleanField(default=False, db_default=False)
    by_name = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How alike the names are, in per cent; 0 if not alike enough."
    )
    score = models.GeneratedField(
        expression=F("by_name")
        + Case(When(by_email=True, then=Value(400)), default=Value(0))
        + Case(When(by_phone=True, then=Value(200)), default=Value(0)),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    seen_at = models.DateTimeField(help_text="When an address or a number was last found to be that of both.")
    apart_at = models.DateTimeField(null=True, blank=True, help_text="When somebody said that they are not the same.")
    apart_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AlikeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "low", "high"], name="alike_once"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="alike_in_order"),
        ]
        indexes = [models.Index(fields=["-score", "-id"], name="alike_by_score", condition=Q(apart_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} {self.low} ~ {self.high}"

    @property
    def reasons(self) -> list[str]:
        """Why they may be the same, the best reason first."""
        name = _("the same name") if self.by_name == 100 else _("a similar name")
        found = ((self.by_email, _("the same e-mail address")), (self.by_phone, _("the same telephone number")))
        return [words for holds, words in (*found, (self.by_name, name)) if holds]


class NameSeen(models.Model):
    """The name of a customer as of which similar ones were looked for; once it is another, they are looked for anew."""

    customer_pk = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=400)

    def __str__(self) -> str:
        return f"{self.customer_pk}: {self.name}"
