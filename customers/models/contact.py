"""The people at a customer, and what they allow."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Concat, Lower
from django.utils.translation import gettext_lazy as _

from customers.models.access import CustomerDataQuerySet
from customers.models.choices import Channel, ConsentKind, Language, Tone
from customers.models.customer import Customer
from retention_crm.lib import clock
from retention_crm.lib.fields import LineField, TimeZoneField
from retention_crm.lib.folding import Digits, Folded


class ContactQuerySet(CustomerDataQuerySet["Contact"]):
    def reachable(self) -> Self:
        """Contacts who may be written to at all; consent per kind is the gate's business."""
        return self.filter(deceased=False, do_not_contact=False).exclude(email="")

    def known_as(self, pk: int) -> "Contact | None":
        """The contact with that id, or the one it was merged into."""
        return self.filter(pk=pk).first() or self.filter(merges__former_pk=pk, merges__undone_at=None).first()

    def with_birthday_on(self, days: list[date], *, leap_day_on_march_1: bool = False) -> Self:
        """Contacts whose birthday is kept on one of those (local) days."""
        months: dict[int, set[int]] = defaultdict(set)
        for day in days:
            months[day.month].add(day.day)
            if clock.birthday_in(day.year, 2, 29, leap_day_on_march_1=leap_day_on_march_1) == day:
                months[2].add(29)
        wanted = [models.Q(birthday_month=month, birthday_day__in=sorted(kept)) for month, kept in months.items()]
        return self.filter(models.Q(*wanted, _connector=models.Q.OR)) if wanted else self.none()

    def at_addresses(self, addresses: Collection[str]) -> Self:
        """All contacts with one of these mail addresses, in whatever case it is written."""
        return self.alias(address=Lower("email")).filter(address__in={address.lower() for address in addresses})

    def sharing_address_with(self, contact: "Contact") -> Self:
        """Other contacts with the same mail address, with their customers; perhaps the same person twice."""
        if not contact.email:
            return self.none()
        # The first condition is what the index finds; the second is what is meant.
        like = self.filter(search_key__contains=Folded(models.Value(contact.email)), email__iexact=contact.email)
        return like.exclude(pk=contact.pk).select_related("customer").order_by("pk")


class Contact(models.Model):
    """A person at a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = LineField(_("name"), max_length=200)
    preferred_name = LineField(
        _("preferred name"), max_length=100, blank=True, help_text=_("How they like to be addressed.")
    )
    job_title = LineField(_("job title"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True)
    phone = LineField(_("phone"), max_length=40, blank=True)
    is_primary = models.BooleanField(
        _("main contact"),
        default=False,
        help_text=_("Gets thank-you notes and surveys when nobody else is named."),
    )
    is_champion = models.BooleanField(
        _("champion"),
        default=False,
        db_default=False,
        help_text=_("Speaks for us there. If they leave, the customer is more likely to go."),
    )
    left_on = models.DateField(
        _("left the company on"),
        null=True,
        blank=True,
        help_text=_("Nothing is sent to them any more."),
    )
    language = models.CharField(
        _("language"),
        max_length=8,
        choices=Language.choices,
        blank=True,
        help_text=_("Empty: the customer's."),
    )
    time_zone = TimeZoneField(_("time zone"), blank=True, default="", help_text=_("Empty: the customer's."))
    tone = models.CharField(_("tone"), max_length=8, choices=Tone.choices, default=Tone.FORMAL)
    preferred_channel = models.CharField(
        _("preferred channel"), max_length=12, choices=Channel.choices, default=Channel.EMAIL
    )
    best_time = LineField(
        _("best time"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("When they like to be called, for example “mornings, not on Fridays”."),
    )
    birthday_day = models.PositiveSmallIntegerField(_("birthday: day"), null=True, blank=True)
    birthday_month = models.PositiveSmallIntegerField(_("birthday: month"), null=True, blank=True)
    birthday_year = models.PositiveSmallIntegerField(
        _("birthday: year"), null=True, blank=True, help_text=_("May stay empty.")
    )
    allows_greetings = models.BooleanField(_("greetings"), default=True)
    allows_thanks = models.BooleanField(_("thank-you notes"), default=True)
    allows_surveys = models.BooleanField(_("surveys"), default=True)
    do_not_contact = models.BooleanField(_("do not contact"), default=False)
    deceased = models.BooleanField(_("deceased"), default=False)
    search_key = models.GeneratedField(
        expression=Concat(
            Folded("name"),
            models.Value(" "),
            Folded("email"),
            models.Value(" "),
            Digits("phone"),
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["-is_primary", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(is_primary=True), name="contact_one_primary"
            ),
            models.CheckConstraint(
                condition=models.Q(birthday_month__isnull=True, birthday_day__isnull=True)
                | models.Q(birthday_month__range=(1, 12), birthday_day__range=(1, 31)),
                name="contact_birthday_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["birthday_month", "birthday_day"],
                name="contact_by_birthday",
                condition=models.Q(birthday_month__isnull=False),
            ),
            GinIndex(fields=["search_key"], opclasses=["gin_trgm_ops"], name="contact_search"),
            models.Index(Lower("email"), name="contact_by_address"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        parts = (self.birthday_day, self.birthday_month)
        if any(parts) and not all(parts):
            raise ValidationError({"birthday_day": _("Give both the day and the month, or neither.")})
        if self.birthday_year and not all(parts):
            raise ValidationError({"birthday_year": _("A year needs a day and a month beside it.")})
        if self.birthday_day and self.birthday_month:
            try:
                date(self.birthday_year or 2000, self.birthday_month, self.birthday_day)
            except ValueError:
                raise ValidationError({"birthday_day": _("There is no such day; check day, month and year.")}) from None

    @property
    def addressed_as(self) -> str:
        """The name to use when speaking to them."""
        return self.preferred_name or self.name

    def allows(self, kind: str) -> bool:
        """Whether this kind of mail (a ConsentKind) is allowed."""
        return bool(getattr(self, f"allows_{kind}"))

    @property
    def effective_time_zone(self) -> str:
        return self.time_zone or self.customer.time_zone

    @property
    def effective_language(self) -> str:
        return self.language or self.customer.language


class ConsentChangeQuerySet(CustomerDataQuerySet["ConsentChange"]):
    customer_path = "contact__customer__"


class ConsentChange(models.Model):
    """What a contact allowed or withdrew, when, and how we know; the current state is on the contact."""

    class Source(models.TextChoices):
        LINK = "link", _("Link in a mail")
        STAFF = "staff", _("Entered by staff")
        PROVIDER = "provider", _("Told by the mail provider")
        IMPORT = "import", _("Brought with a file")

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consent_changes")
    kind = models.CharField(max_length=12, choices=ConsentKind.choices)
    granted = models.BooleanField()
    source = models.CharField(max_length=8, choices=Source.choices)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    changed_at = models.DateTimeField()

    objects = ConsentChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [models.Index(fields=["contact", "-changed_at"], name="consent_by_contact")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.granted}"
