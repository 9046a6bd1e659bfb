"""The ledger of outbound mail: one row per occasion."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Now

from customers.models import Contact, Customer, CustomerDataQuerySet, DatedEvent, OwnerChange
from interactions.models import Interaction, NoticeFor, Wish
from outreach.models.kinds import CUSTOMER_KINDS, RECOVERY, REFERRAL, WAITING, MessageKind, State
from outreach.models.saying import said_again
from retention_crm.lib.fields import LineField, NoteField
from surveys.models import Invitation


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
    wish = models.ForeignKey(
        Wish, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages", db_index=False
    )
    notice_for = models.ForeignKey(
        NoticeFor, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages", db_index=False
    )
    owner_change = models.ForeignKey(
        OwnerChange, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages", db_index=False
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
    said = models.JSONField(
        null=True, blank=True, help_text="The sentence of `detail` by its name and what goes into it; see `saying`."
    )
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
            models.Index(fields=["wish"], name="message_by_wish", condition=models.Q(wish__isnull=False)),
            models.Index(fields=["notice_for"], name="message_by_notice", condition=models.Q(notice_for__isnull=False)),
            models.Index(
                fields=["owner_change"], name="message_by_owner_change", condition=models.Q(owner_change__isnull=False)
            ),
            models.Index(fields=["dated_at"], name="message_held_out", condition=models.Q(reason="held_out")),
            models.Index(fields=["customer", "-due_at"], name="message_by_customer"),
            models.Index(fields=["recipient", "-due_at"], name="message_by_recipient"),
            models.Index(fields=["state", "-due_at"], name="message_by_state"),
        ]

    def __str__(self) -> str:
        return self.occasion

    @property
    def why(self) -> str:
        """Why it is in its state, in the language of whoever reads it."""
        return said_again(self.said, self.reason) or self.detail

    @property
    def is_for_customer(self) -> bool:
        return self.kind in CUSTOMER_KINDS

    @property
    def is_recovery(self) -> bool:
        """Whether it thanks for the patience with which a complaint was borne."""
        return self.occasion.startswith(RECOVERY)

    @property
    def is_for_referral(self) -> bool:
        """Whether it thanks for bringing another customer."""
        return self.occasion.startswith(REFERRAL)

    @property
    def notification_kind(self) -> str:
        """The kind of which its reader has to want a mail; empty where that is no matter of choice."""
        if self.kind == MessageKind.URGENT:
            return self.occasion.partition(":")[2].partition(":")[0]
        return MessageKind.ESCALATION if self.kind == MessageKind.ESCALATION else ""

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


class Watermark(models.Model):
    """How far a planner has planned; a missed tick catches up from here."""

    planner = models.CharField(max_length=40, primary_key=True)
    through = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.planner}: {self.through}"
