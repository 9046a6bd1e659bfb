"""What customers said they would like, and what became of it."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Contact, Customer, CustomerDataQuerySet
from interactions.models.history import Interaction
from retention_crm.lib import text
from retention_crm.lib.fields import LineField, NoteField


class WishState(models.TextChoices):
    OPEN = "open", _("Open")
    PLANNED = "planned", _("Planned")
    DONE = "done", _("Done")
    DECLINED = "declined", _("Declined")


# Nothing more is to come of these.
CLOSED = (WishState.DONE, WishState.DECLINED)


class WishTopic(models.Model):
    """What several customers wish for, so that it is decided once and all of them hear of it."""

    name = LineField(_("what it is"), max_length=120)
    key = models.CharField(max_length=480, unique=True, editable=False)

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = text.sort_key(self.name)
        super().save(*args, **kwargs)

    @classmethod
    def named(cls, name: str) -> "WishTopic":
        """The topic of that name, made if there is none; case and accents make no other one."""
        topic, _is_new = cls.objects.get_or_create(key=text.sort_key(name), defaults={"name": name})
        return topic


class WishQuerySet(CustomerDataQuerySet["Wish"]):
    def open(self) -> Self:
        """Those we still owe an answer to, also where one is planned."""
        return self.exclude(state__in=CLOSED)

    def closed(self) -> Self:
        return self.filter(state__in=CLOSED)

    def decide(self, state: WishState, outcome: str, *, by: User, at: datetime, **more: Any) -> int:
        """What becomes of the open ones; returns how many. What was closed meanwhile stands as it is."""
        return self.open().update(state=state, outcome=outcome, decided_by=by, decided_at=at, **more)

    def reopen(self) -> int:
        """Open again; whether they want to be told stays as it was said last."""
        return self.exclude(state=WishState.OPEN).update(state=WishState.OPEN, decided_by=None, decided_at=None)


class Wish(models.Model):
    """Something a customer would like; open until it is done or declined, and they are told if they want to know."""

    class Origin(models.TextChoices):
        STAFF = "staff", _("Noted by staff")
        SURVEY = "survey", _("Survey answer")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="wishes")
    contact = models.ForeignKey(
        Contact, verbose_name=_("who said it"), on_delete=models.SET_NULL, null=True, blank=True, related_name="wishes"
    )
    topic = models.ForeignKey(
        WishTopic,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="wishes",
        editable=False,
        db_index=False,
    )
    text = LineField(_("what they wish"), max_length=300)
    said_at = models.DateTimeField()
    interaction = models.ForeignKey(
        Interaction, on_delete=models.SET_NULL, null=True, blank=True, related_name="wishes", editable=False
    )
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.STAFF, editable=False)
    # Answers belong to the surveys, which stand above: one is named, as it is by a follow-up.
    occasion = models.CharField(max_length=120, null=True, blank=True, unique=True, editable=False)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    state = models.CharField(max_length=8, choices=WishState.choices, default=WishState.OPEN)
    outcome = NoteField(_("what became of it"), max_length=1000, blank=True)
    wants_answer = models.BooleanField(_("tell them what becomes of it"), default=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = WishQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "wishes"
        ordering = ["-said_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=CLOSED) | models.Q(decided_at__isnull=False) & ~models.Q(outcome=""),
                name="wish_closed_with_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-said_at"], name="wish_by_customer"),
            models.Index(fields=["-said_at", "-id"], name="wish_by_moment"),
            models.Index(fields=["topic"], name="wish_by_topic", condition=models.Q(topic__isnull=False)),
            # Whom to tell is asked again every few seconds.
            models.Index(
                fields=["decided_at"],
                name="wish_to_answer",
                condition=models.Q(state__in=CLOSED, wants_answer=True),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED

    @property
    def reader(self) -> Contact | None:
        """Who is told what became of it: who said it, or else the main contact; none who can not be written to."""
        reachable = Contact.objects.filter(customer=self.customer_id).reachable()
        if self.customer.do_not_contact or self.customer.is_lost:
            return None
        wanted = models.Q(pk=self.contact_id) if self.contact_id else models.Q(is_primary=True)
        return reachable.filter(wanted).first()

    def decide(self, state: WishState, outcome: str, *, tell: bool, by: User, at: datetime) -> bool:
        """What becomes of an open one; false if somebody else closed it meanwhile, whose word then stands."""
        mine = Wish.objects.filter(pk=self.pk)
        has_changed = bool(mine.decide(state, outcome, by=by, at=at, wants_answer=tell))
        self.refresh_from_db()
        return has_changed
