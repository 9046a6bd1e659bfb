"""Writing on people's bells: each thing once for each person, whoever comes to know of it first, and however often.

Who stands in for somebody away is told instead of them. Who switched a kind off is not told at all.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from accounts.models import User
from accounts.standing_in import StandIns, stand_ins
from customers.models import Contact
from outreach.models import ALERT_KINDS, DEFAULT_WAYS, Notification, NotificationChoice, NotificationKind, Way

KEPT_FOR = timedelta(days=90)
# What warned of a customer is looked up when they are lost, and so are the lists of those days.
ALERTS_KEPT_FOR = timedelta(days=400)
LONGEST_WORDS = 300


@dataclass(frozen=True)
class News:
    """One thing to tell one person (all by their ids); `by` is who did it, and is not told."""

    kind: NotificationKind
    occasion: str
    person_id: int
    customer_id: int | None = None
    contact_id: int | None = None
    by_id: int | None = None
    number: int = 0
    words: str = ""


# What is finished is the matter of who began it, also while they are away.
_INTO_BELLS = """
INSERT INTO outreach_notification
       (person_id, kind, occasion, customer_id, contact_id, by_id, number, words, created_at)
SELECT u.id, f.kind, f.occasion, f.customer_id, f.contact_id, f.by_id, f.number, left(f.words, %(longest)s), %(at)s
FROM ({found}) AS f
CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE WHEN f.kind = 'finished' THEN jsonb_build_array(f.person_id)
         ELSE coalesce(%(readers)s::jsonb -> f.person_id::text, jsonb_build_array(f.person_id)) END
) AS reader(id)
JOIN accounts_user u ON u.id = reader.id::bigint AND u.is_active
LEFT JOIN outreach_notificationchoice c ON c.person_id = u.id AND c.kind = f.kind
WHERE coalesce(c.way, %(ways)s::jsonb ->> f.kind) <> 'off' AND (f.kind = 'finished' OR u.id IS DISTINCT FROM f.by_id)
  AND NOT EXISTS (SELECT FROM outreach_retiredalert off WHERE off.kind = f.kind)
  AND NOT EXISTS (SELECT FROM outreach_notification n WHERE n.person_id = u.id AND n.occasion = f.occasion)
ON CONFLICT (person_id, occasion) DO NOTHING
"""
_GIVEN = """
SELECT * FROM jsonb_to_recordset(%(news)s) AS n(
    kind text, occasion text, person_id bigint, customer_id bigint, contact_id bigint, by_id bigint,
    number int, words text
)
"""
WAYS = json.dumps(DEFAULT_WAYS)


def notify(news: Iterable[News], *, at: datetime, away: StandIns | None = None) -> int:
    """Tells of these, in the transaction that is open; returns how many are new on a bell.

    `away` is who stands in for whom then, where that is known already.
    """
    rows = [asdict(one) for one in news]
    return notify_of(_GIVEN, {"news": json.dumps(rows)}, at=at, away=away) if rows else 0


def notify_owner(contact: Contact, kind: NotificationKind, occasion: str, *, at: datetime, words: str = "") -> int:
    """Tells whoever looks after the contact's customer."""
    customer = contact.customer
    news = News(kind, occasion, customer.owner_id, customer.pk, contact.pk, words=words)
    return notify([news], at=at)


def notify_of(found: str, parameters: Mapping[str, Any], *, at: datetime, away: StandIns | None = None) -> int:
    """The same for what a query finds, which gives the columns of `News`."""
    away = away or stand_ins(at=at)
    readers = {str(person): pks for person, pks in away.readers.items() if pks}
    ours: dict[str, Any] = {"readers": json.dumps(readers), "ways": WAYS, "longest": LONGEST_WORDS, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_INTO_BELLS.format(found=found), {**parameters, **ours})
        return int(cursor.rowcount)


def choose(person: User, ways: Mapping[str, Way]) -> None:
    """Keeps how the person wants to hear of these kinds; what is usual is not kept."""
    own = [
        NotificationChoice(person=person, kind=kind, way=way) for kind, way in ways.items() if way != DEFAULT_WAYS[kind]
    ]
    with transaction.atomic():
        usual = set(ways) - {choice.kind for choice in own}
        NotificationChoice.objects.filter(person=person, kind__in=usual).delete()
        NotificationChoice.objects.bulk_create(
            own, update_conflicts=True, unique_fields=["person", "kind"], update_fields=["way"]
        )


def forget_old(at: datetime) -> int:
    """Takes those away that are older than three months, seen or not, and alerts after a year; returns how many."""
    old = Notification.objects.filter(created_at__lt=at - KEPT_FOR)
    is_recent_alert = Q(kind__in=ALERT_KINDS, created_at__gte=at - ALERTS_KEPT_FOR)
    deleted, _rows = old.exclude(is_recent_alert).delete()
    return deleted
