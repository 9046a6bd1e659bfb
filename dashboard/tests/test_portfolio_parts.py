"""Who turned red within a week and why, what each looks after, and where the relationships stand."""

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer, Stage
from dashboard.views import portfolio_parts as view
from retention.models import Band, CustomerRisk, RiskDay
from tests import factories
from tests.factories import NOW, TODAY

type Login = Callable[[User], Client]

FORMER = TODAY - timedelta(days=7)


@pytest.fixture(autouse=True)
def the_day(company: Company) -> Any:
    for day in (FORMER, TODAY):
        RiskDay.objects.create(day=day, taken_at=NOW)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def browser(login: Login, manager: User) -> Client:
    return login(manager)


def course(owner: User, name: str, before: int, now: int | None, silence: int = 60, **risk: Any) -> Customer:
    """For so many days at risk a week ago and now; None: on the newest list no more."""
    made = factories.customer(owner, name=name)
    fields = {"band": Band.AT_RISK, "contact_days": 9, "rhythm_days": 20.0, "last_day": TODAY - timedelta(days=silence)}
    CustomerRisk.objects.create(customer=made, risk=0.6, **fields | risk)
    factories.snapshot(made, day=FORMER, flagged_days=before)
    if now is not None:
        factories.snapshot(made, flagged_days=now, silence=silence)
    return made


def words(browser: Client, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200
    return " ".join(html.unescape(response.content.decode()).split())


def names(browser: Client, **query: str) -> list[str]:
    rows = browser.get(reverse("portfolio_week"), query).context["rows"]
    return [row.snapshot.customer.name for row in rows]


@pytest.fixture
def week(owner: User) -> None:
    complaint = {"code": "complaint_open", "size": 0.7, "since": "2026-11-24"}
    course(owner, "Comes", 0, 2, reasons=[{"code": "silence", "size": 1}, complaint])
    course(owner, "Stays", 5, 12)
    course(owner, "Back", 5, 0, silence=3, band=Band.HEALTHY)
    course(owner, "Settled", 5, 0, silence=40, band=Band.WATCH)
    course(owner, "Long", 5, None, silence=400, band=Band.LAPSED)
    gone = course(owner, "Left", 5, None)
    Customer.objects.filter(pk=gone.pk).update(lost_on=TODAY - timedelta(days=1))


def test_who_came_to_be_at_risk_and_why(browser: Client, week: None) -> None:
    assert names(browser) == ["Comes"]
    page = words(browser, reverse("portfolio_week"))
    assert "1 customer came to be at risk" in page
    assert "quiet 60 d, usually 20 · Open complaint since 24 November." in page


def test_who_left_and_why(browser: Client, week: None) -> None:
    assert set(names(browser, show="out")) == {"Back", "Settled", "Long", "Left"}
    page = words(browser, f"{reverse('portfolio_week')}?show=out")
    for sentence in (
        "4 customers are no longer at risk",
        "in touch again on 23 November",
        "what made it worse is settled, or passed",
        "no longer at risk, but long silent",
        "left on 25 November",
    ):
        assert sentence in page


def test_the_portfolio_leads_there_with_the_numbers(browser: Client, owner: User, week: None) -> None:
    page = words(browser, f"{reverse('portfolio')}?owner={owner.pk}")
    assert f'href="/portfolio/week/?owner={owner.pk}"> +1 −4 in a week' in page


def test_the_week_of_a_part_of_the_company(browser: Client, outsider: User, week: None) -> None:
    course(outsider, "Other", 0, 2)
    assert names(browser, owner=str(outsider.pk)) == ["Other"]
    assert set(names(browser)) == {"Comes", "Other"}


def test_the_week_goes_over_pages(browser: Client, owner: User, week: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "PAGE_SIZE", 3)
    response = browser.get(reverse("portfolio_week"), {"show": "out", "owner": str(owner.pk)})
    found = [row.snapshot.customer.name for row in response.context["rows"]]
    response = browser.get(response.context["following"])
    found += [row.snapshot.customer.name for row in response.context["rows"]]
    assert sorted(found) == ["Back", "Left", "Long", "Settled"]
    assert not response.context["following"]


@pytest.mark.parametrize("show", ["in", "out"])
def test_the_week_costs_the_same_for_one_and_for_three(browser: Client, owner: User, show: str) -> None:
    before, now = (0, 2) if show == "in" else (2, 0)
    course(owner, "One", before, now)
    address = f"{reverse('portfolio_week')}?show={show}"
    browser.get(address)
    with CaptureQueriesContext(connection) as one:
        browser.get(address)
    for number in range(2):
        course(owner, f"More {number}", before, now)
    with CaptureQueriesContext(connection) as three:
        assert len(browser.get(address).context["rows"]) == 3
    assert len(one) == len(three)


def test_before_a_list_is_a_week_old_the_page_says_so(browser: Client) -> None:
    RiskDay.objects.filter(day=FORMER).delete()
    assert "No list is a week old yet" in words(browser, reverse("portfolio_week"))


@pytest.mark.parametrize("query", [{"show": "\x00"}, {"after": "\x00"}, {"owner": "x"}, {"tag": "9" * 400}])
def test_values_that_mean_nothing_are_no_error(browser: Client, week: None, query: dict[str, str]) -> None:
    assert names(browser, **query) == ["Comes"]
    assert browser.get(reverse("portfolio_people"), query).status_code == 200


# ---- Who looks after how many ----


def test_each_owner_has_a_line_with_the_lists_behind_it(
    browser: Client, owner: User, outsider: User, week: None
) -> None:
    course(outsider, "Other", 0, 0, band=Band.WATCH)
    loads = browser.get(reverse("portfolio_people")).context["loads"]
    assert [(load.owner, load.figures.customers, load.figures.at_risk) for load in loads] == [
        (owner, 5, 2),
        (outsider, 1, 0),
    ]
    page = words(browser, reverse("portfolio_people"))
    for name, address in loads[0].behind.items():
        if name not in {"week", "people", "unhappy", "watch"}:
            assert f'href="{address}"' in page
            assert browser.get(address).status_code == 200
    assert f"owner={owner.pk}" in loads[0].behind["at_risk"]


def test_people_cost_the_same_for_one_and_for_three(browser: Client, owner: User) -> None:
    course(owner, "One", 0, 0)
    browser.get(reverse("portfolio_people"))
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("portfolio_people"))
    for number in range(2):
        course(factories.user(), f"More {number}", 0, 0)
    with CaptureQueriesContext(connection) as three:
        assert len(browser.get(reverse("portfolio_people")).context["loads"]) == 3
    assert len(one) == len(three)


def test_nobody_looks_after_anybody(browser: Client) -> None:
    assert "Nobody looks after anybody here" in words(browser, reverse("portfolio_people"))


# ---- Where the relationships stand ----


def test_stages_add_up_and_open_their_customers(browser: Client, owner: User) -> None:
    for name, stage in (("A", Stage.FRIEND), ("B", Stage.MARRIED), ("C", Stage.MARRIED)):
        made = course(owner, name, 0, 2)
        Customer.objects.filter(pk=made.pk).update(stage=stage)
    response = browser.get(reverse("portfolio"), {"owner": owner.pk})
    shares = {share.stage: share for share in response.context["stages"]}
    assert {stage: share.number for stage, share in shares.items() if share.number} == {
        Stage.FRIEND: 1,
        Stage.MARRIED: 2,
    }
    assert (shares[Stage.FRIEND].x, shares[Stage.MARRIED].x) == (0, 1)
    there = browser.get(shares[Stage.MARRIED].address)
    assert sorted(row.name for row in there.context["page"].rows) == ["B", "C"]


def test_the_oldest_of_what_is_open_has_its_age(browser: Client, owner: User) -> None:
    made = course(owner, "A", 0, 2)
    factories.complaint(made, opened_at=NOW - timedelta(days=12))
    factories.follow_up(made, is_promise=True, due_at=NOW - timedelta(days=5))
    page = words(browser, reverse("portfolio"))
    assert 'with an open complaint <span class="muted"> the oldest for 1 week, 5 days' in page
    assert 'with a promise that is late <span class="muted"> the oldest for 5 days' in page
