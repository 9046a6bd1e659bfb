"""Foreseeing who is asked until the end of tomorrow and why, and who waits until when. Nothing is written."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Company, User
from customers.models import Contact
from retention_crm.lib import clock, dates
from surveys.models import Occasion, Survey
from surveys.noticing import ASKING, NOTICED, parameters, weighed

# So many of each stand on the page; the others are counted.
SHOWN = 50

_OPEN = """
    SELECT id, occasion_id, customer_id, contact_id, about, happened_at, due_at FROM surveys_queued
    WHERE invitation_id IS NULL AND given_up_at IS NULL
    UNION ALL
    SELECT 9000000000000000000, occasion_id, customer_id, contact_id, about, happened_at, due_at FROM noticed
"""
_FORESEEN = f"""
WITH {ASKING}, {NOTICED}, {weighed(_OPEN)}
SELECT occasion_id, contact_id, happened_at, due_at, send_at
FROM weighed
WHERE survey_id = %(survey)s AND send_at <= due_at + %(put_off)s
UNION ALL
SELECT q.occasion_id, q.contact_id, q.happened_at, q.due_at, v.send_at
FROM surveys_invitation v JOIN surveys_queued q ON q.invitation_id = v.id
WHERE v.survey_id = %(survey)s AND v.send_at > %(now)s AND v.revoked_at IS NULL
ORDER BY send_at, contact_id, due_at
"""  # noqa: S608 - all parts stand here


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Somebody who is going to be asked: why, and when."""

    contact: Contact
    occasion: Occasion
    happened_at: datetime
    due_at: datetime
    send_at: datetime

    @property
    def is_put_off(self) -> bool:
        return self.send_at > self.due_at

    @property
    def why(self) -> str:
        """What it is about, with its day."""
        day = dates.write(timezone.localtime(self.happened_at), "short day")
        return _REASONS[self.occasion.kind](self.occasion, day)


_REASONS: dict[str, Callable[[Occasion, str], str]] = {
    Occasion.Kind.MEETING: lambda _occasion, day: _("Meeting or visit on %(day)s") % {"day": day},
    Occasion.Kind.PURCHASE: lambda _occasion, day: _("Purchase on %(day)s") % {"day": day},
    Occasion.Kind.COMPLAINT: lambda _occasion, day: _("Complaint resolved on %(day)s") % {"day": day},
    Occasion.Kind.START: lambda occasion, _day: _("A customer for %(number)d days") % {"number": occasion.number},
    Occasion.Kind.REGULAR: lambda occasion, _day: _("%(number)d months have passed") % {"number": occasion.number},
    Occasion.Kind.LOSS: lambda _occasion, day: _("Left us on %(day)s") % {"day": day},
}


@dataclass(frozen=True, slots=True)
class Foresight:
    """The first of those who are asked, and of those who wait; and how many there are of each."""

    asked: list[Foreseen]
    waiting: list[Foreseen]
    asked_count: int
    waiting_count: int


def foresee(survey: Survey, user: User, *, at: datetime, company: Company) -> Foresight:
    """By the user's calendar; as things stand, so a meeting that is held tomorrow is not in it."""
    tomorrow = user.today(at) + timedelta(days=1)
    until = clock.day_bounds(tomorrow, user.time_zone)[1]
    values = parameters(since=at - timedelta(days=1), until=until, at=until, company=company)
    with connection.cursor() as cursor:
        cursor.execute(_FORESEEN, values | {"survey": survey.pk, "now": at})
        rows = cursor.fetchall()
    asked = [row for row in rows if row[4] < until]
    waiting = [row for row in rows if row[4] >= until]
    contacts = _contacts(user, {row[1] for row in (*asked[:SHOWN], *waiting[:SHOWN])})
    occasions = {row.pk: row for row in survey.occasions.all()}
    known = [
        [Foreseen(contacts[row[1]], occasions[row[0]], *row[2:]) for row in chosen[:SHOWN] if row[1] in contacts]
        for chosen in (asked, waiting)
    ]
    return Foresight(known[0], known[1], len(asked), len(waiting))


def _contacts(user: User, pks: set[int]) -> dict[int, Contact]:
    return Contact.objects.visible_to(user).select_related("customer").in_bulk(pks)
