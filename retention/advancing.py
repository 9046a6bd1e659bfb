"""Where a relationship stands by its evidence: which of the five stages the last year speaks for, and what is missing.

The product suggests; whoever looks after the customer decides.
"""

from dataclasses import dataclass
from enum import StrEnum

from customers.models import Stage
from retention.assessing import Facts

# Who has been a customer for less cannot have fallen back from a stage that takes a year to reach.
YEAR_DAYS = 365


class Evidence(StrEnum):
    TALKS = "talks"
    MEETINGS = "meetings"
    PEOPLE = "people_met"
    PURCHASES = "purchases"
    REFERRALS = "referrals"
    YEARS = "years"


# What each stage takes at least, beside what those before it take: in the last year, but for years and referrals.
TAKES: dict[Stage, dict[Evidence, int]] = {
    Stage.ACQUAINTANCE: {},
    Stage.FRIEND: {Evidence.TALKS: 2, Evidence.PURCHASES: 1},
    Stage.DATING: {Evidence.TALKS: 4, Evidence.MEETINGS: 1, Evidence.PURCHASES: 2},
    Stage.ENGAGED: {Evidence.TALKS: 6, Evidence.MEETINGS: 2, Evidence.PEOPLE: 2, Evidence.PURCHASES: 4},
    Stage.MARRIED: {
        Evidence.TALKS: 8,
        Evidence.MEETINGS: 3,
        Evidence.PURCHASES: 6,
        Evidence.REFERRALS: 1,
        Evidence.YEARS: 2,
    },
}
_ORDER = list(TAKES)


@dataclass(frozen=True)
class Standing:
    """`reached` is what the evidence speaks for; `missing` is how much more the stage after the present one takes.

    `suggested` is a stage to move to, or None: the present one, or too little is known to move down.
    """

    evidence: dict[Evidence, int]
    reached: Stage
    suggested: Stage | None
    following: Stage | None
    missing: dict[Evidence, int]


def standing(stage: Stage, known: Facts, *, known_days: int) -> Standing:
    """By the facts of the last year about who has been a customer for so many days."""
    evidence = {
        Evidence.TALKS: known.talks,
        Evidence.MEETINGS: known.meetings,
        Evidence.PEOPLE: known.people_met,
        Evidence.PURCHASES: known.purchases,
        Evidence.REFERRALS: known.referrals,
        Evidence.YEARS: known_days // YEAR_DAYS,
    }
    reached = _reached(evidence)
    here = _ORDER.index(stage)
    following = _ORDER[here + 1] if here + 1 < len(_ORDER) else None
    moves = _ORDER.index(reached) > here or (_ORDER.index(reached) < here and known_days >= YEAR_DAYS)
    missing = _missing(evidence, following) if following else {}
    return Standing(evidence, reached, reached if moves else None, following, missing)


def _reached(evidence: dict[Evidence, int]) -> Stage:
    """The last stage before the first that takes more than there is."""
    reached = Stage.ACQUAINTANCE
    for stage in _ORDER:
        if _missing(evidence, stage):
            return reached
        reached = stage
    return reached


def _missing(evidence: dict[Evidence, int], stage: Stage) -> dict[Evidence, int]:
    return {what: least - evidence[what] for what, least in TAKES[stage].items() if evidence[what] < least}
