"""Who has been left alone too long: what the morning digest and the escalation to a manager speak of.

The planner asks whether there is anything, the composer asks what it is; both ask here, each with the reader's own day.
Mails leave invented customers out; the two questions of the digest are those of Today as well, which shows them.
"""

import json
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import DateField, Exists, ExpressionWrapper, F, OuterRef, Value
from django.db.models.functions import Coalesce

from accounts.models import Absence, User
from accounts.standing_in import StandIns
from customers.models import Customer, CustomerQuerySet
from interactions.models import FollowUp, FollowUpQuerySet
from outreach.ignoring import Ignored, to_tell_instead
from outreach.models import Message, MessageKind, Notification, NotificationKind, State
from retention_crm.lib import clock

# How far back the first escalation a manager ever gets looks.
FIRST_LOOK_BACK = timedelta(days=7)
# A customer's manager hears of it when one and a half times the cadence has passed, in whole days, rounded up. The due
# day is the start plus the cadence, so the other half is added to it.
_HALF_CADENCE = (Coalesce(F("cadence_days"), F("segment__cadence_days")) + Value(1)) / Value(2)
ESCALATION_DAY = ExpressionWrapper(F("next_due_on") + _HALF_CADENCE, output_field=DateField())

# The same questions in SQL, for many people at once: who changes one here changes its query below. Aliases: u the
# person, m the person's morning.
_SEES = "(%(all_see_all)s OR u.role IN ('manager', 'administrator') OR o.id = u.id OR o.team_id = u.team_id)"


def _something_waits_for(person: str) -> str:
    return f"""
    (
        -- Sorted, so that an index is walked from its beginning instead of reading all customers.
        SELECT true FROM customers_customer k
        WHERE k.owner_id = {person} AND k.next_due_on < m.day AND k.lost_on IS NULL AND NOT k.do_not_contact
          AND NOT k.is_sample
        ORDER BY k.next_due_on LIMIT 1
    ) OR EXISTS (
        SELECT FROM interactions_followup f
        JOIN customers_customer k ON k.id = f.customer_id
        JOIN accounts_user o ON o.id = k.owner_id
        WHERE f.assignee_id = {person} AND f.done_at IS NULL AND f.due_at < m.ends_at AND NOT k.is_sample AND {_SEES}
    )
    """  # noqa: S608 - the parts are constants


# Who is away is not told, but who stands in for them. The two parameters are those of `standing_in`.
HAS_DIGEST = f"""
    u.id <> ALL(%(told_otherwise)s) AND (
        {_something_waits_for("u.id")} OR EXISTS (
            SELECT FROM jsonb_to_recordset(%(standing_in)s) AS s(reader bigint, away bigint)
            JOIN accounts_user o ON o.id = s.away
            WHERE s.reader = u.id AND {_SEES} AND ({_something_waits_for("s.away")})
        )
    )
"""
_PASSED = """
    EXISTS (
        SELECT FROM customers_customer k
        JOIN customers_segment s ON s.id = k.segment_id
        JOIN accounts_user o ON o.id = k.owner_id
        WHERE {cadence} AND k.lost_on IS NULL AND NOT k.do_not_contact AND NOT k.is_sample
          AND k.next_due_on > (%(told_on)s::jsonb ->> u.id::text)::date - ({days} + 1) / 2
          AND k.next_due_on <= m.day - ({days} + 1) / 2
          AND (u.team_id IS NULL OR o.team_id = u.team_id)
    )
"""
# Most have the cadence of their segment, and for each of those few the days in question are a range of an index.
HAS_ESCALATION = f"""
    u.id = ANY(%(told_instead)s) OR (
        u.role IN ('manager', 'administrator') AND u.id <> ALL(%(told_otherwise)s) AND (
            {_PASSED.format(cadence="k.cadence_days IS NULL", days="s.cadence_days")}
            OR {_PASSED.format(cadence="k.cadence_days IS NOT NULL", days="k.cadence_days")}
            OR u.id = ANY(%(told_of_people)s)
        )
    )
"""


def standing_in(found: StandIns) -> dict[str, Any]:
    """The parameters of HAS_DIGEST that tell who stands in for whom."""
    pairs = [{"reader": reader, "away": person} for person, readers in found.readers.items() for reader in readers]
    return {"standing_in": json.dumps(pairs), "told_otherwise": found.told_otherwise}


def digest_customers(user: User, on: date, *, of: Collection[int] = ()) -> CustomerQuerySet:
    """The user's own customers who are over their cadence on that day of the user's, longest overdue first.

    Or those of others (`of`, ids) whom the user stands in for.
    """
    rows = Customer.objects.visible_to(user) if of else Customer.objects.all()
    return rows.overdue(on).filter(owner__in=of or [user.pk]).order_by("next_due_on", "pk")


def digest_follow_ups(user: User, until: datetime, *, of: Collection[int] = ()) -> FollowUpQuerySet:
    """The user's open follow-ups due before that moment with customers the user may see; promises come first.

    Or those of others (`of`, ids) whom the user stands in for.
    """
    due = FollowUp.objects.visible_to(user).due_by(until).filter(assignee__in=of or [user.pk])
    return due.select_related("customer").order_by("-is_promise", "due_at", "pk")


def escalated_customers(manager: User, *, on: date, after: date) -> CustomerQuerySet:
    """Customers who passed 1.5 times their cadence after the day `after` and up to the day `on`, longest quiet first.

    Those of the manager's team, or of the whole company if the manager has no team.
    """
    passed = Customer.objects.overdue(on).filter(is_sample=False).alias(escalated_on=ESCALATION_DAY)
    passed = passed.filter(escalated_on__gt=after, escalated_on__lte=on)
    if manager.team_id is not None:
        passed = passed.filter(owner__team_id=manager.team_id)
    return passed.select_related("owner").order_by("next_due_on", "pk")


def last_told(manager: User, *, on: date) -> date:
    """The manager's own day of the last escalation they were told of; before the first, a week before `on`."""
    return _last_told(manager, on) or on - FIRST_LOOK_BACK


def last_told_instead(absence: Absence, reader: User, *, on: date) -> date:
    """The day up to which the manager who is away, or since then the reader who stands in, was told."""
    told = _last_told(reader, on)
    return told if told and told >= absence.first_day else last_told(absence.user, on=on)


def escalates_instead(absence: Absence, reader: User, ignored: Collection[Ignored], *, on: date) -> bool:
    """Whether there is anything to tell the reader in place of the manager who is away."""
    after = last_told_instead(absence, reader, on=on)
    if to_tell_instead(absence.user, reader, ignored, on=on, after=after):
        return True
    return escalated_customers(absence.user, on=on, after=after).exists()


def _last_told(reader: User, on: date) -> date | None:
    """By a mail that was sent, or, where there was none to be sent, on the bell, on a day before `on`."""
    sent = Message.objects.filter(recipient=reader, kind=MessageKind.ESCALATION, state=State.SENT)
    begins = clock.day_bounds(on, reader.time_zone)[0]
    told = Notification.objects.filter(person=reader, kind=NotificationKind.ESCALATION, created_at__lt=begins)
    without_mail = told.exclude(Exists(Message.objects.filter(occasion=OuterRef("occasion")))).order_by()
    moments = sent.order_by().values_list("finished_at").union(without_mail.values_list("created_at"))
    (at,) = moments.order_by("-finished_at").first() or (None,)
    return clock.today(reader.time_zone, at) if at else None
