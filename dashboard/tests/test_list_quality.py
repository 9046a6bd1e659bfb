"""How good the list was, as managers read it: sentences, figures that open their lists, and few losses said raw."""

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
from customers.models import Customer
from dashboard import list_quality as lists
from dashboard.views import list_quality as view
from retention import counting
from retention.models import Band, CustomerRisk, ListQuality, ListRules, RiskDay
from retention.proving import judge
from tests import factories
from tests.factories import NOW, TODAY

type Login = Callable[[User], Client]

SINCE = TODAY - timedelta(days=90)


@pytest.fixture(autouse=True)
def the_day(company: Company) -> Any:
    """Thursday, 26 November 2026, with a list of that day and one of 90 days before."""
    for day in (SINCE, TODAY):
        RiskDay.objects.create(day=day, taken_at=NOW)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def browser(login: Login, manager: User) -> Client:
    return login(manager)


def course(owner: User, name: str, place: int, *, red: bool = False, after: dict[str, int] | None = None) -> Customer:
    made = factories.customer(owner, name=name)
    factories.snapshot(made, day=SINCE, place=place, flagged_days=int(red), silence=40 - place, value=100 * place)
    if after is not None:
        factories.snapshot(made, place=place, **after)
    return made


def words(browser: Client, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200
    return " ".join(html.unescape(response.content.decode()).split())


def names(browser: Client, show: str, **more: str) -> list[str]:
    rows = browser.get(reverse("list_quality"), {"show": show} | more).context["rows"]
    return [row.snapshot.customer.name for row in rows]


@pytest.fixture
def judged(owner: User) -> None:
    course(owner, "Silent", 1, red=True, after={"silence": 129, "flagged_days": 90})
    Customer.objects.filter(pk=course(owner, "Left", 2, red=True).pk).update(lost_on=TODAY - timedelta(days=3))
    course(owner, "Saved", 3, red=True, after={"silence": 4})
    course(owner, "Again", 4, red=True, after={"silence": 60, "flagged_days": 5})
    course(owner, "Unseen", 5, after={"silence": 125})
    course(owner, "Fine", 6, after={"silence": 1})
    ListRules.objects.create(pk=1, weekly_capacity=3)
    judge(TODAY)


def test_the_portfolio_says_it_in_three_sentences(browser: Client, owner: User, judged: None) -> None:
    CustomerRisk.objects.create(customer=factories.customer(owner), band=Band.AT_RISK, contact_days=3, risk=0.6)
    text = words(browser, reverse("portfolio"))
    for sentence in (
        "On 28 August 2026, 90 days ago,",
        '4 customers</a> were at risk. Of these <a href="/portfolio/list/?show=at_risk_lost#list">2</a> went silent',
        'Of 2 who were not at risk: <a href="/portfolio/list/?show=others_lost#list">1</a>.',
        'with the 4 longest silent: <a href="/portfolio/list/?show=longest#list">2</a>.',
        "Only 3 were lost in that time: too few for percentages.",
    ):
        assert sentence in text
    assert "as chance goes" not in text.split("<aside")[1].split("</aside>")[0]


def test_each_figure_opens_the_list_behind_it(browser: Client, judged: None) -> None:
    expected = {
        lists.FLAGGED: ["Silent", "Left", "Saved", "Again"],
        lists.FLAGGED_LOST: ["Silent", "Left"],
        lists.OTHERS_LOST: ["Unseen"],
        lists.EARLY: ["Silent", "Left", "Saved", "Again"],
        lists.SAVED: ["Saved"],
        lists.AGAIN: ["Again"],
        lists.FIRST: ["Silent", "Left", "Saved"],
        lists.LONGEST: ["Silent", "Left", "Saved", "Again", "Unseen", "Fine"],
        lists.WARNED: ["Silent", "Left"],
        lists.UNWARNED: ["Unseen"],
    }
    assert expected.keys() == lists.TITLES.keys()
    text = words(browser, reverse("list_quality"))
    for kind, customers in expected.items():
        assert names(browser, kind) == customers
        assert f"?show={kind}#list" in text
    assert names(browser, "nothing") == expected[lists.FLAGGED_LOST]
    quality = ListQuality.objects.get()
    assert (quality.warned, quality.unwarned) == (2, 1)


def test_an_earlier_list_has_the_page_of_its_own(browser: Client, judged: None) -> None:
    for day in (TODAY - timedelta(days=28), SINCE - timedelta(days=28)):
        RiskDay.objects.create(day=day, taken_at=NOW)
    judge(TODAY - timedelta(days=28))
    page = reverse("list_quality_of", args=["2026-10-29"])
    assert f'href="{page}"' in words(browser, reverse("list_quality"))
    response = browser.get(page)
    assert response.context["quality"].until == TODAY - timedelta(days=28)
    assert f'href="{page}?show=at_risk#list"' in response.content.decode()
    for odd in ("2026-10-30", "2026-99-99", "yesterday"):
        assert browser.get(reverse("list_quality_of", args=[odd])).status_code == 404


def test_a_row_says_what_became_of_them(browser: Client, judged: None) -> None:
    text = words(browser, f"{reverse('list_quality')}?show=at_risk")
    for sentence in (
        "then quiet 39 days · silent for 129 days",
        "then quiet 38 days · left on 23 November",
        "then quiet 37 days · in touch again, last on 22 November",
        "Of 4 customers at risk 90 days ago, 2 went silent or left",
    ):
        assert sentence in text
    Customer.objects.update(lost_on=None)
    assert "then quiet 38 days · silent for more than a year" in words(browser, reverse("list_quality"))


def test_with_enough_lost_shares_and_the_plot_are_shown(browser: Client, owner: User) -> None:
    for number in range(20):
        course(owner, f"Lost {number}", number + 1, red=True, after={"silence": 400})
    for number in range(20):
        course(owner, f"Kept {number}", number + 21, red=True, after={"silence": 1})
    judge(TODAY)
    text = words(browser, reverse("list_quality"))
    assert "50 % (as chance goes, 35 to 65 %)." in text
    assert "What was said and what came of it lie 30 points apart on average" in text
    # Said 20 %, came true 50 %: a fifth to the right, half way up.
    assert '<circle class="chart-point" cx="96" cy="150" r="6" />' in text
    assert "too few for percentages" not in text


def test_former_judgements_stay_about_four_weeks_apart(browser: Client, judged: None) -> None:
    for days in (7, 28, 35, 60):
        for day in (TODAY - timedelta(days=days), SINCE - timedelta(days=days)):
            RiskDay.objects.get_or_create(day=day, defaults={"taken_at": NOW})
        judge(TODAY - timedelta(days=days))
    earlier = browser.get(reverse("list_quality")).context["earlier"]
    assert [(TODAY - quality.until).days for quality in earlier] == [28, 60]


def test_pages_follow_each_other(browser: Client, judged: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "PAGE_SIZE", 3)
    response = browser.get(reverse("list_quality"), {"show": "longest"})
    found = [row.snapshot.customer.name for row in response.context["rows"]]
    response = browser.get(response.context["following"])
    found += [row.snapshot.customer.name for row in response.context["rows"]]
    assert found == ["Silent", "Left", "Saved", "Again", "Unseen", "Fine"]
    assert not response.context["following"]
    assert len(browser.get(response.context["preceding"]).context["rows"]) == 3


def test_the_number_of_queries_does_not_grow(browser: Client, owner: User) -> None:
    course(owner, "One", 1, red=True)
    judge(TODAY)
    browser.get(reverse("list_quality"))
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("list_quality"))
    for number in range(2):
        course(owner, f"More {number}", 2 + number, red=True)
    with CaptureQueriesContext(connection) as three:
        assert len(browser.get(reverse("list_quality")).context["rows"]) == 3
    assert len(one) == len(three)


def test_the_portfolio_of_a_large_company_reads_only_what_is_prepared(
    browser: Client, judged: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNTED_LIVE", 0)
    counting.prepare(at=NOW)
    browser.get(reverse("portfolio"))
    with CaptureQueriesContext(connection) as queries:
        browser.get(reverse("portfolio"))
    assert sum("listquality" in query["sql"] for query in queries) == 1
    assert not any("risksnapshot" in query["sql"] or "riskday" in query["sql"] for query in queries)


def test_before_a_list_is_old_enough_the_pages_say_so(browser: Client, owner: User) -> None:
    CustomerRisk.objects.create(customer=factories.customer(owner), band=Band.AT_RISK, contact_days=3, risk=0.6)
    assert "Once one is 90 days old" in words(browser, reverse("portfolio"))
    assert "No list is 90 days old yet" in words(browser, reverse("list_quality"))


@pytest.mark.parametrize("query", [{"show": "\x00"}, {"after": "\x00"}, {"before": "{{ 7 }}"}, {"show": "<b>"}])
def test_values_that_mean_nothing_are_no_error(browser: Client, judged: None, query: dict[str, str]) -> None:
    assert browser.get(reverse("list_quality"), query).status_code == 200


def test_the_capacity_is_set_by_administrators(login: Login, administrator: User, manager: User, owner: User) -> None:
    address = reverse("list_rules")
    assert login(owner).get(address).status_code == 403
    browser = login(administrator)
    assert browser.post(address, {"weekly_capacity": "12"}).status_code == 302
    assert ListRules.current().weekly_capacity == 12
    assert "The team can care for 12 customers a week." in words(login(manager), address)
    for typed in ("0", "-3", "many", "100001"):
        response = browser.post(address, {"weekly_capacity": typed})
        assert response.status_code == 422
        assert f'value="{typed}"' in response.content.decode()
    assert browser.post(address, {"weekly_capacity": ""}).status_code == 302
    assert ListRules.current().weekly_capacity is None
