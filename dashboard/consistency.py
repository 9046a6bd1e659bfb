"""Whether the care is the same for everybody: from every member of staff, and for new customers as for old ones.

Each figure is a share of so many with its interval; a difference is only called one if chance does not explain it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Customer, Segment
from dashboard.whose_days import WhoseDays
from interactions.keeping import DECIDED, IN_TIME
from interactions.models import CareRules, FollowUp, Interaction, Kind
from outreach.models import Message, MessageKind, State
from surveys.comparing import FEWEST, Score, differs
from surveys.models import DETRACTOR_MAX, PASSIVE_MAX, Response

# For so long somebody counts as a new customer.
NEW_FOR = timedelta(days=365)
SHOWN = 50
# Of a call a recap is welcome, of these it is expected.
RECAPPED = (Kind.MEETING, Kind.VISIT)

type Row = tuple[int, bool, Score]


@dataclass(frozen=True)
class Side:
    """What the lines are of: the paths from a row of something to it, by what that row is of."""

    key: str
    label: Any
    customer: str
    doer: str


SIDES = (
    Side("people", _("Members of staff"), "owner", "{doer}"),
    Side("segments", _("Segments"), "segment", "customer__segment"),
)


@dataclass(frozen=True)
class Scope:
    """Whose figures, and of which days; customers count as new or not by the day `on`, the reader's own."""

    user: User
    choice: WhoseDays
    side: Side
    on: date
    at: datetime

    def of_doer(self, rows: QuerySet[Any], *, doer: str, when: str) -> QuerySet[Any]:
        """Rows about a customer in the days, narrowed to the team or person; with `line` and `is_new`."""
        first, end = self.choice.days.moments(self.user.time_zone)
        if first:
            rows = rows.filter(**{f"{when}__gte": first})
        if end:
            rows = rows.filter(**{f"{when}__lt": end})
        return self._narrowed(rows, doer, self.side.doer.format(doer=doer), "customer__")

    def of_customers(self) -> QuerySet[Any]:
        rows = Customer.objects.visible_to(self.user).cared_for()
        return self._narrowed(rows, "owner", self.side.customer, "")

    def _narrowed(self, rows: QuerySet[Any], doer: str, line: str, customer: str) -> QuerySet[Any]:
        if self.choice.person:
            rows = rows.filter(**{doer: self.choice.person})
        if self.choice.team:
            rows = rows.filter(**{f"{doer}__team": self.choice.team})
        is_new = Q(**{f"{customer}customer_since__gt": self.on - NEW_FOR})
        told = {"line": F(line), "is_new": ExpressionWrapper(is_new, output_field=BooleanField())}
        marked: QuerySet[Any] = rows.order_by().annotate(**told)
        return marked


def _counted(rows: QuerySet[Any], up: Q, down: Q | None = None) -> Iterable[Row]:
    counts = {"up": Count("pk", filter=up), "total": Count("pk")}
    if down is not None:
        counts["down"] = Count("pk", filter=down)
    for row in rows.values("line", "is_new").annotate(**counts):
        score = Score(row["up"], row.get("down", 0), row["total"], is_nps=down is not None)
        yield row["line"], row["is_new"], score


def _rhythm(scope: Scope) -> Iterable[Row]:
    """As it stands today, whatever the days are."""
    return _counted(scope.of_customers().filter(next_due_on__isnull=False), Q(next_due_on__gte=scope.on))


def _answers(scope: Scope) -> Iterable[Row]:
    """Row by row, for working hours are counted by the calendar of whoever answers."""
    wanted = Interaction.objects.visible_to(scope.user).asking()
    asked = scope.of_doer(wanted, doer="customer__owner", when="happened_at")
    rules, company = CareRules.current(), scope.user.company
    owner = ("customer__owner__working_days", "customer__owner__time_zone")
    for line, is_new, since, answered, days, zone in asked.values_list(
        "line", "is_new", "happened_at", "answered_at", *owner
    ).iterator(chunk_size=2000):
        by = rules.hours(days, zone, company).after(since, rules.to_reply)
        if answered is not None or by < scope.at:
            yield line, is_new, Score(int(answered is not None and answered <= by), 0, 1, is_nps=False)


def _promises(scope: Scope) -> Iterable[Row]:
    rows = scope.of_doer(FollowUp.objects.visible_to(scope.user), doer="assignee", when="due_at")
    return _counted(rows.of_fates(DECIDED, scope.at), Q(fate__in=IN_TIME))  # type: ignore[attr-defined]


def _recaps(scope: Scope) -> Iterable[Row]:
    held = Interaction.objects.visible_to(scope.user).to_recap().filter(kind__in=RECAPPED, author__isnull=False)
    rows = scope.of_doer(held, doer="author", when="happened_at")
    sent = Message.objects.filter(interaction=OuterRef("pk"), kind=MessageKind.RECAP, state=State.SENT)
    return _counted(rows.annotate(was_sent=Exists(sent)), Q(was_sent=True))


def _scores(scope: Scope) -> Iterable[Row]:
    given = Response.objects.visible_to(scope.user).filter(score__isnull=False)
    rows = scope.of_doer(given, doer="customer__owner", when="answered_at")
    return _counted(rows, Q(score__gt=PASSIVE_MAX), Q(score__lte=DETRACTOR_MAX))


@dataclass(frozen=True)
class Measure:
    """A practice: what the share is of, and where its rows come from."""

    key: str
    label: Any
    rows: Callable[[Scope], Iterable[Row]]
    is_nps: bool = False


MEASURES = (
    Measure("rhythm", _("In touch within the rhythm"), _rhythm),
    Measure("answers", _("Answered in time"), _answers),
    Measure("promises", _("Promises kept in time"), _promises),
    Measure("recaps", _("Meetings and visits with a recap"), _recaps),
    Measure("scores", _("Net promoter score"), _scores, is_nps=True),
)


@dataclass(frozen=True)
class Mark:
    """A score as a point with its whisker on a line that is WIDTH long, the worst on the left."""

    x: int
    low: int
    high: int
    is_new: bool


WIDTH = 200


def _mark(score: Score, *, is_new: bool) -> Mark:
    low, high = score.bounds or (0, 0)
    x, low, high = (value + WIDTH // 2 if score.is_nps else 2 * value for value in (score.value or 0, low, high))
    return Mark(x, low, high, is_new)


@dataclass(frozen=True)
class Line:
    """A person or a segment, or all together. `verdict` is -1 or 1 if it differs from all others, beyond chance."""

    name: str
    new: Score
    old: Score
    verdict: int = 0

    @property
    def whole(self) -> Score:
        return self.new + self.old

    @property
    def marks(self) -> list[Mark]:
        """Of those there are enough of."""
        sides = ((self.new, True), (self.old, False))
        return [_mark(score, is_new=is_new) for score, is_new in sides if score.total >= FEWEST]

    @property
    def new_against_old(self) -> int:
        """-1 or 1 if new customers have less or more of it, by more than chance explains."""
        return differs(self.new, self.old)

    @property
    def says_little(self) -> bool:
        return self.whole.total < FEWEST


@dataclass(frozen=True)
class Comparison:
    """One practice: all together, and the lines, those with most rows first; `more` are not shown."""

    measure: Measure
    together: Line
    lines: list[Line]
    more: int

    @property
    def outliers(self) -> int:
        return sum(line.verdict != 0 for line in self.lines)


def compare(scope: Scope) -> list[Comparison]:
    """Each practice, also those nothing is known of; one query for each, and two for the names and rules."""
    people = User.objects.get_queryset() if scope.side.key == "people" else Segment.objects.all()
    names = {row.pk: str(row) for row in people}
    return [_comparison(measure, scope, names) for measure in MEASURES]


def _comparison(measure: Measure, scope: Scope, names: dict[int, str]) -> Comparison:
    nothing = Score(is_nps=measure.is_nps)
    found: dict[int, dict[bool, Score]] = {}
    for key, is_new, score in measure.rows(scope):
        sides = found.setdefault(key, {True: nothing, False: nothing})
        sides[is_new] = sides[is_new] + score
    new, old = (reduce(Score.__add__, (sides[age] for sides in found.values()), nothing) for age in (True, False))
    together = Line("", new, old)
    compared = sum((sides[True] + sides[False]).total >= FEWEST for sides in found.values()) or 1
    lines = []
    for key, sides in found.items():
        own = sides[True] + sides[False]
        verdict = differs(own, together.whole - own, among=compared)
        lines.append(Line(names.get(key, ""), sides[True], sides[False], verdict))
    lines.sort(key=lambda line: (-line.whole.total, line.name))
    return Comparison(measure, together, lines[:SHOWN], max(0, len(lines) - SHOWN))
