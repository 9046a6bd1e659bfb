"""What the morning digest says of the bell: what its reader wants to hear of in the morning, and has not seen yet.

The planner asks whether there is anything, the composer asks what it is: who changes one question changes both.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import User
from outreach.models import (
    DEFAULT_WAYS,
    Message,
    MessageKind,
    Notification,
    NotificationChoice,
    NotificationKind,
    NotificationQuerySet,
    State,
    Way,
)

# What is older was in a digest, or was not wanted in one when it was new.
LOOK_BACK = timedelta(days=7)

# Aliases: u the person, m the person's morning; the parameter is `notifying.WAYS`.
HAS_NEWS = """
    EXISTS (
        SELECT FROM outreach_notification n
        LEFT JOIN outreach_notificationchoice c ON c.person_id = n.person_id AND c.kind = n.kind
        WHERE n.person_id = u.id AND n.seen_at IS NULL
          AND NOT EXISTS (SELECT FROM customers_customer k WHERE k.id = n.customer_id AND k.is_sample)
          AND coalesce(c.way, %(ways)s::jsonb ->> n.kind) = 'digest'
          AND n.created_at > greatest(m.due_at - %(look_back)s, (
              SELECT d.dated_at FROM outreach_message d
              WHERE d.recipient_id = u.id AND d.kind = 'overdue_digest' AND d.state = 'sent'
              ORDER BY d.due_at DESC LIMIT 1
          ))
    )
"""


def news_for_digest(reader: User, *, at: datetime) -> NotificationQuerySet:
    """Newest first, without what an earlier digest could list."""
    ways = NotificationChoice.objects.ways([reader.pk])
    wanted = [kind for kind in NotificationKind if ways.get((reader.pk, kind), DEFAULT_WAYS[kind]) == Way.DIGEST]
    sent = Message.objects.filter(recipient=reader, kind=MessageKind.OVERDUE_DIGEST, state=State.SENT)
    told = sent.order_by("-due_at").values_list("dated_at", flat=True).first()
    since = max(filter(None, (told, at - LOOK_BACK)))
    news = Notification.objects.of(reader).unseen().filter(kind__in=wanted, created_at__gt=since)
    news = news.filter(Q(customer=None) | Q(customer__is_sample=False))
    return news.select_related("customer", "contact", "by")
