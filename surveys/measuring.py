"""What the answers to each question come to: how many, how they are spread, and the figures of their kind."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt
from statistics import median
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from retention_crm.lib import dates
from surveys.branching import NO, YES
from surveys.models import (
    TEXTS,
    Answer,
    Kind,
    Opinion,
    Question,
    Response,
    ResponseQuerySet,
    UnnamedAnswer,
    UnnamedQuerySet,
    opinion_of,
)

# The middle 95 % of the normal distribution.
Z = 1.96
# So many of the newest texts stand on the page; all of them are in the export.
SHOWN_TEXTS = 10
MOST_BARS = 10
# From which point on an answer counts as content, or as easy.
GOOD_FROM = {Kind.CSAT.value: 4, Kind.CES.value: 5}

type Point = tuple[Any, int]


@dataclass(frozen=True, slots=True)
class Bar:
    """One of the answers there are: how many gave it, and how much of all that is in percent."""

    label: str
    number: int
    percent: int


@dataclass(frozen=True, slots=True)
class Spread:
    """How the answers spread over what could be said; the lines of a matrix have one each, with a title."""

    bars: list[Bar]
    title: str = ""


@dataclass
class Measured:
    """What came of one question; `finding` says it in a sentence."""

    question: Question
    answered: int
    finding: str = ""
    spreads: list[Spread] = field(default_factory=list)
    texts: list[Any] = field(default_factory=list)

    @property
    def more_texts(self) -> int:
        return self.answered - len(self.texts) if self.question.is_text else 0


def nps_interval(promoters: int, passives: int, detractors: int) -> tuple[int, int]:
    """The score's interval of confidence of 95 %, from -100 to 100, by the adjusted Wald method.

    Three answers are added, three quarters of one to each end, which keeps it honest for a few answers.
    """
    total = promoters + passives + detractors + 3
    up, down = (promoters + 0.75) / total, (detractors + 0.75) / total
    middle = up - down
    width = Z * sqrt((up + down - middle**2) / total)
    return max(-100, _whole(100 * (middle - width))), min(100, _whole(100 * (middle + width)))


def measure(questions: Sequence[Question], responses: ResponseQuerySet | UnnamedQuerySet) -> list[Measured]:
    """What these responses say to each of the questions, in their order; three queries for any number.

    Questions of several versions with the same key are one; it is called as the first of them.
    """
    model = Answer if issubclass(responses.model, Response) else UnnamedAnswer
    chosen: Any = responses.order_by().values("pk")
    answers: Any = model._default_manager.filter(response__in=chosen)
    answered = dict(answers.values_list("question__key").annotate(number=Count("response", distinct=True)))
    counted = _counted(answers.exclude(question__kind__in=TEXTS))
    texts = _newest_texts(answers.filter(question__kind__in=TEXTS))
    found = []
    for question in _once(questions):
        measured = Measured(question, answered.get(question.key, 0), texts=texts[question.key])
        if measured.answered and not question.is_text:
            _MEASURES[question.kind](measured, counted[question.key])
        found.append(measured)
    return found


def _once(questions: Iterable[Question]) -> list[Question]:
    known: dict[str, Question] = {}
    for question in questions:
        known.setdefault(question.key, question)
    return list(known.values())


@dataclass
class _Counts:
    numbers: list[Point] = field(default_factory=list)
    days: list[Point] = field(default_factory=list)
    # By line, which is empty but for a matrix, and choice.
    choices: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))


def _counted(answers: Any) -> dict[str, _Counts]:
    """How often each number, day or choice was given, by the key of the question."""
    found: dict[str, _Counts] = defaultdict(_Counts)
    rows = answers.order_by().values_list("question__key", "line", "choice", "number", "day").annotate(n=Count("pk"))
    for key, line, choice, number, day, times in rows:
        if number is not None:
            found[key].numbers.append((number, times))
        elif day is not None:
            found[key].days.append((day, times))
        else:
            found[key].choices[line, choice] += times
    return found


def _newest_texts(answers: Any) -> dict[str, list[Any]]:
    """Those of unnamed answers by their week, and within it in no order."""
    is_named = answers.model is Answer
    by = "response__answered_at" if is_named else "response__week"
    newest = Window(RowNumber(), partition_by=F("question__key"), order_by=[F(by).desc(), F("pk").desc()])
    rows = answers.exclude(text="").annotate(place=newest).filter(place__lte=SHOWN_TEXTS)
    found: dict[str, list[Any]] = defaultdict(list)
    people = ("response__customer", "response__contact") if is_named else ("response",)
    for answer in rows.select_related("question", *people).order_by(f"-{by}", "-pk"):
        found[answer.question.key].append(answer)
    return found


def _nps(measured: Measured, counts: _Counts) -> None:
    numbers = dict.fromkeys(Opinion, 0)
    for number, times in counts.numbers:
        numbers[opinion_of(int(number))] += times
    promoters, passives, detractors = (numbers[opinion] for opinion in Opinion)
    score = _whole(Decimal(100 * (promoters - detractors)) / measured.answered)
    low, high = nps_interval(promoters, passives, detractors)
    words = _("Net promoter score %(score)s, with 95 %% confidence from %(low)s to %(high)s")
    measured.finding = words % {"score": _signed(score), "low": _signed(low), "high": _signed(high)}
    _points(measured, counts)


def _scale(measured: Measured, counts: _Counts) -> None:
    good_from = GOOD_FROM[measured.question.kind]
    good = sum(times for number, times in counts.numbers if number >= good_from)
    words = {
        Kind.CSAT.value: _("%(mean)s on average; %(percent)d %% are satisfied (4 or 5)"),
        Kind.CES.value: _("%(mean)s on average; %(percent)d %% found it easy (5 to 7)"),
    }[measured.question.kind]
    mean = _rounded(_total(counts.numbers) / measured.answered)
    measured.finding = words % {"mean": mean, "percent": _whole(Decimal(100 * good) / measured.answered)}
    _points(measured, counts)


def _points(measured: Measured, counts: _Counts) -> None:
    times = {int(number): n for number, n in counts.numbers}
    points = [(str(point), times.get(point, 0)) for point in measured.question.scale]
    measured.spreads = [Spread(_bars(points, measured.answered))]


def _choices(measured: Measured, counts: _Counts) -> None:
    question = measured.question
    titles = {line["key"]: line["text"] for line in question.lines} or {"": ""}
    for line, title in titles.items():
        pairs = [(choice["text"], counts.choices[line, choice["key"]]) for choice in question.choices]
        known = {*question.choice_keys}
        gone = sum(n for (of, key), n in counts.choices.items() if of == line and key not in known)
        if gone:
            pairs.append((_("Choices of earlier versions"), gone))
        whole = sum(n for _text, n in pairs) if question.kind == Kind.MATRIX else measured.answered
        measured.spreads.append(Spread(_bars(pairs, whole), title))
    if question.kind != Kind.MATRIX:
        top = max(measured.spreads[0].bars, key=lambda bar: bar.number)
        measured.finding = _("Most often: %(answer)s, %(percent)d %%") % {"answer": top.label, "percent": top.percent}


def _consent(measured: Measured, counts: _Counts) -> None:
    pairs = [(_("Yes"), counts.choices["", YES]), (_("No"), counts.choices["", NO])]
    measured.spreads = [Spread(_bars(pairs, measured.answered))]
    measured.finding = _("%(percent)d %% agree") % {"percent": measured.spreads[0].bars[0].percent}


def _number(measured: Measured, counts: _Counts) -> None:
    points = sorted(counts.numbers)
    every = [number for number, times in points for _time in range(times)]
    words = _("%(mean)s on average, half of them up to %(median)s; from %(least)s to %(most)s")
    measured.finding = words % {
        "mean": _rounded(_total(points) / len(every)),
        "median": _rounded(median(every)),
        "least": _rounded(points[0][0]),
        "most": _rounded(points[-1][0]),
    }
    measured.spreads = [Spread(_bars(_spans(points), measured.answered))]


def _spans(points: Sequence[Point]) -> list[tuple[str, int]]:
    """Each number, or if there are many of them equal spans from the least to the most."""
    if len(points) <= MOST_BARS:
        return [(_rounded(number), times) for number, times in points]
    least, most = points[0][0], points[-1][0]
    step = (most - least) / MOST_BARS
    spans = [0] * MOST_BARS
    for number, times in points:
        spans[min(int((number - least) / step), MOST_BARS - 1)] += times
    edges = [_rounded(least + step * place) for place in range(MOST_BARS + 1)]
    return [(f"{edges[place]} – {edges[place + 1]}", times) for place, times in enumerate(spans)]


def _date(measured: Measured, counts: _Counts) -> None:
    days = sorted(counts.days)
    words = _("From %(first)s to %(last)s")
    first, last = (dates.write(day, "day") for day in (days[0][0], days[-1][0]))
    measured.finding = words % {"first": first, "last": last}
    by_month, by_year = _periods(days, lambda day: (day.year, day.month)), _periods(days, lambda day: (day.year,))
    if len(by_month) <= 2 * MOST_BARS:
        pairs = [(dates.write(date(year, month, 1), "month"), times) for (year, month), times in by_month.items()]
    else:
        pairs = [(str(year), times) for (year,), times in by_year.items()]
    measured.spreads = [Spread(_bars(pairs, measured.answered))]


def _periods(days: Sequence[Point], period: Callable[[date], Any]) -> dict[Any, int]:
    found: dict[Any, int] = defaultdict(int)
    for day, times in days:
        found[period(day)] += times
    return found


_MEASURES: dict[str, Callable[[Measured, _Counts], None]] = {
    Kind.NPS: _nps,
    Kind.CSAT: _scale,
    Kind.CES: _scale,
    Kind.SINGLE: _choices,
    Kind.MULTIPLE: _choices,
    Kind.MATRIX: _choices,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.CONSENT: _consent,
}


def _bars(pairs: Sequence[tuple[str, int]], whole: int) -> list[Bar]:
    return [Bar(label, times, _whole(Decimal(100 * times) / whole) if whole else 0) for label, times in pairs]


def _total(points: Sequence[Point]) -> Decimal:
    return Decimal(sum(number * times for number, times in points))


def _whole(value: Decimal | float) -> int:
    return int(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _signed(number: int) -> str:
    """With a minus as it is printed, which no line is broken after."""
    return str(number).replace("-", "\u2212")


def _rounded(value: Decimal) -> str:
    """At most one digit after the point."""
    shown = Decimal(value).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return format(shown.to_integral_value() if shown == shown.to_integral_value() else shown, "f")
