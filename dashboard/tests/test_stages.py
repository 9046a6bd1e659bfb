"""Which stage a relationship has reached: suggested by the evidence of a year, decided by whoever looks after it."""

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from customers.models import Customer, Stage, StageChange
from interactions.models import Kind
from retention.advancing import TAKES, Standing, standing
from retention.assessing import Facts, facts
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
DAY = timedelta(days=1)
YEARS = 2 * 365
ORDER = list(Stage)
HTMX = {"HX-Request": "true"}


def known(**numbers: int) -> Facts:
    empty: dict[str, Any] = {field.name: 0 for field in fields(Facts)}
    return Facts(**(empty | numbers))


def reached(numbers: dict[str, int], days: int = YEARS, stage: Stage = Stage.ACQUAINTANCE) -> Standing:
    return standing(stage, known(**numbers), known_days=days)


@pytest.mark.parametrize(
    ("numbers", "stage"),
    [
        ({}, Stage.ACQUAINTANCE),
        ({"talks": 9}, Stage.ACQUAINTANCE),
        ({"talks": 2, "purchases": 1}, Stage.FRIEND),
        ({"talks": 4, "meetings": 1, "purchases": 2}, Stage.DATING),
        ({"talks": 6, "meetings": 2, "people_met": 2, "purchases": 4}, Stage.ENGAGED),
        ({"talks": 9, "meetings": 3, "people_met": 1, "purchases": 9, "referrals": 1}, Stage.DATING),
        ({"talks": 8, "meetings": 3, "people_met": 2, "purchases": 6, "referrals": 1}, Stage.MARRIED),
    ],
)
def test_a_stage_takes_all_that_those_before_it_take(numbers: dict[str, int], stage: Stage) -> None:
    assert reached(numbers).reached == stage


def test_married_takes_two_years() -> None:
    numbers = {"talks": 8, "meetings": 3, "people_met": 2, "purchases": 6, "referrals": 1}

    assert reached(numbers, YEARS - 1).reached == Stage.ENGAGED


def test_who_is_new_has_not_fallen_back() -> None:
    assert reached({}, 364, Stage.ENGAGED).suggested is None
    assert reached({}, 365, Stage.ENGAGED).suggested == Stage.ACQUAINTANCE
    assert reached({"talks": 2, "purchases": 1}, 10).suggested == Stage.FRIEND


NUMBERS = st.fixed_dictionaries(
    {name: st.integers(0, 12) for name in ("talks", "meetings", "people_met", "purchases", "referrals")}
)


@given(NUMBERS, st.sampled_from(ORDER), st.integers(0, 2000), st.sampled_from(["talks", "meetings", "purchases"]))
def test_more_never_speaks_for_less(numbers: dict[str, int], stage: Stage, days: int, more: str) -> None:
    before = reached(numbers, days, stage)
    after = reached(numbers | {more: numbers[more] + 1}, days, stage)

    assert ORDER.index(after.reached) >= ORDER.index(before.reached)
    assert before.suggested != stage


@given(NUMBERS, st.integers(0, 2000))
def test_what_is_missing_is_what_brings_the_next_stage(numbers: dict[str, int], days: int) -> None:
    now = reached(numbers, days).reached
    found = reached(numbers, days, now)
    more = {what.value: number for what, number in found.missing.items()}
    years = more.pop("years", 0)

    later = {name: number + more.get(name, 0) for name, number in numbers.items()}
    after = reached(later, days + years * 365).reached
    assert ORDER.index(after) >= ORDER.index(found.following or Stage.MARRIED)


def test_each_stage_takes_no_less_than_the_one_before() -> None:
    for before, after in pairwise(ORDER):
        for what, least in TAKES[before].items():
            assert TAKES[after].get(what, least) >= least


def test_the_facts_know_whom_we_met_and_who_recommended_us(customer: Customer) -> None:
    one, other = factories.contact(customer), factories.contact(customer, name="Noor", is_primary=False)
    for contact, days, kind in ((one, 1, Kind.MEETING), (one, 9, Kind.VISIT), (other, 20, Kind.MEETING)):
        factories.interaction(customer, contact=contact, kind=kind, happened_at=NOW - days * DAY)
    factories.interaction(customer, contact=other, kind=Kind.CALL, happened_at=NOW - DAY)
    factories.interaction(customer, contact=other, kind=Kind.VISIT, happened_at=NOW - 400 * DAY)
    factories.interaction(customer, kind=Kind.REFERRAL, happened_at=NOW - 900 * DAY)

    found = facts(customer, at=NOW)

    assert (found.people_met, found.meetings, found.referrals) == (2, 3, 1)


def test_a_suggestion_is_taken_with_one_click_and_taken_back(owner: User, customer: Customer, login: Login) -> None:
    for days in (3, 20):
        factories.interaction(customer, kind=Kind.CALL, happened_at=NOW - days * DAY)
    factories.interaction(customer, kind=Kind.PURCHASE, happened_at=NOW - 5 * DAY)
    browser, address = login(owner), reverse("customer_stage", args=[customer.pk])
    words = browser.get(reverse("customer_qualities", args=[customer.pk]), headers=HTMX).content.decode()
    assert "The last year speaks for Friend." in words and "Move to Friend" in words

    done = browser.post(address, {"stage": "friend"}, headers=HTMX).content.decode()
    customer.refresh_from_db()
    assert customer.stage == Stage.FRIEND
    undo = f"{address}?stage=acquaintance"
    assert undo in done
    words = browser.get(reverse("customer_qualities", args=[customer.pk]), headers=HTMX).content.decode()
    assert "For Dating it takes 2 more conversations, 1 more meeting, 1 more purchase." in words

    browser.post(undo, headers=HTMX)
    customer.refresh_from_db()
    assert customer.stage == Stage.ACQUAINTANCE
    assert StageChange.objects.count() == 2


@pytest.mark.parametrize("stage", ["", "engaged ", "husband", "\x00"])
def test_what_is_no_stage_changes_nothing(owner: User, customer: Customer, login: Login, stage: str) -> None:
    response = login(owner).post(reverse("customer_stage", args=[customer.pk]), {"stage": stage}, headers=HTMX)

    assert "Choose one of the five stages" in response.content.decode()
    assert not StageChange.objects.exists()
