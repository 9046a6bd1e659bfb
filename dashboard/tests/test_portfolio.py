"""The portfolio: for managers, with figures that lead to their lists, at a fixed number of queries."""

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer, Tag
from dashboard.portfolio import ORDERS, SORTS
from dashboard.views import portfolio as view
from interactions.models import Kind
from retention import counting
from retention.models import Band, CustomerRisk
from retention.scoring import rebuild
from tests import factories
from tests.factories import NOW, TODAY

type Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def the_day(company: Company) -> Any:
    """Thursday, 26 November 2026, 10:00 in Stockholm, in a company that has settings."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def browser(login: Login, manager: User) -> Client:
    return login(manager)


def known(owner: User, band: Band = Band.AT_RISK, value: int = 0, risk: float = 0.6, **fields: Any) -> Customer:
    """A customer whose risk was computed."""
    made = factories.customer(owner, **fields)
    CustomerRisk.objects.create(
        customer=made,
        contact_days=12,
        first_day=TODAY - timedelta(days=400),
        last_day=TODAY - timedelta(days=80),
        rhythm_days=29.0,
        risk=risk,
        band=band,
        reasons=[{"code": "silence", "size": 0.4}],
        value_last_year=Decimal(value),
        value_at_risk=Decimal(str(round(value * risk, 2))),
        computed_on=TODAY,
    )
    return made


def names(browser: Client, **query: str) -> list[str]:
    response = browser.get(reverse("portfolio"), query)
    assert response.status_code == 200
    return [row.risk.customer.name for row in response.context["rows"]]


def heading(browser: Client, **query: str) -> str:
    text = browser.get(reverse("portfolio"), query).content.decode()
    found = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)
    assert found
    return " ".join(html.unescape(found[1]).split())


# ---- Who may see it ----


def test_staff_are_refused(login: Login, owner: User) -> None:
    assert login(owner).get(reverse("portfolio")).status_code == 403


@pytest.mark.parametrize("role", ["manager", "administrator"])
def test_managers_and_administrators_see_all_customers(
    login: Login, role: str, owner: User, outsider: User, request: pytest.FixtureRequest
) -> None:
    known(owner, name="Ours")
    known(outsider, name="Theirs")
    assert set(names(login(request.getfixturevalue(role)))) == {"Ours", "Theirs"}


def test_without_login_the_login_is_shown(client: Client) -> None:
    response = client.get(reverse("portfolio"))
    assert response.status_code == 302
    assert reverse("login") in response["Location"]


def test_nothing_is_changed_here(browser: Client) -> None:
    assert browser.post(reverse("portfolio")).status_code == 405


# ---- The list ----


def test_the_riskiest_value_comes_first(browser: Client, owner: User) -> None:
    known(owner, name="Small but sure", value=100, risk=0.9)
    known(owner, name="Great", value=1000, risk=0.55)
    known(owner, name="No value, safer", risk=0.5)
    known(owner, name="No value, riskier", risk=0.7)
    assert names(browser) == ["Great", "Small but sure", "No value, riskier", "No value, safer"]


def test_it_can_be_sorted_by_value_and_by_risk(browser: Client, owner: User) -> None:
    known(owner, name="A", value=100, risk=0.9)
    known(owner, name="B", value=1000, risk=0.6)
    known(owner, name="C", value=2000, risk=0.2, band=Band.WATCH)
    assert names(browser, sort="weighted") == ["B", "C", "A"]
    assert names(browser, sort="value") == ["C", "B", "A"]
    assert names(browser, sort="risk") == ["A", "B", "C"]
    assert ORDERS.keys() == SORTS.keys()


def test_it_shows_those_who_need_something_unless_told_otherwise(browser: Client, owner: User) -> None:
    for band in Band:
        known(owner, band, name=str(band.label))
    assert set(names(browser)) == {"At risk", "Watch"}
    assert set(names(browser, band="all")) == {str(band.label) for band in Band}
    for band in Band:
        assert names(browser, band=band.value) == [str(band.label)]


def test_lost_customers_are_not_listed(browser: Client, owner: User) -> None:
    known(owner, lost_on=TODAY)
    assert names(browser, band="all") == []


@pytest.mark.parametrize("part", ["owner", "team", "segment", "tag"])
def test_it_is_narrowed_to_a_part_of_the_company(browser: Client, owner: User, outsider: User, part: str) -> None:
    mine = known(owner, name="Mine", value=10)
    other = known(outsider, name="Other", value=500)
    factories.complaint(other)
    (tag,) = Tag.objects.named(["key"])
    mine.tags.add(tag)
    chosen = {"owner": owner.pk, "team": owner.team_id, "segment": mine.segment_id, "tag": tag.pk}[part]
    response = browser.get(reverse("portfolio"), {part: str(chosen)})
    assert [row.risk.customer for row in response.context["rows"]] == [mine]
    figures = response.context["figures"]
    assert (figures.at_risk, figures.value, figures.cared_for, figures.complaints) == (1, 10, 1, 0)


@pytest.mark.parametrize(
    "query",
    [
        {"owner": "abc"},
        {"team": "999999"},
        {"segment": "\x00"},
        {"band": "'; DROP TABLE"},
        {"sort": "nothing"},
        {"signal": "<b>"},
        {"after": "\x00"},
        {"after": "WyJuYW4iLCAxXQ=="},
        {"before": "{{ 7|add:1 }}"},
        {"owner": "9" * 400},
    ],
)
def test_values_that_mean_nothing_narrow_nothing(browser: Client, owner: User, query: dict[str, str]) -> None:
    known(owner, name="Here")
    response = browser.get(reverse("portfolio"), query)
    assert response.status_code == 200
    assert [row.risk.customer.name for row in response.context["rows"]] in (["Here"], [])
    if "after" not in query and "before" not in query:
        assert names(browser, **query) == ["Here"]


def test_a_row_says_why_in_words(browser: Client, owner: User) -> None:
    customer = known(owner, name="Ito & <Co>", value=18200)
    CustomerRisk.objects.update(
        reasons=[{"code": "silence", "size": 0.1}, {"code": "complaint_open", "size": 0.7, "since": "2026-11-14"}]
    )
    text = browser.get(reverse("portfolio")).content.decode()
    for words in ("quiet 80 d, usually 29", "Open complaint since 14 November.", "At risk", "18,200", "10,920"):
        assert words in text
    assert "Ito &amp; &lt;Co&gt;" in text
    assert owner.name in text
    assert reverse("customer", args=[customer.pk]) in text


def test_pages_follow_each_other_without_gap_or_repetition(
    browser: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "PAGE_SIZE", 3)
    everybody = {known(owner, value=number // 3 * 100, risk=0.5).name for number in range(10)}
    for sort in SORTS:
        found: list[str] = []
        address = f"{reverse('portfolio')}?sort={sort}"
        for _page in range(10):
            response = browser.get(address)
            found += [row.risk.customer.name for row in response.context["rows"]]
            address = response.context["following"]
            if not address:
                break
        assert len(found) == 10
        assert set(found) == everybody
        back = browser.get(response.context["preceding"])
        assert [row.risk.customer.name for row in back.context["rows"]] == found[6:9]


def test_the_number_of_queries_does_not_grow(browser: Client, owner: User) -> None:
    known(owner, value=5)
    browser.get(reverse("portfolio"))
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("portfolio"))
    for _number in range(2):
        known(owner, value=5)
    with CaptureQueriesContext(connection) as three:
        assert len(browser.get(reverse("portfolio")).context["rows"]) == 3
    assert len(one) == len(three)
    assert len(three) <= 17


# ---- The figures ----


def test_the_title_states_the_finding(browser: Client, owner: User) -> None:
    known(owner, Band.WATCH)
    assert heading(browser) == "Nobody is at risk"
    known(owner, value=0)
    assert heading(browser) == "1 customer is at risk"
    known(owner, value=310_000)
    assert heading(browser) == "2 customers are at risk, worth 310,000 EUR a year"


def test_the_value_at_risk_is_all_that_those_at_risk_bought(browser: Client, owner: User) -> None:
    known(owner, value=1000, risk=0.6)
    known(owner, value=500, risk=0.5)
    known(owner, Band.WATCH, value=7000)
    figures = browser.get(reverse("portfolio")).context["figures"]
    assert (figures.at_risk, figures.watch, figures.value) == (2, 1, 1500)


def test_contact_in_time_counts_who_is_cared_for_and_not_overdue(browser: Client, owner: User) -> None:
    for due in (0, 0, -1, 10):
        factories.customer(owner, next_due_on=TODAY + timedelta(days=due))
    factories.customer(owner, next_due_on=TODAY - timedelta(days=5), do_not_contact=True)
    factories.customer(owner, next_due_on=TODAY - timedelta(days=5), lost_on=TODAY)
    figures = browser.get(reverse("portfolio")).context["figures"]
    assert (figures.cared_for, figures.overdue, figures.in_time) == (4, 1, 75)


def answered(customer: Customer, score: int, days_ago: int) -> None:
    invitation = factories.invitation(factories.contact(customer), survey=factories.survey())
    factories.response(invitation, score=score, answered_at=NOW - timedelta(days=days_ago))


def test_each_figure_leads_to_its_list(browser: Client, owner: User, outsider: User) -> None:
    """For a part of the company the lists are of that part too."""
    late = known(owner, name="At risk", value=900, next_due_on=TODAY - timedelta(days=3))
    complaining = known(owner, Band.HEALTHY, name="Complaining", next_due_on=TODAY)
    factories.complaint(complaining)
    factories.complaint(complaining)
    factories.complaint(late, resolved_at=NOW)
    unhappy = known(owner, Band.WATCH, name="Unhappy", next_due_on=TODAY)
    for score, days_ago in ((3, 89), (6, 10)):
        answered(unhappy, score, days_ago)
    answered(late, 2, 90)
    answered(complaining, 7, 1)
    factories.follow_up(complaining, is_promise=True, due_at=NOW - timedelta(days=2))
    factories.follow_up(late, is_promise=True, due_at=NOW + timedelta(days=2))
    other = known(outsider, name="Other", value=100, next_due_on=TODAY - timedelta(days=3))
    factories.complaint(other)
    factories.follow_up(other, is_promise=True, due_at=NOW - timedelta(days=2))
    answered(other, 1, 1)

    response = browser.get(reverse("portfolio"), {"owner": owner.pk})
    figures, behind = response.context["figures"], response.context["behind"]
    assert (figures.at_risk, figures.value, figures.overdue, figures.complaints, figures.unhappy) == (
        1,
        900,
        1,
        1,
        1,
    )
    expected = {
        "at_risk": ["At risk"],
        "value": ["At risk"],
        "watch": ["Unhappy"],
        "overdue": ["At risk"],
        "complaints": ["Complaining"],
        "unhappy": ["Unhappy"],
        "promises": ["Complaining"],
    }
    assert behind.keys() - {"customers", "week", "people"} == expected.keys()
    text = html.unescape(response.content.decode())
    for figure in expected:
        address = behind[figure]
        assert f'href="{address}"' in text
        there = browser.get(address)
        rows = there.context["rows"] if urlsplit(address).path == reverse("portfolio") else there.context["page"].rows
        assert [getattr(row, "risk", row).customer.name if hasattr(row, "quiet") else row.name for row in rows] == (
            expected[figure]
        )


def test_prepared_figures_say_of_when_they_are(browser: Client, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    known(owner, value=10)
    assert "Figures as of" not in browser.get(reverse("portfolio")).content.decode()
    monkeypatch.setattr(counting, "COUNTED_LIVE", 0)
    counting.prepare(at=NOW - timedelta(minutes=5))
    known(owner, value=20)
    response = browser.get(reverse("portfolio"))
    assert response.context["figures"].value == 10
    assert len(response.context["rows"]) == 2
    assert "today at 09:55" in response.content.decode()


# ---- Empty ----


def test_a_new_company_is_told_what_is_missing(browser: Client, owner: User) -> None:
    factories.interaction(factories.customer(owner))
    rebuild(at=NOW)
    text = browser.get(reverse("portfolio")).content.decode()
    assert "Not enough history yet" in text
    assert heading(browser) == "Portfolio"


def test_a_company_without_customers_has_a_page(browser: Client) -> None:
    response = browser.get(reverse("portfolio"))
    assert response.context["figures"].in_time is None
    assert "Not enough history yet" in response.content.decode()


def test_good_news_is_said(browser: Client, owner: User) -> None:
    known(owner, Band.HEALTHY)
    text = browser.get(reverse("portfolio")).content.decode()
    assert "Nobody is at risk" in text
    assert "Everybody is within their rhythm" in text


def test_too_narrow_a_filter_is_said(browser: Client, owner: User, outsider: User) -> None:
    known(owner)
    text = browser.get(reverse("portfolio"), {"owner": outsider.pk}).content.decode()
    assert "No customer matches" in text


# ---- All together ----


def test_a_silent_customer_shows_after_the_night_and_leaves_after_a_call(browser: Client, owner: User) -> None:
    quiet, lively = factories.customer(owner, name="Quiet"), factories.customer(owner, name="Lively")
    for number in range(12):
        factories.purchase(quiet, "100.00", happened_at=NOW - timedelta(days=150 + 30 * number))
        factories.interaction(lively, kind=Kind.VISIT, happened_at=NOW - timedelta(days=2 + 30 * number))
    rebuild(at=NOW)
    assert names(browser) == ["Quiet"]
    assert heading(browser) == "1 customer is at risk, worth 800 EUR a year"
    factories.interaction(quiet)
    rebuild(at=NOW)
    assert names(browser) == []
    assert date(2026, 11, 26) == CustomerRisk.objects.get(pk=quiet.pk).last_day


# ---- What it can be narrowed by ----


def test_filters_are_fetched_when_somebody_wants_them(browser: Client, owner: User) -> None:
    known(owner)
    address = reverse("portfolio")

    plain = browser.get(address).content.decode()
    part = browser.get(address, {"filters": 1}, headers={"HX-Request": "true"}).content.decode()
    without_script = browser.get(address, {"filters": "1", "band": "all"}).content.decode()
    narrowed = browser.get(address, {"owner": owner.pk}).content.decode()

    assert 'name="owner"' not in plain and f'href="{address}?filters=1"' in plain
    assert 'name="owner"' in part and "<html" not in part
    assert 'name="owner"' in without_script and '<option value="all" selected' in without_script
    assert 'name="owner"' in narrowed and f'<option value="{owner.pk}" selected' in narrowed
    with CaptureQueriesContext(connection) as asked:
        browser.get(address)
    assert not any("accounts_team" in query["sql"] for query in asked.captured_queries)
