"""What happened between us and a customer, and what is to be done by when."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from customers.models import Contact, Customer, CustomerDataQuerySet
from retention_crm.lib import clock
from retention_crm.lib.fields import LineField, NoteField
from retention_crm.lib.folding import Folded


class Kind(models.TextChoices):
    CALL = "call", _("Call")
    MEETING = "meeting", _("Meeting")
    VISIT = "visit", _("Visit")
    EMAIL = "email", _("E-mail")
    MESSAGE = "message", _("Message")
    PURCHASE = "purchase", _("Purchase")
    GESTURE = "gesture", _("Gesture")
    REFERRAL = "referral", _("Referral")


class GestureKind(models.TextChoices):
    GIFT = "gift", _("Gift")
    CARD = "card", _("Card")
    SAMPLE = "sample", pgettext_lazy("gesture", "Sample")
    INVITATION = "invite", _("Invitation")
    VISIT = "visit", _("Visit at our cost")


class Outcome(models.TextChoices):
    HELD = "held", pgettext_lazy("how a conversation went", "Held")
    NO_ANSWER = "no_answer", _("No answer")
    POSTPONED = "postponed", _("Postponed")
    MISSED_BY_US = "missed_by_us", _("Missed by us")
    MISSED_BY_THEM = "missed_by_them", _("Missed by them")


class Sentiment(models.IntegerChoices):
    BAD = -1, _("Unhappy")
    NEUTRAL = 0, _("Neutral")
    GOOD = 1, _("Happy")


# Real two-way contact; only these reset a cadence.
TOUCHPOINT_KINDS = (Kind.CALL, Kind.MEETING, Kind.VISIT, Kind.EMAIL, Kind.MESSAGE)
# Kinds that are always complete when they are logged: there is nobody to miss them.
ALWAYS_HELD = (Kind.PURCHASE, Kind.GESTURE, Kind.REFERRAL)
WITH_AMOUNT = (Kind.PURCHASE, Kind.GESTURE)
# Conversations whose notes are worth sending to who was there.
RECAPPED_KINDS = (Kind.CALL, Kind.MEETING, Kind.VISIT)

_IS_TOUCHPOINT = models.Case(
    models.When(kind__in=TOUCHPOINT_KINDS, outcome=Outcome.HELD, then=models.Value(True)),
    default=models.Value(False),
    output_field=models.BooleanField(),
)


class InteractionQuerySet(CustomerDataQuerySet["Interaction"]):
    def asking(self) -> Self:
        """Those in which the customer wanted an answer, whether they have had it or not."""
        return self.filter(is_owed=True)

    def to_recap(self) -> Self:
        """Conversations that were held and noted: what `can_be_recapped` asks of one."""
        return self.filter(kind__in=RECAPPED_KINDS, outcome=Outcome.HELD).exclude(notes="")

    def owed(self) -> Self:
        """Those in which they still wait for it."""
        return self.asking().filter(answered_at__isnull=True)


class Interaction(models.Model):
    """Something that happened: a call, a meeting, a visit, an e-mail, a message, a purchase, a gesture, a referral."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="interactions")
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="interactions",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="interactions"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.CALL)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices, default=Outcome.HELD)
    happened_at = models.DateTimeField(_("when"))
    day = models.DateField(editable=False, help_text="The customer's own local day of the event.")
    notes = NoteField(_("notes"), blank=True, max_length=100_000)
    sentiment = models.SmallIntegerField(_("mood"), choices=Sentiment.choices, null=True, blank=True)
    amount = models.DecimalField(
        _("amount"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Purchases and gestures only."),
    )
    gesture_kind = models.CharField(
        _("what it was"), max_length=8, choices=GestureKind.choices, blank=True, default="", db_default=""
    )
    credit_for = models.ForeignKey(
        Customer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="credit_gestures",
        editable=False,
        db_index=False,
        help_text="Whom they brought, if this gesture is the thanks for it.",
    )
    limit_reason = LineField(
        _("why it is more than the limit"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("Of a gesture that cost more than the company allows without a word."),
    )
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    is_owed = models.BooleanField(_("they wait for an answer"), default=False, db_default=False)
    # The next real contact answers them, and is told by the history; or somebody says that it was done elsewhere.
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        db_index=False,
    )
    external_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)
    log_key = models.UUIDField(
        null=True, blank=True, editable=False, help_text="One for each filled-in form, made where it is filled in."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    is_touchpoint = models.GeneratedField(
        expression=_IS_TOUCHPOINT, output_field=models.BooleanField(), db_persist=True
    )

    objects = InteractionQuerySet.as_manager()

    class Meta:
        ordering = ["-happened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["log_key"], condition=models.Q(log_key__isnull=False), name="interaction_log_key"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-happened_at", "-id"], name="interaction_timeline"),
            models.Index(fields=["created_at"], name="interaction_by_created"),
            # A few purchases among many calls: whom to thank is asked again every few seconds.
            models.Index(fields=["created_at"], name="interaction_purchases", condition=models.Q(kind=Kind.PURCHASE)),
            models.Index(fields=["created_at"], name="interaction_referrals", condition=models.Q(kind=Kind.REFERRAL)),
            models.Index(
                fields=["customer", "-day"], name="interaction_gestures", condition=models.Q(kind=Kind.GESTURE)
            ),
            models.Index(
                fields=["credit_for"], name="interaction_credit", condition=models.Q(credit_for__isnull=False)
            ),
            models.Index(fields=["day"], name="interaction_by_day"),
            GinIndex(
                OpClass(Folded("notes"), name="gin_trgm_ops"), name="interaction_notes", condition=~models.Q(notes="")
            ),
            models.Index(fields=["-happened_at", "-id"], name="interaction_by_moment"),
            models.Index(
                fields=["customer", "happened_at"], name="interaction_asking", condition=models.Q(is_owed=True)
            ),
            models.Index(
                fields=["happened_at"],
                name="interaction_owed",
                condition=models.Q(is_owed=True, answered_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.day}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.day = clock.today(self.customer.time_zone, self.happened_at)
        super().save(*args, **kwargs)

    @property
    def can_be_recapped(self) -> bool:
        """Whether it was a conversation that was held, and somebody noted what was said."""
        return self.kind in RECAPPED_KINDS and self.outcome == Outcome.HELD and bool(self.notes.strip())


class Fate(models.TextChoices):
    """What became of a promise. Early is a whole day ahead of its time or more; broken is past it and not done."""

    AHEAD = "ahead", _("Still to keep")
    EARLY = "early", _("Kept early")
    ON_TIME = "on_time", _("Kept on time")
    LATE = "late", _("Kept late")
    BROKEN = "broken", _("Not kept")
    RELEASED = "released", _("No longer needed")


_EARLY = timedelta(days=1)


class FollowUpQuerySet(CustomerDataQuerySet["FollowUp"]):
    def open(self) -> Self:
        return self.filter(done_at__isnull=True)

    def due_by(self, at: datetime) -> Self:
        """Open ones whose time has come or comes before that moment."""
        return self.open().filter(due_at__lt=at)

    def promises(self) -> Self:
        return self.filter(is_promise=True)

    def confirmed(self) -> Self:
        """Those of which the customer says that they are done."""
        return self.filter(confirmed_at__isnull=False)

    def due_within(self, first: date | None, last: date | None, zone: str) -> Self:
        """Those due on these days, both included, by the calendar of that time zone; None is no limit."""
        found = self
        if first:
            found = found.filter(due_at__gte=clock.moment(first, time(0), zone))
        if last:
            found = found.filter(due_at__lt=clock.moment(last + timedelta(days=1), time(0), zone))
        return found

    def with_fate(self, at: datetime) -> Self:
        """Promises with what became of them by then, as `fate`, one of Fate."""
        return self.promises().annotate(fate=_fate(at))

    def of_fates(self, fates: Collection[Fate], at: datetime) -> Self:
        """Promises of which one of these became by then, with it."""
        return self.promises().annotate(fate=_fate(at)).filter(fate__in=fates)


def _fate(at: datetime) -> models.Case:
    return models.Case(
        models.When(is_released=True, then=models.Value(Fate.RELEASED)),
        models.When(done_at__isnull=True, due_at__gte=at, then=models.Value(Fate.AHEAD)),
        models.When(done_at__isnull=True, then=models.Value(Fate.BROKEN)),
        models.When(done_at__gt=models.F("due_at"), then=models.Value(Fate.LATE)),
        models.When(done_at__lte=models.F("due_at") - _EARLY, then=models.Value(Fate.EARLY)),
        default=models.Value(Fate.ON_TIME),
        output_field=models.CharField(),
    )


class FollowUp(models.Model):
    """Something to do by a time; a promise if it was promised to the customer."""

    class Origin(models.TextChoices):
        STAFF = "staff", _("Planned by staff")
        SURVEY = "survey", _("Bad survey answer")
        MAIL = "mail", _("Mail that came back")
        NOTICE = "notice", _("News to tell")
        EXPECTED = "expected", _("Expected soon")
        RECAP = "recap", _("Not what was agreed")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="follow_ups")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="follow_ups")
    source = models.ForeignKey(
        Interaction,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="follow_ups",
        editable=False,
    )
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.STAFF, editable=False)
    occasion = models.CharField(max_length=120, null=True, blank=True, unique=True, editable=False)
    title = LineField(_("what"), max_length=200)
    is_promise = models.BooleanField(_("promised to the customer"), default=False)
    due_at = models.DateTimeField(_("due"))
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    outcome = LineField(_("what was done"), max_length=300, blank=True, default="", db_default="", editable=False)
    is_released = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="The customer said that it is not needed any more."
    )
    confirmed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the customer said that a promise is done."
    )
    confirmed_by = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False, db_index=False
    )
    disputed = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False, help_text="How often the customer said that it is not done yet."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(
                fields=["assignee", "due_at"], name="follow_up_open", condition=models.Q(done_at__isnull=True)
            ),
            models.Index(fields=["customer", "due_at"], name="follow_up_by_customer"),
            models.Index(
                fields=["due_at"],
                name="follow_up_promises",
                condition=models.Q(done_at__isnull=True, is_promise=True),
            ),
            # Whom to write to, and who was written to, is asked again every few seconds.
            models.Index(
                fields=["due_at"], name="follow_up_notices", condition=models.Q(done_at__isnull=True, origin="notice")
            ),
            models.Index(
                fields=["customer"],
                name="follow_up_expected",
                condition=models.Q(done_at__isnull=True, origin="expected"),
            ),
            models.Index(
                fields=["done_at"], name="follow_up_kept", condition=models.Q(is_promise=True, done_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.done_at is None

    @property
    def correction(self) -> int | None:
        """The id of what a customer says was agreed otherwise, if this is to decide about it."""
        is_one = self.origin == self.Origin.RECAP and self.occasion is not None
        return int((self.occasion or "").rpartition(":")[2]) if is_one else None

    @property
    def needs_outcome(self) -> bool:
        """Whether it can only be closed by saying what was done."""
        return self.origin == self.Origin.SURVEY

    def is_late(self, at: datetime) -> bool:
        """Whether it was, or is by now, done after its time."""
        return (self.done_at or at) > self.due_at

    def finish(self, by: User, at: datetime, outcome: str = "") -> None:
        """Marks it done; whoever was first stands, also when two people press the button."""
        FollowUp.objects.open().filter(pk=self.pk).update(done_at=at, done_by=by, outcome=outcome)
        self.refresh_from_db(fields=["done_at", "done_by", "outcome"])

    def release(self, by: User, at: datetime) -> None:
        """Ends an open promise that the customer does not need kept; one that was done stays done."""
        FollowUp.objects.promises().open().filter(pk=self.pk).update(done_at=at, done_by=by, is_released=True)
        self.refresh_from_db(fields=["done_at", "done_by", "is_released"])

    def reopen(self) -> None:
        self.done_at = self.done_by = None
        self.is_released = False
        self.confirmed_at = self.confirmed_by = None
        self.save(update_fields=["done_at", "done_by", "is_released", "confirmed_at", "confirmed_by"])

    def confirm(self, by: Contact, at: datetime) -> bool:
        """The customer says that a promise is done; false if it is not, or if they said so before."""
        done = FollowUp.objects.promises().filter(pk=self.pk, done_at__isnull=False, is_released=False)
        has_changed = bool(done.filter(confirmed_at=None).update(confirmed_at=at, confirmed_by=by))
        self.refresh_from_db(fields=["confirmed_at", "confirmed_by"])
        return has_changed

    def dispute(self) -> bool:
        """The customer says that a promise is not done yet: it is open again; false if it is open anyway."""
        done = FollowUp.objects.promises().filter(pk=self.pk, done_at__isnull=False, is_released=False)
        again = {"done_at": None, "done_by": None, "confirmed_at": None, "confirmed_by": None}
        has_changed = bool(done.update(**again, disputed=models.F("disputed") + 1))
        self.refresh_from_db()
        return has_changed

    def move(self, due_at: datetime) -> None:
        """A new time for what is still to be done; what is done keeps the time it had."""
        FollowUp.objects.open().filter(pk=self.pk).update(due_at=due_at)
        self.refresh_from_db(fields=["due_at"])
