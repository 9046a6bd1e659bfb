"""Customers, the people at them, and how they want to be treated."""

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce, Concat
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from retention_crm.lib import clock, text
from retention_crm.lib.fields import LineField, NoteField, TimeZoneField
from retention_crm.lib.folding import Digits, Folded

# Keys for sorting that are never empty, so that paging by key needs no exceptions; each has an index.
DUE_KEY = Coalesce("next_due_on", models.Value(date.max), output_field=models.DateField())
TOUCH_KEY = Coalesce(
    "last_touchpoint_at", models.Value(datetime(1, 1, 1, tzinfo=UTC)), output_field=models.DateTimeField()
)


class CustomerDataQuerySet[M: models.Model](models.QuerySet[M]):
    """The door to every model that belongs to a customer; `customer_path` leads from the model to it."""

    customer_path = "customer__"

    def visible_to(self, user: User) -> Self:
        """Rows the user may read: managers all; staff their own and their team's, or all by the company's setting."""
        return self if user.reads_everything else self.filter(self._belongs_to(user))

    def editable_by(self, user: User) -> Self:
        """Rows the user may change: managers all; staff their own and their team's."""
        return self if user.sees_everything else self.filter(self._belongs_to(user))

    def _belongs_to(self, user: User) -> models.Q:
        # The ids themselves, so that the database knows how many rows to expect and begins at the right end.
        return models.Q(**{f"{self.customer_path}owner_id__in": user.team_ids})


class Stage(models.TextChoices):
    ACQUAINTANCE = "acquaintance", _("Acquaintance")
    FRIEND = "friend", _("Friend")
    DATING = "dating", _("Dating")
    ENGAGED = "engaged", _("Engaged")
    MARRIED = "married", _("Married")


class Language(models.TextChoices):
    """Languages customers are written to; a text that is missing in one falls back to English."""

    ENGLISH = "en", _("English")
    GERMAN = "de", _("German")
    FRENCH = "fr", _("French")
    SPANISH = "es", _("Spanish")
    SWEDISH = "sv", _("Swedish")
    ARABIC = "ar", _("Arabic")
    JAPANESE = "ja", _("Japanese")


class Tone(models.TextChoices):
    FORMAL = "formal", _("Formal")
    FRIENDLY = "friendly", _("Friendly")


class Channel(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    MESSENGER = "messenger", _("Messenger")
    IN_PERSON = "in_person", _("In person")


class Segment(models.Model):
    """Customers who deserve the same rhythm of care."""

    name = LineField(_("name"), max_length=80, unique=True)
    cadence_days = models.PositiveSmallIntegerField(
        _("cadence in days"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("The longest time without a touchpoint."),
    )

    class Meta:
        ordering = ["cadence_days", "name"]

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(CustomerDataQuerySet["Customer"]):
    customer_path = ""

    def kept(self) -> Self:
        """Customers we still have."""
        return self.filter(lost_on__isnull=True)

    def cared_for(self) -> Self:
        """Customers a cadence applies to: neither lost nor asking to be left alone."""
        return self.kept().filter(do_not_contact=False)

    def overdue(self, on: date) -> Self:
        """Customers over their cadence on that day; the due day itself is still in time."""
        return self.cared_for().filter(next_due_on__lt=on)

    def recompute_due(self) -> int:
        """Sets the next due day anew from the last touchpoint (or the start) and the cadence; returns the row count."""
        cadence = Coalesce(
            models.F("cadence_days"),
            models.Subquery(Segment.objects.filter(pk=models.OuterRef("segment_id")).values("cadence_days")[:1]),
        )
        start = Coalesce(models.F("last_touchpoint_on"), models.F("customer_since"))
        due = models.ExpressionWrapper(start + cadence, output_field=models.DateField())
        return self.update(next_due_on=due)

    def mark_risk_stale(self, at: datetime) -> int:
        """Asks for a new computation of the risk; the earliest open request stands."""
        return self.update(risk_stale_since=Coalesce(models.F("risk_stale_since"), models.Value(at)))


class Customer(models.Model):
    """A relationship we keep: a company or a person."""

    name = LineField(_("name"), max_length=200)
    sort_key = models.CharField(max_length=400, editable=False, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="customers"
    )
    segment = models.ForeignKey(Segment, verbose_name=_("segment"), on_delete=models.PROTECT, related_name="customers")
    stage = models.CharField(_("stage"), max_length=16, choices=Stage.choices, default=Stage.ACQUAINTANCE)
    time_zone = TimeZoneField(_("time zone"), default="Europe/Stockholm")
    language = models.CharField(_("language"), max_length=8, choices=Language.choices, default=Language.ENGLISH)
    cadence_days = models.PositiveSmallIntegerField(
        _("own cadence in days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Leave empty to use the segment's cadence."),
    )
    care_note = NoteField(
        _("how to treat them"),
        blank=True,
        max_length=1000,
        help_text=_("Shown before every call, for example “speaks slowly, give him time”."),
    )
    customer_since = models.DateField(_("customer since"))
    do_not_contact = models.BooleanField(
        _("do not contact"), default=False, help_text=_("No automatic messages and no reminders to call.")
    )
    lost_on = models.DateField(_("lost on"), null=True, blank=True)
    external_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)
    last_touchpoint_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_touchpoint_on = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The customer's own local day of the last touchpoint.",
    )
    next_due_on = models.DateField(null=True, blank=True, editable=False)
    risk_stale_since = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        indexes = [
            models.Index(fields=["sort_key", "id"], name="customer_by_name"),
            models.Index(fields=["owner", "sort_key", "id"], name="customer_by_owner"),
            models.Index(fields=["next_due_on", "id"], name="customer_by_due"),
            models.Index(fields=["owner", "next_due_on"], name="customer_by_owner_due"),
            models.Index(DUE_KEY, "id", name="customer_by_due_key"),
            models.Index(TOUCH_KEY, "id", name="customer_by_touch_key"),
            GinIndex(fields=["sort_key"], opclasses=["gin_trgm_ops"], name="customer_search"),
            models.Index(fields=["created_at"], name="customer_by_created"),
            models.Index(
                fields=["risk_stale_since"],
                name="customer_risk_stale",
                condition=models.Q(risk_stale_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_key = text.sort_key(self.name)[:400]
        super().save(*args, **kwargs)

    def today(self, at: datetime | None = None) -> date:
        """The calendar day it is for the customer."""
        return clock.today(self.time_zone, at)

    @property
    def cadence(self) -> int:
        """Longest allowed gap between touchpoints, in days."""
        return self.cadence_days or self.segment.cadence_days

    def quiet_days(self, on: date) -> int | None:
        """Whole days since the last touchpoint; None if there never was one."""
        return (on - self.last_touchpoint_on).days if self.last_touchpoint_on else None

    @property
    def is_lost(self) -> bool:
        return self.lost_on is not None


class ContactQuerySet(CustomerDataQuerySet["Contact"]):
    def reachable(self) -> Self:
        """Contacts who may be written to at all; consent per kind is the gate's business."""
        return self.filter(deceased=False, do_not_contact=False).exclude(email="")

    def with_birthday_on(self, days: list[date], *, leap_day_on_march_1: bool = False) -> Self:
        """Contacts whose birthday is kept on one of those (local) days."""
        months: dict[int, set[int]] = defaultdict(set)
        for day in days:
            months[day.month].add(day.day)
            if clock.birthday_in(day.year, 2, 29, leap_day_on_march_1=leap_day_on_march_1) == day:
                months[2].add(29)
        wanted = [models.Q(birthday_month=month, birthday_day__in=sorted(kept)) for month, kept in months.items()]
        return self.filter(models.Q(*wanted, _connector=models.Q.OR)) if wanted else self.none()

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


class ConsentKind(models.TextChoices):
    GREETINGS = "greetings", _("Greetings")
    THANKS = "thanks", _("Thank-you notes")
    SURVEYS = "surveys", _("Surveys")


class ConsentChangeQuerySet(CustomerDataQuerySet["ConsentChange"]):
    customer_path = "contact__customer__"


class ConsentChange(models.Model):
    """What a contact allowed or withdrew, when, and how we know; the current state is on the contact."""

    class Source(models.TextChoices):
        LINK = "link", _("Link in a mail")
        STAFF = "staff", _("Entered by staff")

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
