"""The page of save odds: the days on which plans were begun, the lists behind the figures, and the files."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard.csv_files import as_csv
from dashboard.periods import Days
from retention.odds import Odds, SaveOdds
from retention.proving import Share
from retention.trying import Trial

PLAY, CAUSE = "play", "cause"


@dataclass(frozen=True)
class Row:
    """The odds of one play or cause, with the addresses of the plans and customers behind its figures."""

    odds: Odds
    tried: str
    kept: str
    trying: str
    others: str


def rows(found: list[Odds], by: str, days: Days) -> list[Row]:
    return [_row(odds, {by: odds.key}, days) for odds in found]


def _row(odds: Odds, of: dict[str, str], days: Days) -> Row:
    plans = {show: f"{reverse('plans')}?show={show}&{days.query(**of)}" for show in ("tried", "saved", "trying")}
    others = f"{reverse('save_odds')}?{days.query(**of)}#list"
    return Row(odds, plans["tried"], plans["saved"], plans["trying"], others)


def address(days: Days, view: str = "save_odds", *args: str, **more: str) -> str:
    """The page of the same days, or a file of them."""
    return f"{reverse(view, args=args)}?{days.query(**more)}"


def with_place(here: str, **place: str) -> str:
    """Where the list goes on; empty for a place that is not there."""
    return f"{here}&{urlencode(place)}#list" if any(place.values()) else ""


def odds_as_csv(found: list[Odds], name: str) -> bytes:
    """A line for each play or cause."""
    head = [
        *(name, _("Still under way"), _("Tried"), _("Kept"), _("Lower bound"), _("Upper bound")),
        *(_("Compared plans"), _("Stayed 90 days later"), _("Lower bound"), _("Upper bound")),
        *(_("Comparable without a plan"), _("Stayed 90 days later"), _("Weighted share")),
        *(_("Lower bound"), _("Upper bound")),
    ]
    return as_csv(
        head, ([odds.name, odds.open, *_shares(odds.kept), *_shares(odds.stayed), *_others(odds)] for odds in found)
    )


def trials_as_csv(found: list[Trial]) -> bytes:
    """A line for each lot that leaves some out."""
    head = [
        *(_("What"), _("Got it"), _("Left out")),
        *(_("Got it, known after 90 days"), _("Stayed 90 days later"), _("Lower bound"), _("Upper bound")),
        *(_("Left out, known after 90 days"), _("Stayed 90 days later"), _("Lower bound"), _("Upper bound")),
    ]
    rows = (
        [trial.name or _("Greetings"), trial.given, trial.left_out, *_shares(trial.with_it), *_shares(trial.without)]
        for trial in found
    )
    return as_csv(head, rows)


def _shares(share: Share) -> list[Any]:
    lowest, highest = share.bounds
    return [share.among, share.found, f"{lowest:.4f}", f"{highest:.4f}"]


def _others(odds: Odds) -> list[Any]:
    expected = odds.expected
    if expected is None:
        return [0, 0, "", "", ""]
    shares = (expected.share, expected.lowest, expected.highest)
    return [expected.among, expected.stayed, *(f"{share:.4f}" for share in shares)]


def all_odds(found: SaveOdds, table: str) -> list[Odds]:
    return found.plays if table == "plays" else found.causes
