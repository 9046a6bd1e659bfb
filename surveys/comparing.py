"""Scores side by side: by month, team, member of staff, occasion and segment, each with its interval.

A difference is only called one if chance does not explain it, so that nobody is blamed for luck.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from math import sqrt
from statistics import NormalDist
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncMonth

from retention_crm.lib import clock
from surveys.measuring import GOOD_FROM, nps_interval
from surveys.models import DETRACTOR_MAX, PASSIVE_MAX, Answer, Kind, Question, ResponseQuerySet, Version

# Of so many answers the least is said about a group that is held against others.
FEWEST = 5
CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


@dataclass(frozen=True, slots=True)
class Score:
    """So many for us, against us, and in all: promoters and detractors, or the content ones and none."""

    up: int = 0
    down: int = 0
    total: int = 0
    is_nps: bool = True

    def __add__(self, other: "Score") -> "Score":
        return Score(self.up + other.up, self.down + other.down, self.total + other.total, self.is_nps)

    def __sub__(self, other: "Score") -> "Score":
        return Score(self.up - other.up, self.down - other.down, self.total - other.total, self.is_nps)

    @property
    def value(self) -> int | None:
        """From -100 to 100 for a recommendation, else percent."""
        return round(100 * (self.up - self.down) / self.total) if self.total else None

    @property
    def bounds(self) -> tuple[int, int] | None:
        """The interval of confidence of 95 %, by the adjusted Wald method."""
        if not self.total:
            return None
        if self.is_nps:
            return nps_interval(self.up, self.total - self.up - self.down, self.down)
        total = self.total + _Z**2
        middle = (self.up + _Z**2 / 2) / total
        width = _Z * sqrt(middle * (1 - middle) / total)
        return max(0, round(100 * (middle - width))), min(100, round(100 * (middle + width)))

    @property
    def _mean_and_variance(self) -> tuple[float, float]:
        """Of one answer, with three answers more, three quarters of one at each end, as for the interval."""
        total = self.total + 3
        up, down = (self.up + 0.75) / total, (self.down + (0.75 if self.is_nps else 0)) / total
        mean = up - down
        return mean, (up + down - mean**2) / total


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the answers; `verdict` is -1 or 1 if it differs from all others by more than chance explains."""

    name: str
    score: Score
    verdict: int = 0

    @property
    def says_little(self) -> bool:
        return self.score.total < FEWEST


def scale_of(version: Version | None) -> Question | None:
    """The question the scores are about: the one that asks for a recommendation, or else the first scale."""
    scales = [question for question in version.asked if question.is_scale] if version else []
    return next((question for question in scales if question.kind == Kind.NPS), scales[0] if scales else None)


def differs(one: Score, other: Score, *, among: int = 1) -> int:
    """-1 or 1 if the one is lower or higher by more than chance explains, when `among` groups are looked at; else 0.

    Of twenty groups that are all the same one differs at 95 % by chance; so each has to differ the more the more there
    are.
    """
    if min(one.total, other.total) < FEWEST:
        return 0
    (first, spread), (second, others) = one._mean_and_variance, other._mean_and_variance
    limit = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (2 * among)) * sqrt(spread + others)
    return 0 if abs(first - second) <= limit else 1 if first > second else -1


def grouped(question: Question, responses: ResponseQuerySet, by: str, names: dict[Any, str]) -> list[Group]:
    """The scores by that column of the responses, the most answers first; each held against all others."""
    scores = {key: score for key, score in _scores(question, responses, F(f"response__{by}")) if key in names}
    whole = reduce(Score.__add__, scores.values(), Score(is_nps=question.kind == Kind.NPS))
    compared = sum(score.total >= FEWEST for score in scores.values()) or 1
    rows = [
        Group(names[key], score, differs(score, whole - score, among=compared) if len(scores) > 1 else 0)
        for key, score in scores.items()
    ]
    return sorted(rows, key=lambda row: (-row.score.total, row.name))


def by_month(question: Question, responses: ResponseQuerySet, zone: str) -> list[tuple[datetime, Score]]:
    """The scores of the months there are answers of, by the calendar of that zone, the oldest first."""
    month = TruncMonth("response__answered_at", tzinfo=clock.zone(zone))
    return sorted(_scores(question, responses, month))


def whole(question: Question, responses: ResponseQuerySet) -> Score:
    found = [score for _none, score in _scores(question, responses, F("question__key"))]
    return reduce(Score.__add__, found, Score(is_nps=question.kind == Kind.NPS))


def _scores(question: Question, responses: ResponseQuerySet, by: Any) -> list[tuple[Any, Score]]:
    answers = Answer.objects.filter(response__in=responses.order_by().values("pk"), question__key=question.key)
    is_nps = question.kind == Kind.NPS
    good_from = PASSIVE_MAX + 1 if is_nps else GOOD_FROM[question.kind]
    rows = (
        answers.filter(number__isnull=False)
        .order_by()
        .annotate(group=by)
        .values_list("group")
        .annotate(
            up=Count("pk", filter=Q(number__gte=good_from)),
            down=Count("pk", filter=Q(number__lte=DETRACTOR_MAX) if is_nps else Q(pk__isnull=True)),
            total=Count("pk"),
        )
    )
    return [(group, Score(up, down, total, is_nps)) for group, up, down, total in rows]


# ---- The trend as a picture ----

WIDTH, HEIGHT = 480, 240


@dataclass(frozen=True, slots=True)
class Point:
    """A month on the picture: the mark with its whisker."""

    x: int
    y: int
    top: int
    bottom: int
    month: datetime
    score: Score


@dataclass(frozen=True, slots=True)
class Trend:
    """The months as points on a scale from `lowest` to 100; `verdict` is that of the last month and the one before."""

    points: list[Point]
    lowest: int
    zero: int
    line: str
    verdict: int


def trend(months: Sequence[tuple[datetime, Score]]) -> Trend | None:
    """None where there is nothing to be compared."""
    if len(months) < 2:
        return None
    lowest = -100 if months[0][1].is_nps else 0
    step = WIDTH / len(months)

    def height(value: int) -> int:
        return round(HEIGHT * (100 - value) / (100 - lowest))

    points = [
        Point(round(step * (place + 0.5)), height(score.value or 0), *_whisker(score, height), month, score)
        for place, (month, score) in enumerate(months)
    ]
    (_before, one), (_last, other) = months[-2], months[-1]
    return Trend(points, lowest, height(0), _line(points), differs(other, one))


def _whisker(score: Score, height: Any) -> tuple[int, int]:
    low, high = score.bounds or (0, 0)
    return height(high), height(low)


def _line(points: Iterable[Point]) -> str:
    return " ".join(f"{point.x},{point.y}" for point in points)
