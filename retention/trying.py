"""What plays and greetings are worth, where a lot leaves some without: all of both groups are followed alike.

“Stayed” is as in `retention.odds`: 90 days later on the list, in touch since, and not at risk.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from accounts.models import Company
from retention.models import Play
from retention.odds import FOLLOWED
from retention.proving import Share

type Groups = dict[tuple[int, bool], int]

# Who turned red, or was to be greeted, by whether the lot left them out; all of the groups are followed alike.
_TRIAL = f"""
WITH started AS ({{started}}), {FOLLOWED}
SELECT key, is_held_out, count(*), count(*) FILTER (WHERE stayed) FROM followed GROUP BY key, is_held_out
"""  # noqa: S608 - only constants
# A list is kept after the night's rebuild, which turned them red; the next one knows of it.
_TURNS = """
SELECT turn.play_id AS key, turn.is_held_out, turn.customer_id, (turned_at AT TIME ZONE %(zone)s)::date + 1 AS day
FROM retention_playturn turn
WHERE (%(first)s::date IS NULL OR (turned_at AT TIME ZONE %(zone)s)::date >= %(first)s)
  AND (%(last)s::date IS NULL OR (turned_at AT TIME ZONE %(zone)s)::date <= %(last)s)
"""
_GREETINGS = """
SELECT 0 AS key, message.state = 'cancelled' AS is_held_out, message.customer_id,
       (dated_at AT TIME ZONE %(zone)s)::date AS day
FROM outreach_message message
WHERE kind IN ('birthday', 'anniversary', 'event') AND customer_id IS NOT NULL
  AND (state = 'sent' OR state = 'cancelled' AND reason = 'held_out')
  AND (%(first)s::date IS NULL OR (dated_at AT TIME ZONE %(zone)s)::date >= %(first)s)
  AND (%(last)s::date IS NULL OR (dated_at AT TIME ZONE %(zone)s)::date <= %(last)s)
  AND dated_at >= coalesce((SELECT min(dated_at) FROM outreach_message WHERE reason = 'held_out'), 'infinity')
"""


@dataclass(frozen=True)
class Trial:
    """A lot: of those who got something how many stayed, and of those who were left out.

    `left_out` and `given` are all; the shares those of whom it is known after 90 days.
    """

    name: str
    key: str
    given: int
    left_out: int
    with_it: Share
    without: Share

    @property
    def verdict(self) -> str:
        if not (self.with_it.among and self.without.among):
            return "few"
        if self.with_it.bounds[0] > self.without.bounds[1]:
            return "better"
        return "worse" if self.with_it.bounds[1] < self.without.bounds[0] else "open"


def trials(company: Company, first: date | None, last: date | None) -> list[Trial]:
    """One for each play of which somebody was held out."""
    followed = _followed(_TURNS, company, first, last)
    counted = _counted(_TURNS, company, first, last)
    names = dict(Play.objects.values_list("pk", "name"))
    keys = sorted({key for key, is_held_out in counted if is_held_out}, key=lambda key: names[key])
    return [_trial(key, names[key], counted, followed) for key in keys]


def greeting_trial(company: Company, first: date | None, last: date | None) -> Trial | None:
    """Since anybody was left out; None while nobody was."""
    counted = _counted(_GREETINGS, company, first, last)
    if not counted.get((0, True)):
        return None
    return _trial(0, "", counted, _followed(_GREETINGS, company, first, last))


def _trial(key: int, name: str, counted: Groups, followed: dict[tuple[int, bool], tuple[int, int]]) -> Trial:
    given, left_out = (counted.get((key, is_held_out), 0) for is_held_out in (False, True))
    (got, got_stayed), (out, out_stayed) = (followed.get((key, is_held_out), (0, 0)) for is_held_out in (False, True))
    return Trial(name, str(key), given, left_out, Share(got_stayed, got), Share(out_stayed, out))


def _followed(
    started: str, company: Company, first: date | None, last: date | None
) -> dict[tuple[int, bool], tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_TRIAL.format(started=started), _days(company, first, last))
        return {(key, is_held_out): (among, stayed) for key, is_held_out, among, stayed in cursor.fetchall()}


def _counted(started: str, company: Company, first: date | None, last: date | None) -> Groups:
    with connection.cursor() as cursor:
        statement = f"SELECT key, is_held_out, count(*) FROM ({started}) AS started GROUP BY key, is_held_out"  # noqa: S608
        cursor.execute(statement, _days(company, first, last))
        return {(key, is_held_out): number for key, is_held_out, number in cursor.fetchall()}


def _days(company: Company, first: date | None, last: date | None) -> dict[str, Any]:
    return {"zone": company.time_zone, "first": first, "last": last}
