"""The same care for everybody: by member of staff and segment, for new customers beside those of longer standing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from dashboard.consistency import SIDES, Comparison, Line, Scope, compare
from dashboard.whose_days import WhoseDays
from interactions.models import Interaction, Kind, Outcome
from outreach.models import MessageKind, State
from surveys.comparing import Score
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
PEOPLE, SEGMENTS = SIDES
DAY = timedelta(days=1)


def compared(user: User, side: Any = PEOPLE, **query: str) -> dict[str, Comparison]:
    get = QueryDict(mutable=True)
    get.update(query)
    choice = WhoseDays.read("consistency", get, user=user, figures=())
    return {one.measure.key: one for one in compare(Scope(user, choice, side, on=TODAY, at=NOW))}


def line(comparison: Comparison, name: str) -> Line:
    (found,) = [line for line in comparison.lines if line.name == name]
    return found


def parts(score: Score) -> tuple[int, int]:
    return score.up, score.total


def answered(customer: Customer, score: int, **fields: Any) -> None:
    factories.response(factories.invitation(factories.contact(customer)), score=score, **fields)


def customer_of(owner: User, *, is_new: bool = False, **fields: Any) -> Customer:
    return factories.customer(owner, customer_since=TODAY - (30 if is_new else 800) * DAY, **fields)


def test_rhythm_counts_who_is_not_overdue_today_new_and_old_apart(owner: User, manager: User) -> None:
    customer_of(owner, is_new=True, next_due_on=TODAY)
    customer_of(owner, is_new=True, next_due_on=TODAY - DAY)
    customer_of(owner, next_due_on=TODAY + DAY)
    customer_of(owner, next_due_on=TODAY - DAY, lost_on=TODAY)
    customer_of(owner, next_due_on=TODAY - DAY, do_not_contact=True)

    found = line(compared(manager)["rhythm"], owner.name)
    assert (parts(found.new), parts(found.old)) == ((1, 2), (1, 1))


def test_answers_count_when_they_came_or_should_have(owner: User, manager: User) -> None:
    customer = customer_of(owner)
    for hours, waited in ((50, 1), (50, None), (50, 49), (0, None)):
        asked = NOW - timedelta(hours=hours)
        row = factories.interaction(customer, kind=Kind.EMAIL, is_owed=True, happened_at=asked)
        at = None if waited is None else asked + timedelta(hours=waited)
        Interaction.objects.filter(pk=row.pk).update(answered_at=at, answered_by=at and owner)

    assert parts(line(compared(manager)["answers"], owner.name).old) == (1, 3)


def test_promises_count_for_whoever_keeps_them(owner: User, teammate: User, manager: User) -> None:
    customer = customer_of(owner, is_new=True)
    late, ahead = NOW - DAY, NOW + DAY
    factories.follow_up(customer, assignee=teammate, is_promise=True, due_at=late, done_at=late - timedelta(hours=1))
    factories.follow_up(customer, assignee=teammate, is_promise=True, due_at=late)
    factories.follow_up(customer, assignee=teammate, is_promise=True, due_at=ahead)
    factories.follow_up(customer, assignee=teammate, due_at=late)

    promises = compared(manager)["promises"]
    assert parts(line(promises, teammate.name).new) == (1, 2)
    assert [line.name for line in promises.lines] == [teammate.name]


def test_a_recap_counts_once_it_was_sent(owner: User, manager: User) -> None:
    customer = customer_of(owner)
    held = {"kind": Kind.MEETING, "outcome": Outcome.HELD, "notes": "We agreed on a price.", "author": owner}
    rows = [factories.interaction(customer, happened_at=NOW - DAY, **held) for _number in range(3)]
    factories.interaction(customer, happened_at=NOW - DAY, **held | {"notes": ""})
    factories.interaction(customer, happened_at=NOW - DAY, **held | {"kind": Kind.CALL})
    for row, state in zip(rows, (State.SENT, State.HELD), strict=False):
        factories.message(kind=MessageKind.RECAP, interaction=row, customer=customer, state=state)

    assert parts(line(compared(manager)["recaps"], owner.name).old) == (1, 3)


def test_scores_are_promoters_less_detractors(owner: User, manager: User) -> None:
    customer = customer_of(owner, is_new=True)
    for score in (10, 9, 8, 3):
        answered(customer, score, answered_at=NOW - DAY)

    found = line(compared(manager)["scores"], owner.name).new
    assert (found.up, found.down, found.total, found.value) == (2, 1, 4, 25)


def test_only_what_chance_does_not_explain_is_a_difference(owner: User, teammate: User, manager: User) -> None:
    for number in range(20):
        customer_of(owner, is_new=True, next_due_on=TODAY - DAY)
        customer_of(owner, next_due_on=TODAY)
        customer_of(teammate, is_new=number % 2 == 0, next_due_on=TODAY - DAY)
    customer_of(manager, next_due_on=TODAY - DAY)

    rhythm = compared(manager)["rhythm"]
    mine, other, little = (line(rhythm, person.name) for person in (owner, teammate, manager))
    assert (mine.verdict, other.verdict, little.verdict) == (1, -1, 0)
    assert (mine.new_against_old, other.new_against_old) == (-1, 0)
    assert little.says_little
    assert not other.says_little


def test_days_and_teams_narrow_it(owner: User, outsider: User, manager: User) -> None:
    for person in (owner, outsider):
        answered(customer_of(person), 10, answered_at=NOW - 100 * DAY)
    assert compared(manager)["scores"].together.whole.total == 2
    assert compared(manager, first=str(TODAY - 90 * DAY), last="")["scores"].together.whole.total == 0
    assert [one.name for one in compared(manager, team=str(outsider.team_id))["scores"].lines] == [outsider.name]


def test_segments_stand_side_by_side(owner: User, manager: User) -> None:
    key = factories.segment(name="Key accounts")
    customer_of(owner, segment=key, next_due_on=TODAY)
    customer_of(owner, next_due_on=TODAY - DAY)

    rhythm = compared(manager, SEGMENTS)["rhythm"]
    assert parts(line(rhythm, "Key accounts").old) == (1, 1)
    assert len(rhythm.lines) == 2


def test_staff_see_what_is_their_own(owner: User, teammate: User, outsider: User, login: Login) -> None:
    for person in (owner, teammate, outsider):
        customer_of(person, next_due_on=TODAY)
    page = login(owner).get(reverse("consistency"), {"person": outsider.pk}).content.decode()

    assert owner.name in page
    assert "Only what is yours" in page
    assert f"<bdi>{teammate.name}</bdi>" not in page
    assert f"<bdi>{outsider.name}</bdi>" not in page


@pytest.mark.parametrize(
    "query",
    [{"by": "x"}, {"team": "-1"}, {"team": "9" * 30}, {"first": "31.02.2026"}, {"person": "a"}],
)
def test_what_makes_no_sense_in_the_address_is_no_error(manager: User, login: Login, query: dict[str, str]) -> None:
    assert login(manager).get(reverse("consistency"), query).status_code == 200


def test_costs_the_same_queries_for_one_and_for_three(owner: User, manager: User, login: Login) -> None:
    browser, counts = login(manager), []
    for _number in range(3):
        customer = customer_of(factories.user(team=owner.team), next_due_on=TODAY)
        answered(customer, 9, answered_at=NOW - DAY)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(reverse("consistency"))
        counts.append(len(queries))
    assert counts[0] == counts[2]
