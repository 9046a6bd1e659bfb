"""The ledger of outbound mail, the wordings, and the addresses nothing is sent to."""

import uuid
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer, CustomerDataQuerySet, DatedEvent, Language, Segment, Tone
from interactions.models import Interaction
from retention_crm.lib import clock, tokens
from retention_crm.lib.fields import LineField, NoteField
from surveys.models import Invitation


class MessageKind(models.TextChoices):
    BIRTHDAY = "birthday", _("Birthday greeting")
    ANNIVERSARY = "anniversary", _("Anniversary greeting")
    EVENT = "event", _("Greeting on a special day")
    THANK_YOU = "thank_you", _("Thank-you note")
    SURVEY = "survey", _("Survey invitation")
    REMINDER = "reminder", _("Survey reminder")
    LETTER = "letter", _("Letter")
    OVERDUE_DIGEST = "overdue_digest", _("Morning digest")
    URGENT = "urgent", _("Urgent alert")
    WEEKLY = "weekly", _("Weekly digest")
    ESCALATION = "escalation", _("Escalation to the manager")
    TEST = "test", _("Test")


CUSTOMER_KINDS = (
    MessageKind.BIRTHDAY,
    MessageKind.ANNIVERSARY,
    MessageKind.EVENT,
    MessageKind.THANK_YOU,
    MessageKind.SURVEY,
    MessageKind.REMINDER,
    MessageKind.LETTER,
)
STAFF_KINDS = (
    MessageKind.OVERDUE_DIGEST,
    MessageKind.URGENT,
    MessageKind.WEEKLY,
    MessageKind.ESCALATION,
    MessageKind.TEST,
)


class State(models.TextChoices):
    PROPOSED = "proposed", _("Waits for approval")
    PLANNED = "planned", _("Planned")
    LEASED = "leased", _("Taken by a worker")
    SUBMITTING = "submitting", _("Being handed over")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Unknown: sent or not")
    HELD = "held", _("Held")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


WAITING = (State.PROPOSED, State.PLANNED, State.LEASED, State.SUBMITTING)


# What the occasion of a note begins with that follows a complaint; the complaint's id comes next.
RECOVERY = "thank-you:complaint:"


class MessageQuerySet(CustomerDataQuerySet["Message"]):
    def visible_to(self, user: Any) -> Self:
        """Messages about customers the user may read, and those addressed to the user; managers see all."""
        if user.sees_everything:
            return self
        if user.reads_everything:
            return self.filter(models.Q(recipient=user) | models.Q(customer__isnull=False))
        # Asked for as a set: beside OR, a join would have to find the customer of every message there is.
        theirs = Customer.objects.visible_to(user).order_by().values("pk")
        return self.filter(models.Q(recipient=user) | models.Q(customer__in=theirs))

    def sent_as(self, mail_key: str, address: str) -> Self:
        """The message whose Message-ID begins with that key, found by the contacts who have the address."""
        customers = Contact.objects.at_addresses([address]).order_by().values("customer")
        return self.filter(customer__in=customers, mail_key=mail_key)

    def waiting(self) -> Self:
        return self.filter(state__in=WAITING)

    def proposed(self) -> Self:
        """Messages to customers that wait for a person's approval."""
        return self.filter(state=State.PROPOSED, kind__in=CUSTOMER_KINDS)

    def unsettled(self) -> Self:
        """Messages to customers of which nobody knows whether they arrived, and nobody has decided about."""
        return self.filter(state=State.UNKNOWN, kind__in=CUSTOMER_KINDS, decided_at=None)


class Message(models.Model):
    """One outbound mail: one row per occasion, whatever happens to workers and servers."""

    occasion = models.CharField(max_length=160)
    kind = models.CharField(max_length=16, choices=MessageKind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED, db_default=State.PLANNED)
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages", db_index=False
    )
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_index=False,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
        help_text="The member of staff a digest or an alert is for.",
    )
    interaction = models.ForeignKey(
        Interaction, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    invitation = models.ForeignKey(
        Invitation, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    dated_event = models.ForeignKey(
        DatedEvent, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages", db_index=False
    )
    due_at = models.DateTimeField(help_text="Not to be sent before; moves when the server asks to try later.")
    expires_at = models.DateTimeField(help_text="Too late to be kind from here on.")
    dated_at = models.DateTimeField(help_text="The Date header, fixed when the row is planned.")
    # Names the mail in its Message-ID: to differ is enough, and gen_random_uuid() takes a fifth of the time of a row.
    mail_key = models.UUIDField(
        default=uuid.uuid4, db_default=models.Func(template="md5(random()::text || random()::text)::uuid")
    )
    planned_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.BigIntegerField(default=0, db_default=0, help_text="Fencing: grows with every claim.")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    reason = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="The name of the rule or error that decided.",
    )
    detail = NoteField(blank=True, default="", db_default="", max_length=2000, help_text="The reason in words.")
    sent_to = models.CharField(max_length=254, blank=True, default="", db_default="")
    subject = models.CharField(max_length=300, blank=True, default="", db_default="")
    body = models.TextField(blank=True, default="", db_default="", help_text="The text part as handed over.")
    own_subject = LineField(blank=True, default="", db_default="", max_length=200)
    own_text = NoteField(
        blank=True,
        default="",
        db_default="",
        max_length=20_000,
        help_text="A text written for this one message; takes the place of the wording, with the same fields.",
    )
    released_rules = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=Value("{}"),
        blank=True,
        help_text="Names of rules of the gate a person has set aside for this message.",
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_index=False,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who approved, held, released or settled it last.",
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at", "-pk"]
        # Each hand-over writes a row three times, and each time into every index: there are no more than are used.
        constraints = [
            models.UniqueConstraint(fields=["occasion"], name="message_once_per_occasion"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="message_state_known"),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="message_expires",
                condition=models.Q(state__in=["planned", "proposed"]),
            ),
            models.Index(fields=["due_at", "id"], name="message_due", condition=models.Q(state="planned")),
            models.Index(
                fields=["lease_until"],
                name="message_leased",
                condition=models.Q(state__in=["leased", "submitting"]),
            ),
            # Whom to remind of a survey is asked again every few seconds.
            models.Index(fields=["finished_at"], name="message_asked", condition=models.Q(kind="survey", state="sent")),
            models.Index(fields=["-due_at", "-id"], name="message_by_due"),
            models.Index(
                fields=["dated_event"], name="message_by_event", condition=models.Q(dated_event__isnull=False)
            ),
            models.Index(fields=["customer", "-due_at"], name="message_by_customer"),
            models.Index(fields=["recipient", "-due_at"], name="message_by_recipient"),
            models.Index(fields=["state", "-due_at"], name="message_by_state"),
        ]

    def __str__(self) -> str:
        return self.occasion

    @property
    def is_for_customer(self) -> bool:
        return self.kind in CUSTOMER_KINDS

    @property
    def is_recovery(self) -> bool:
        """Whether it thanks for the patience with which a complaint was borne."""
        return self.occasion.startswith(RECOVERY)

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING


class Tally(models.Model):
    """How many messages of a kind were ever planned: one row per inserting statement, written by a trigger.

    Independent of the messages themselves, so that one that vanished is missed.
    """

    kind = models.CharField(max_length=16)
    planned = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.kind}: {self.planned}"


class Wording(models.Model):
    """A company's own text for a kind of message in one language and tone; without one the built-in text is used."""

    kind = models.CharField(_("kind"), max_length=16, choices=MessageKind.choices)
    language = models.CharField(_("language"), max_length=8, choices=Language.choices, default=Language.ENGLISH)
    tone = models.CharField(_("tone"), max_length=8, choices=Tone.choices, default=Tone.FORMAL)
    subject = LineField(_("subject"), max_length=200)
    text = NoteField(_("text"), max_length=20_000)
    html = NoteField(_("HTML"), max_length=40_000)
    changed_at = models.DateTimeField(editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )

    class Meta:
        ordering = ["kind", "language", "tone"]
        constraints = [models.UniqueConstraint(fields=["kind", "language", "tone"], name="wording_once")]

    def __str__(self) -> str:
        return f"{self.kind} · {self.language} · {self.tone}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.changed_at = clock.now()
        super().save(*args, **kwargs)


class Rehearsal(models.Model):
    """What a test mail shows: the message it is about, or a wording as it stood in the editor, with sample data."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="rehearsal")
    about = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="rehearsals", db_index=False
    )
    kind = models.CharField(max_length=16, blank=True, choices=MessageKind.choices)
    language = models.CharField(max_length=8, blank=True, choices=Language.choices)
    tone = models.CharField(max_length=8, blank=True, choices=Tone.choices)
    subject = LineField(blank=True, max_length=200)
    text = NoteField(blank=True, max_length=20_000)
    html = NoteField(blank=True, max_length=40_000)

    def __str__(self) -> str:
        return f"{self.message_id}: {self.kind or self.about_id}"


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def ask_for(self, kind: str, segment_pk: int) -> bool:
        """Whether a message of that kind to a customer of that segment waits for approval."""
        every = models.Q(segment__isnull=True)
        return self.filter(every | models.Q(segment_id=segment_pk), kind=kind).exists()


class Approval(models.Model):
    """Messages of a kind wait for a person's approval: for customers of one segment, or without one for all."""

    kind = models.CharField(_("kind"), max_length=16, choices=MessageKind.choices)
    segment = models.ForeignKey(
        Segment, verbose_name=_("segment"), on_delete=models.CASCADE, null=True, blank=True, related_name="approvals"
    )

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "segment"], name="approval_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.segment_id or 'all'}"


class Watermark(models.Model):
    """How far a planner has planned; a missed tick catches up from here."""

    planner = models.CharField(max_length=40, primary_key=True)
    through = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.planner}: {self.through}"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def among(self, addresses: list[str]) -> set[str]:
        """Those of the given addresses nothing may be sent to."""
        digests = {address: tokens.address_digests(address) for address in addresses if address}
        wanted = {digest for own in digests.values() for digest in own}
        found = set(self.filter(digest__in=wanted).values_list("digest", flat=True))
        return {address for address, own in digests.items() if not found.isdisjoint(own)}

    def of(self, address: str) -> Self:
        """The one row of an address, if it is suppressed."""
        return self.filter(digest__in=tokens.address_digests(address))

    def suppress(self, address: str, reason: str, at: datetime) -> None:
        """Nothing more is sent to that address; the first reason stands."""
        if not self.of(address).exists():
            digest = tokens.address_digest(address)
            self.get_or_create(digest=digest, defaults={"reason": reason[:300], "created_at": at})


class Suppression(models.Model):
    """A mail address that does not exist or whose owner complained; kept as a keyed hash only."""

    digest = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField()

    objects = SuppressionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.digest[:12]


class SuppressionDecision(models.Model):
    """A person added or lifted the suppression of an address; like it, kept without the address itself."""

    digest = models.CharField(max_length=64, db_index=True)
    is_suppressed = models.BooleanField()
    reason = LineField(_("why"), max_length=300)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["-decided_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.digest[:12]}: {self.is_suppressed}"


class ProviderEvent(models.Model):
    """What a mail provider, or a mail that came back, told about a message: each event once, in whatever order."""

    class What(models.TextChoices):
        DELIVERED = "delivered", _("Arrived at their mail server")
        NOT_YET = "not_yet", _("Not taken by their mail server")
        BOUNCED = "bounced", _("Came back: the address does not exist")
        REFUSED = "refused", _("Not sent by our mail provider")
        COMPLAINED = "complained", _("Reported as unwanted mail")
        UNSUBSCRIBED = "unsubscribed", _("Left our mails at the mail provider")

    key = models.CharField(max_length=200, unique=True, help_text="The provider's own name of the event.")
    what = models.CharField(max_length=20)
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="provider_events"
    )
    words = models.CharField(max_length=300, blank=True, default="")
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["happened_at", "pk"]
        indexes = [models.Index(fields=["-happened_at"], name="provider_event_by_time")]

    def __str__(self) -> str:
        return f"{self.what}: {self.key}"

    @property
    def words_for_what(self) -> str:
        return str(self.What(self.what).label)


class SendingPause(models.Model):
    """A time in which nothing is handed over; at most one is open."""

    class Cause(models.TextChoices):
        CREDENTIALS = "credentials", _("The mail server refuses the login")
        SENDER = "sender", _("The mail server refuses the sender")
        SECURITY = "security", _("No secure connection to the mail server")
        RESTORED = "restored", _("The database was restored or moved")
        PERSON = "person", _("Stopped by a person")

    cause = models.CharField(max_length=12, choices=Cause.choices)
    words = models.CharField(max_length=500, blank=True, default="")
    began_at = models.DateTimeField()
    began_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    try_again_at = models.DateTimeField(null=True, blank=True, help_text="Empty: only a person ends it.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(ended_at__isnull=True), name="sending_pause_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause}: {self.began_at}"


class LedgerPlace(models.Model):
    """Which database the ledger was last handed over from: one row. Another one means it was restored or moved."""

    ledger = models.UUIDField(default=uuid.uuid4, help_text="The ledger's own name; a copy of it has the same.")
    fingerprint = models.CharField(max_length=120)
    seen_at = models.DateTimeField()
    handed_over = models.BigIntegerField(
        default=0, db_default=0, help_text="How many hand-overs were begun, ever; also known outside the database."
    )
    accepted_at = models.DateTimeField(null=True, blank=True, help_text="When a mail server took a mail last.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="ledger_place_is_one_row")]

    def __str__(self) -> str:
        return self.fingerprint


class Pace(models.Model):
    """A bucket of tokens, one token a mail: what may be sent to a domain, or in all, without going over a limit."""

    key = models.CharField(max_length=255, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.DateTimeField(help_text="When the tokens were counted, by the database's clock.")
    turn_at = models.DateTimeField(help_text="When the last message that was put off has its turn.")

    def __str__(self) -> str:
        return f"{self.key}: {self.tokens}"
