"""Counting answers: how many were asked, how many answered, and what that makes as a net promoter score."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, Q

from surveys.models import OPINION_SCORES, InvitationQuerySet, Opinion

# A score is that of a season: years of answers would hide what changed, and would be counted anew on every visit.
COUNTED = timedelta(days=90)


@dataclass(frozen=True)
class Tally:
    asked: int = 0
    promoters: int = 0
    passives: int = 0
    detractors: int = 0
    # Answers to a survey that did not ask for a recommendation.
    others: int = 0

    @property
    def scored(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def answered(self) -> int:
        return self.scored + self.others

    @property
    def response_rate(self) -> int | None:
        """Percent of those asked, whole; None if nobody was."""
        return _percent(self.answered, self.asked)

    @property
    def nps(self) -> int | None:
        """Percent of promoters less percent of detractors, whole, from -100 to 100; None without an answer."""
        return _percent(self.promoters - self.detractors, self.scored)

    @property
    def promoters_percent(self) -> int | None:
        return _percent(self.promoters, self.scored)

    @property
    def passives_percent(self) -> int | None:
        return _percent(self.passives, self.scored)

    @property
    def detractors_percent(self) -> int | None:
        return _percent(self.detractors, self.scored)


def tally(invitations: InvitationQuerySet, at: datetime) -> dict[int, Tally]:
    """What came of those of the invitations that were sent in the 90 days before `at`, for each survey's id; one query.

    A survey that nobody was asked is not in it.
    """
    rows = (
        invitations.asked(at)
        .filter(send_at__gt=at - COUNTED)
        .order_by()
        .values_list("survey_id")
        .annotate(
            asked=Count("pk"),
            promoters=_count(Opinion.PROMOTER),
            passives=_count(Opinion.PASSIVE),
            detractors=_count(Opinion.DETRACTOR),
            others=Count("pk", filter=Q(answered_in_confidence=True) | Q(response__isnull=False, response__score=None)),
        )
    )
    return {survey: Tally(*counts) for survey, *counts in rows}


def _count(opinion: Opinion) -> Count:
    return Count("pk", filter=Q(response__score__range=OPINION_SCORES[opinion]))


def _percent(part: int, whole: int) -> int | None:
    if not whole:
        return None
    return int((Decimal(100 * part) / whole).quantize(Decimal(1), rounding=ROUND_HALF_UP))
