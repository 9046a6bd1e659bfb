"""What somebody is told on the bell, and how each person wants to hear of each kind of it."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Exists, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Company, User, Visibility
from customers.models import Contact, Customer, CustomerDataQuerySet


class NotificationKind(models.TextChoices):
    ANSWER = "answer", _("An unhappy answer to a survey")
    COMPLAINT = "complaint", _("A severe complaint, or not the first")
    PROMISE = "promise", _("A promise that was not kept in time")
    RED = "red", _("A customer who turns red")
    ESCALATION = "escalation", _("Customers of the team without contact for too long")
    GIVEN = "given", _("Customers somebody gives to you")
    FOLLOW_UP = "follow_up", _("Something to do that somebody gives to you")
    WISHES = "wishes", _("A contact who chooses what to get from us")
    PLAN = "plan", _("A plan to keep a customer that waits, was approved, or needs a look")
    BOUNCE = "bounce", _("A mail address that does not exist")
    CORRECTION = "correction", _("A customer who says that a recap is not what was agreed")
    DISPUTED = "disputed", _("A customer who says that a promise is not done yet")
    HELD = "held", _("A greeting that is held, so that you call instead")
    FINISHED = "finished", _("An import, or a change of many customers, that is finished")


class Way(models.TextChoices):
    """How somebody wants to hear of a kind; on the bell it stands either way, unless it is off."""

    AT_ONCE = "at_once", _("At once")
    DIGEST = "digest", _("In the morning")
    OFF = "off", pgettext_lazy("notifications", "Off")


# Of these there is a mail of its own; to hear of others at once is to find them on the bell alone.
MAILED_KINDS = (
    NotificationKind.ANSWER,
    NotificationKind.COMPLAINT,
    NotificationKind.PROMISE,
    NotificationKind.RED,
    NotificationKind.ESCALATION,
)
# Those that say that something is amiss; whoever gets one can say whether it was useful, and what rarely is can be
# switched off.
ALERT_KINDS = (*MAILED_KINDS, NotificationKind.HELD, NotificationKind.BOUNCE)
DEFAULT_WAYS = {kind.value: Way.AT_ONCE if kind in MAILED_KINDS else Way.DIGEST for kind in NotificationKind}


_UNSEEN_OF_ALL = """
SELECT count(*) FROM (
    SELECT FROM outreach_notification WHERE person_id = %(person)s AND seen_at IS NULL LIMIT %(up_to)s
) AS unseen
"""
_UNSEEN = """
SELECT count(*) FROM (
    SELECT FROM outreach_notification n
    LEFT JOIN customers_customer c ON c.id = n.customer_id
    LEFT JOIN accounts_user o ON o.id = c.owner_id
    WHERE n.person_id = %(person)s AND n.seen_at IS NULL
      AND (n.customer_id IS NULL OR c.owner_id = %(person)s OR o.team_id = %(team)s
           OR EXISTS (SELECT FROM accounts_company WHERE visibility = 'company'))
    LIMIT %(up_to)s
) AS unseen
"""


class NotificationQuerySet(CustomerDataQuerySet["Notification"]):
    def of(self, person: User) -> Self:
        """Theirs, without those about customers they may not see any more: the rule of `visible_to` in one query."""
        mine = self.filter(person=person)
        if person.sees_everything:
            return mine
        theirs = Q(customer=None) | Q(customer__owner=person)
        if person.team_id is not None:
            theirs |= Q(customer__owner__team=person.team_id)
        return mine.filter(theirs | Exists(Company.objects.filter(visibility=Visibility.COMPANY)))

    def unseen(self) -> Self:
        return self.filter(seen_at__isnull=True)

    def count_unseen_of(self, person: User, *, up_to: int) -> int:
        """How many `of` them are unseen; counts no further. It is asked on every page, so its text is ready."""
        with connection.cursor() as cursor:
            parameters = {"person": person.pk, "team": person.team_id, "up_to": up_to}
            cursor.execute(_UNSEEN_OF_ALL if person.sees_everything else _UNSEEN, parameters)
            return int(cursor.fetchone()[0])

    def alerts(self) -> Self:
        return self.filter(kind__in=ALERT_KINDS)

    def mark_seen(self, at: datetime) -> int:
        """Whoever looked first stands."""
        return self.unseen().update(seen_at=at)


class Notification(models.Model):
    """One thing one person is told, once: the words are made when it is shown, from what is kept here."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    kind = models.CharField(max_length=12, choices=NotificationKind.choices)
    occasion = models.CharField(max_length=120, help_text="What it is about: the kind and the ids of what happened.")
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="notifications"
    )
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="notifications")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    number = models.PositiveIntegerField(default=0, db_default=0, help_text="How many customers, or the score.")
    words = models.CharField(max_length=300, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    is_useful = models.BooleanField(null=True, blank=True, help_text="What its person said; empty until they do.")
    judged_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["person", "occasion"], name="notification_once")]
        indexes = [
            models.Index(fields=["person", "-created_at", "-id"], name="notification_by_person"),
            # How many are new is asked on every page.
            models.Index(fields=["person"], name="notification_unseen", condition=Q(seen_at__isnull=True)),
            models.Index(fields=["created_at"], name="notification_by_time"),
            models.Index(
                fields=["kind", "-judged_at"], name="notification_judged", condition=Q(is_useful__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.occasion}"

    @property
    def is_new(self) -> bool:
        return self.seen_at is None

    @property
    def is_alert(self) -> bool:
        return self.kind in ALERT_KINDS


class RetiredAlert(models.Model):
    """An alert that nobody is told of any more, because it rarely was of use."""

    kind = models.CharField(max_length=12, choices=NotificationKind.choices, unique=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField()

    class Meta:
        verbose_name = _("alert that is switched off")
        verbose_name_plural = _("alerts that are switched off")

    def __str__(self) -> str:
        return self.kind

    @classmethod
    def kinds(cls) -> set[str]:
        """All that are switched off."""
        return set(cls.objects.values_list("kind", flat=True))


type Ways = dict[tuple[int, str], Way]


class NotificationChoiceQuerySet(models.QuerySet["NotificationChoice"]):
    def ways(self, people: Collection[int]) -> Ways:
        """What these people (ids) chose, by the person and the kind; what is missing is as `DEFAULT_WAYS` says."""
        rows = self.filter(person__in=people).values_list("person_id", "kind", "way") if people else []
        return {(person, kind): Way(way) for person, kind, way in rows}


class NotificationChoice(models.Model):
    """How a person wants to hear of a kind, where that is another way than the usual one."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_choices", db_index=False
    )
    kind = models.CharField(max_length=12, choices=NotificationKind.choices)
    way = models.CharField(max_length=8, choices=Way.choices)

    objects = NotificationChoiceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="notification_choice_once")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.kind} {self.way}"
