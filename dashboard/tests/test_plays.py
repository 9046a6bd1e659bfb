"""Plays: kept by administrators, those that come with the product taken over once, and begun by one click."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from customers.models import Customer
from retention.models import Cause, Doer, PlanStep, Play, PlayStep, RetentionPlan
from retention.playing import READY, add_ready_plays, fitting, plan_from
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]


def play_with(*steps: tuple[int, Doer], **fields: Any) -> Play:
    made = Play.objects.create(**({"name": "Call them", "causes": [Cause.COMFORT]} | fields))
    for days, doer in steps:
        PlayStep.objects.create(play=made, title=f"{doer} {days}", after_days=days, doer=doer)
    return made


def form_data(*steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    kept = sum("id" in step for step in steps)
    data = {"name": "Call them", "causes": ["comfort"], "offer": ""} | fields
    data |= {"steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": kept}
    for number, step in enumerate(steps):
        data |= {f"steps-{number}-{name}": value for name, value in step.items()}
    return data


def test_a_plan_is_begun_by_one_click_and_keeps_where_it_came_from(
    customer: Customer, owner: User, login: Login
) -> None:
    play = play_with((1, Doer.OWNER), (8, Doer.OWNER), offer="A visit")
    browser, address = login(owner), reverse("plan_from_play", args=[customer.pk])
    assert address in browser.get(reverse("plan_new", args=[customer.pk])).content.decode()

    for _time in range(2):
        browser.post(address, {"play": play.pk})

    plan = RetentionPlan.objects.get()
    assert (plan.play, plan.suspected, plan.offer, plan.state) == (play, [Cause.COMFORT], "A visit", "draft")
    assert [(step.title, step.person, step.due_at.date().day) for step in plan.steps.all()] == [
        ("owner 1", owner, 27),
        # The eighth day from Thursday is a Friday.
        ("owner 8", owner, 4),
    ]
    assert "from the play “<bdi>Call them</bdi>”" in browser.get(reverse("plan", args=[plan.pk])).content.decode()


@pytest.mark.parametrize("wanted", ["", "0", "999999", "x\x00", str(10**30)])
def test_a_play_that_is_gone_is_said(customer: Customer, owner: User, login: Login, wanted: str) -> None:
    response = login(owner).post(reverse("plan_from_play", args=[customer.pk]), {"play": wanted}, follow=True)

    assert "This play is gone." in response.content.decode()
    assert not RetentionPlan.objects.exists()


def doers(customer: Customer) -> dict[str, User]:
    play = play_with((1, Doer.OWNER), (2, Doer.MANAGER), (3, Doer.DEPUTY))
    plan_from(play, customer, by=customer.owner, at=NOW)
    return {step.title.split()[0]: step.person for step in PlanStep.objects.all()}


def test_each_step_is_for_whom_the_play_says(
    customer: Customer, owner: User, teammate: User, manager: User, outsider: User
) -> None:
    assert doers(customer) == {"owner": owner, "manager": manager, "deputy": manager}


def test_the_deputy_is_who_stands_in(customer: Customer, owner: User, teammate: User, manager: User) -> None:
    factories.absence(owner, deputy=teammate, first_day=TODAY, last_day=TODAY)

    assert doers(customer)["deputy"] == teammate


def test_where_there_is_nobody_else_the_owner_does_it(customer: Customer, owner: User) -> None:
    assert set(doers(customer).values()) == {owner}


def test_those_that_help_against_what_is_known_come_first() -> None:
    plays = [play_with(name=name, causes=causes) for name, causes in (("A", ["price"]), ("B", ["comfort", "price"]))]

    assert [play.name for play in fitting(plays, [Cause.COMFORT, Cause.PRICE])] == ["B", "A"]
    assert [play.name for play in fitting(plays, [])] == ["A", "B"]


def test_ready_plays_are_added_once_in_the_own_language(administrator: User, login: Login) -> None:
    browser = login(administrator)
    for words in ("4 plays are added.", "They are all there."):
        assert words in browser.post(reverse("plays_ready"), follow=True).content.decode()
    assert Play.objects.count() == len(READY) == 4
    assert not Play.objects.filter(steps=None).exists()
    assert {cause for play in Play.objects.all() for cause in play.causes} == set(Cause.values)

    with translation.override("de"):
        add_ready_plays()
    assert Play.objects.filter(name="Wir haben unser Wort gebrochen", steps__title__contains="entschuldigen").exists()


def test_a_play_is_written_changed_and_loses_a_step(administrator: User, login: Login) -> None:
    browser = login(administrator)
    step = {"title": "Visit", "after_days": 3, "doer": "owner"}
    empty = {"title": "", "after_days": "", "doer": "owner"}

    assert browser.post(reverse("play_new"), form_data(step, empty)).status_code == 302
    play = Play.objects.get()
    kept = step | {"id": PlayStep.objects.get().pk, "after_days": 5}
    browser.post(reverse("play", args=[play.pk]), form_data(kept, step | {"title": "Write"}, name="Else"))
    assert list(PlayStep.objects.values_list("title", "after_days")) == [("Write", 3), ("Visit", 5)]

    browser.post(reverse("play", args=[play.pk]), form_data(kept | {"DELETE": "on"}, name="Else"))
    assert list(PlayStep.objects.values_list("title", flat=True)) == ["Write"]
    assert Play.objects.get().name == "Else"


@pytest.mark.parametrize(
    ("fields", "step", "words"),
    [
        ({"name": ""}, {}, "This field is required."),
        ({"name": "Taken"}, {}, "already exists"),
        ({"causes": []}, {}, "Tick at least one cause."),
        ({"causes": ["boredom"]}, {}, "boredom"),
        ({}, {"title": "x" * 201}, "Nothing is lost"),
        ({}, {"after_days": "-1"}, "greater than or equal to 0"),
        ({}, {"after_days": "366"}, "less than or equal to 365"),
        ({}, {"after_days": "soon"}, "whole number"),
        ({}, {"doer": "nobody"}, "nobody"),
    ],
)
def test_what_can_not_be_is_refused(
    administrator: User, login: Login, fields: dict[str, Any], step: dict[str, Any], words: str
) -> None:
    Play.objects.create(name="Taken")
    data = form_data({"title": "Visit", "after_days": 3, "doer": "owner"} | step, **fields)

    response = login(administrator).post(reverse("play_new"), data)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert Play.objects.count() == 1


def test_a_form_without_its_numbers_is_no_error_of_the_server(administrator: User, login: Login) -> None:
    assert login(administrator).post(reverse("play_new"), {"name": "x", "causes": "price"}).status_code == 422


def test_a_deleted_play_comes_back_with_its_steps_and_its_plans(
    customer: Customer, administrator: User, owner: User, login: Login
) -> None:
    play = play_with((1, Doer.OWNER))
    plan_from(play, customer, by=owner, at=NOW)
    browser = login(administrator)

    response = browser.post(reverse("play_delete", args=[play.pk]), follow=True)
    assert not Play.objects.exists() and RetentionPlan.objects.get().play is None
    undo = re.findall(r'action="(/settings/trash/\d+/restore/)"', response.content.decode())
    browser.post(undo[-1])

    assert (Play.objects.get().steps.count(), RetentionPlan.objects.get().play) == (1, play)


@pytest.mark.parametrize("name", ["plays", "plan_new"])
def test_a_list_of_plays_costs_the_same_for_one_and_for_three(
    customer: Customer, administrator: User, login: Login, name: str
) -> None:
    browser, costs = login(administrator), []
    for number in (1, 2):
        for place in range(number):
            play_with((1, Doer.OWNER), name=f"Play {number}.{place}")
        with CaptureQueriesContext(connection) as queries:
            address = reverse(name, args=[customer.pk] if name == "plan_new" else [])
            assert browser.get(address).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]
