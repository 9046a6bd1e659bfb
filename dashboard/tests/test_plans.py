"""Plans from the page: begun beside why they are at risk, with steps, approved, looked at, closed; and all of them."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from customers.models import Customer
from interactions.models import FollowUp
from retention.models import Band, CustomerRisk, PlanRules, PlanState, PlanStep, RetentionPlan
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
TYPED = {"suspected": ["comfort"], "note": "", "offer": "", "offer_amount": "", "review_on": "2026-12-03"}


def new(browser: Client, customer: Customer, **data: Any) -> Any:
    return browser.post(reverse("plan_new", args=[customer.pk]), TYPED | data)


def act(browser: Client, name: str, pk: int, headers: Any = None, **data: Any) -> Any:
    return browser.post(reverse(name, args=[pk]), data, headers=headers)


def page(browser: Client, plan: RetentionPlan) -> str:
    return browser.get(reverse("plan", args=[plan.pk])).content.decode()


def at_risk(customer: Customer, value: int = 0) -> None:
    reasons = [{"code": "silence", "size": 1.0}]
    known = {"contact_days": 4, "rhythm_days": 30.0, "last_day": TODAY - timedelta(days=90), "reasons": reasons}
    CustomerRisk.objects.create(customer=customer, band=Band.AT_RISK, value_last_year=value, **known)


def test_a_plan_goes_from_the_customers_page_to_what_came_of_it(
    customer: Customer, owner: User, teammate: User, login: Login
) -> None:
    at_risk(customer, value=20_000)
    factories.complaint(customer, what="Late delivery")
    browser, theirs = login(owner), reverse("customer", args=[customer.pk])
    address = reverse("plan_new", args=[customer.pk])
    assert f'href="{address}"' in browser.get(theirs).content.decode()
    form = browser.get(address)
    assert "Open complaint since 26 November: Late delivery" in form.content.decode()
    assert form.context["form"]["review_on"].value() == TODAY + timedelta(days=7)

    assert new(browser, customer, suspected=["comfort", "carelessness"], changes_person="on").status_code == 302
    plan = RetentionPlan.objects.get()
    assert (plan.suspected, plan.written_by, plan.changes_person) == (["comfort", "carelessness"], owner, True)
    shown = page(browser, plan)
    assert "Hand them over" in shown and "disabled" in shown

    step = {"title": "Apologise in person", "person": teammate.pk, "day": "2026-12-01"}
    saved = act(browser, "plan_step_new", plan.pk, HTMX, **step)
    assert saved.headers["HX-Trigger"] == '{"saved": {}}'
    act(browser, "plan_submit", plan.pk)
    task = FollowUp.objects.get()
    assert (task.assignee, task.title, task.due_at.hour) == (teammate, "Apologise in person", 16)

    act(browser, "follow_up_done", task.pk)
    assert "1 of 1 step done" in browser.get(theirs).content.decode()
    act(browser, "plan_close", plan.pk, outcome="kept", learned="Answer on the same day.")
    assert "Answer on the same day." in page(browser, plan)
    act(browser, "plan_reopen", plan.pk)
    assert RetentionPlan.objects.get().state == PlanState.ACTIVE


def test_today_of_whoever_does_it_has_the_step(customer: Customer, owner: User, login: Login) -> None:
    plan = factories.plan(customer)
    factories.plan_step(plan, title="Call about the offer", due_at=NOW)
    assert "Call about the offer" not in login(owner).get(reverse("today")).content.decode()

    act(login(owner), "plan_submit", plan.pk)

    assert "Call about the offer" in login(owner).get(reverse("today")).content.decode()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"suspected": []}, "suspected"),
        ({"suspected": "boredom"}, "suspected"),
        ({"offer_amount": "12"}, "offer"),
        ({"offer_amount": "a lot", "offer": "A lot"}, "offer_amount"),
        ({"offer_amount": "-5", "offer": "Kept"}, "offer_amount"),
        ({"offer": "x" * 1001}, "offer"),
        ({"note": "x" * 2001}, "note"),
        ({"review_on": "2026-11-25"}, "review_on"),
        ({"review_on": "2029-01-01"}, "review_on"),
        ({"review_on": ""}, "review_on"),
    ],
)
def test_what_can_not_be_is_refused_at_its_field(
    customer: Customer, owner: User, login: Login, data: dict[str, Any], field: str
) -> None:
    response = new(login(owner), customer, **data)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not RetentionPlan.objects.exists()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"person": "theirs"}, "person"),
        ({"day": "2026-11-25"}, "day"),
        ({"day": "3026-11-25"}, "day"),
        ({"day": "soon"}, "day"),
    ],
)
def test_a_step_that_can_not_be_is_refused_at_its_field(
    customer: Customer, owner: User, outsider: User, login: Login, data: dict[str, Any], field: str
) -> None:
    if data.get("person"):
        data = {"person": outsider.pk}
    step = {"title": "Kept", "person": owner.pk, "day": "2026-12-01"} | data

    response = act(login(owner), "plan_step_new", factories.plan(customer).pk, **step)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not PlanStep.objects.exists()


def test_a_second_plan_opens_the_first(customer: Customer, owner: User, login: Login) -> None:
    plan = factories.plan(customer)

    assert new(login(owner), customer).url == reverse("plan", args=[plan.pk])
    asked: Any = login(owner).get(reverse("plan_new", args=[customer.pk]))
    assert asked.url == reverse("plan", args=[plan.pk])
    assert RetentionPlan.objects.count() == 1


def test_what_is_closed_is_not_changed(customer: Customer, owner: User, login: Login) -> None:
    plan = factories.plan(customer, state="closed", outcome="kept", closed_at=NOW, closed_by=owner)
    step = factories.plan_step(plan, title="As it was")
    browser = login(owner)

    act(browser, "plan_edit", plan.pk, **TYPED | {"note": "Changed"})
    act(browser, "plan_step_edit", step.pk, title="Changed", person=owner.pk, day="2026-12-01")
    act(browser, "plan_step_remove", step.pk)
    act(browser, "plan_close", plan.pk, outcome="lost")
    act(browser, "plan_submit", plan.pk)
    act(browser, "plan_discard", plan.pk)

    plan.refresh_from_db()
    step.refresh_from_db()
    assert (plan.state, plan.outcome, plan.note, step.title) == ("closed", "kept", "", "As it was")


def test_moving_a_step_moves_the_task(customer: Customer, owner: User, teammate: User, login: Login) -> None:
    plan = factories.plan(customer)
    step = factories.plan_step(plan)
    act(login(owner), "plan_submit", plan.pk)

    act(login(owner), "plan_step_edit", step.pk, title="Else", person=teammate.pk, day="2026-12-04")

    task = FollowUp.objects.get()
    assert (task.title, task.assignee, task.due_at.date().isoformat()) == ("Else", teammate, "2026-12-04")


def test_what_is_taken_out_or_thrown_away_comes_back(customer: Customer, owner: User, login: Login) -> None:
    plan, browser = factories.plan(customer), login(owner)
    step = factories.plan_step(plan)

    for name, pk in (("plan_step_remove", step.pk), ("plan_discard", plan.pk)):
        response = browser.get(act(browser, name, pk).url)
        undo = re.findall(r'action="(/settings/trash/\d+/restore/)"', response.content.decode())
        browser.post(undo[-1])

    assert list(RetentionPlan.objects.all()) == [plan]
    assert list(PlanStep.objects.all()) == [step]


# ---- Approval ----


def test_a_large_offer_waits_for_a_manager(customer: Customer, owner: User, manager: User, login: Login) -> None:
    browser = login(owner)
    new(browser, customer, offer="A discount", offer_amount="1.200,50")
    plan = RetentionPlan.objects.get()
    factories.plan_step(plan)
    assert "Ask for approval" in page(browser, plan)

    act(browser, "plan_submit", plan.pk)

    assert f'action="{reverse("plan_approve", args=[plan.pk])}"' not in page(browser, plan)
    assert act(browser, "plan_approve", plan.pk).status_code == 403
    assert "1 plan waits for approval" in login(manager).get(reverse("portfolio")).content.decode()
    assert f'action="{reverse("plan_approve", args=[plan.pk])}"' in page(login(manager), plan)
    act(login(manager), "plan_approve", plan.pk, answer="back")
    assert RetentionPlan.objects.get().state == PlanState.DRAFT
    act(browser, "plan_submit", plan.pk)
    act(login(manager), "plan_approve", plan.pk)
    assert RetentionPlan.objects.get().state == PlanState.ACTIVE
    assert "approved by <bdi>Max Lind</bdi>" in page(browser, plan)


def test_a_manager_does_not_approve_their_own(customer: Customer, manager: User, login: Login) -> None:
    factories.user(Role.MANAGER)
    plan = factories.plan(customer, state=PlanState.WAITING, written_by=manager, offer_amount=900)
    browser = login(manager)

    response = browser.get(act(browser, "plan_approve", plan.pk).url)

    assert "another manager has to approve it" in response.content.decode()
    assert RetentionPlan.objects.get().state == PlanState.WAITING


def test_an_active_plan_that_offers_more_waits(customer: Customer, owner: User, login: Login) -> None:
    plan = factories.plan(customer, state=PlanState.ACTIVE, started_at=NOW)

    browser = login(owner)
    response = act(browser, "plan_edit", plan.pk, **TYPED | {"offer": "More", "offer_amount": "501"})

    assert "waits for approval" in browser.get(response.url).content.decode()
    assert RetentionPlan.objects.get().state == PlanState.WAITING


def test_the_rules_are_changed_by_administrators(manager: User, administrator: User, login: Login) -> None:
    address, typed = reverse("plan_rules"), {"offer_limit": "1 000", "high_value": "50000"}

    assert login(manager).post(address, typed).status_code == 403
    assert login(administrator).post(address, typed).status_code == 302
    assert (PlanRules.current().offer_limit, PlanRules.current().high_value) == (Decimal(1000), Decimal(50_000))
    wrong = login(administrator).post(address, {"offer_limit": "some", "high_value": ""})
    assert wrong.status_code == 422 and set(wrong.context["form"].errors) == {"offer_limit", "high_value"}


# ---- All of them ----


def names(html: str) -> list[str]:
    return re.findall(r'class="stretched-link"\s+href="/customers/plans/\d+/"><bdi>(\w+)</bdi>', html)


@pytest.fixture
def some(owner: User) -> dict[str, RetentionPlan]:
    made = {}
    for name, value, fields in (
        ("Calm", None, {}),
        ("Rich", 20_000, {"state": "waiting"}),
        ("Red", 10, {}),
        ("Stale", None, {"review_on": TODAY - timedelta(days=1)}),
        ("Asleep", 10, {"state": "active", "started_at": NOW - timedelta(days=20)}),
        ("Stays", None, {"state": "closed", "outcome": "kept", "closed_at": NOW}),
        ("Left", None, {"state": "closed", "outcome": "lost", "closed_at": NOW - timedelta(days=3)}),
    ):
        customer = factories.customer(owner, name=name)
        if value is not None:
            at_risk(customer, value)
        made[name] = factories.plan(customer, **fields)
    return made


@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("", ["Asleep", "Stale", "Rich", "Red", "Calm"]),
        ("open", ["Asleep", "Stale", "Rich", "Red", "Calm"]),
        ("stale", ["Asleep", "Stale"]),
        ("waiting", ["Rich"]),
        ("draft", ["Stale", "Red", "Calm"]),
        ("kept", ["Stays"]),
        ("lost", ["Left"]),
        ("won_back", []),
        ("x\x00", ["Asleep", "Stale", "Rich", "Red", "Calm"]),
    ],
)
def test_those_that_need_a_look_come_first_then_the_most_severe(
    some: dict[str, RetentionPlan], manager: User, login: Login, show: str, found: list[str]
) -> None:
    assert names(login(manager).get(reverse("plans"), {"show": show}).content.decode()) == found


def test_each_number_leads_to_as_many_as_it_says(some: dict[str, RetentionPlan], manager: User, login: Login) -> None:
    browser = login(manager)
    shown = browser.get(reverse("plans")).content.decode()
    numbers = re.findall(r'href="(/portfolio/plans/\?show=\w+)"[^>]*>[^<]*<span class="count">(\d+)</span>', shown)

    assert [number for _address, number in numbers] == ["5", "2", "1", "3", "1", "0", "1", "0"]
    for address, number in numbers:
        assert len(names(browser.get(address).content.decode())) == int(number)
    portfolio = browser.get(reverse("portfolio")).content.decode()
    assert "2 plans need a look" in portfolio and "1 plan waits for approval" in portfolio


def test_a_look_puts_the_next_one_off(some: dict[str, RetentionPlan], manager: User, login: Login) -> None:
    act(login(manager), "plan_review", some["Stale"].pk)

    assert RetentionPlan.objects.get(pk=some["Stale"].pk).review_on == TODAY + timedelta(days=14)
    assert names(login(manager).get(reverse("plans"), {"show": "stale"}).content.decode()) == ["Asleep"]


def test_a_long_list_has_pages(owner: User, manager: User, login: Login) -> None:
    for number in range(27):
        factories.plan(factories.customer(owner), review_on=TODAY + timedelta(days=number - 5))
    browser = login(manager)
    first = browser.get(reverse("plans"))
    second = browser.get(reverse("plans"), {"after": first.context["following"], "show": "open"})

    both = [row.plan.pk for page in (first, second) for row in page.context["rows"]]
    assert (len(first.context["rows"]), len(both), len(set(both))) == (25, 27, 27)


@pytest.mark.parametrize("name", ["plans", "plan"])
def test_a_page_costs_the_same_for_one_and_for_three(owner: User, manager: User, login: Login, name: str) -> None:
    browser, costs = login(manager), []
    customer = factories.customer(owner)
    plan = factories.plan(customer)
    for number in (1, 2):
        for _time in range(number):
            other = factories.customer(owner)
            at_risk(other)
            factories.plan_step(factories.plan(other))
            factories.plan_step(plan, follow_up=factories.follow_up(customer, done_at=NOW))
            factories.plan(customer, state="closed", outcome="kept", closed_at=NOW)
        with CaptureQueriesContext(connection) as queries:
            address = reverse(name, args=[plan.pk] if name == "plan" else [])
            assert browser.get(address).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]
