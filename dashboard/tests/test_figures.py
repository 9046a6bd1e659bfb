"""The figures behind the charts as files: the same numbers as on the page, of the same choice."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from customers.models import Customer, Stage
from retention.models import Band, Cause, CustomerRisk, RiskDay, RiskScale
from retention.proving import judge
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
WEEK_AGO, SINCE = TODAY - timedelta(days=7), TODAY - timedelta(days=90)


@pytest.fixture
def browser(login: Login, manager: User) -> Client:
    for day in (SINCE, WEEK_AGO, TODAY):
        RiskDay.objects.create(day=day, taken_at=NOW)
    return login(manager)


def lines(browser: Client, table: str, **query: Any) -> list[list[str]]:
    response = browser.get(reverse("figures_export", args=[table]), query)
    assert response.headers["Content-Disposition"] == f'attachment; filename="{table}-2026-11-26.csv"'
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def red(owner: User, name: str, **fields: Any) -> Customer:
    customer = factories.customer(owner, name=name, **fields)
    known = {"band": Band.AT_RISK, "risk": 0.6, "contact_days": 9, "rhythm_days": 20.0, "value_last_year": 700}
    CustomerRisk.objects.create(customer=customer, last_day=TODAY - timedelta(days=50), **known)
    return customer


def test_the_head_of_the_portfolio_and_the_stages_of_the_part_that_is_chosen(
    browser: Client, owner: User, outsider: User
) -> None:
    red(owner, "A", stage=Stage.FRIEND)
    red(outsider, "B", stage=Stage.MARRIED)
    whole, part = dict(lines(browser, "portfolio")), dict(lines(browser, "portfolio", owner=owner.pk))
    assert (whole["At risk"], part["At risk"], part["Value at risk (EUR)"]) == ("2", "1", "700.00")
    stages = lines(browser, "stages", owner=owner.pk)
    assert [row[1] for row in stages[1:]] == ["0", "1", "0", "0", "0"]


def test_each_owner_has_a_line(browser: Client, owner: User, outsider: User) -> None:
    red(owner, "A")
    red(outsider, "B")
    found = lines(browser, "people")
    assert found[0][:3] == ["Owner", "Customers", "At risk"]
    assert sorted(row[:3] for row in found[1:]) == [["Mia Berg", "1", "1"], ["Olga Ek", "1", "1"]]
    assert len(lines(browser, "people", owner=owner.pk)) == 2


def test_who_came_and_who_left_in_the_week(browser: Client, owner: User) -> None:
    came, left = red(owner, "=Came"), red(owner, "Left")
    factories.snapshot(came, flagged_days=3, value=700)
    factories.snapshot(left, day=WEEK_AGO, flagged_days=9)
    factories.snapshot(left, silence=2)
    assert [row[0] for row in lines(browser, "week")[1:]] == ["'=Came"]
    out = lines(browser, "week", show="out")[1:]
    assert out[0][0] == "Left" and "in touch again" in out[0][3]


def test_losses_by_cause(browser: Client, owner: User) -> None:
    factories.loss(suspected=[Cause.PRICE], confirmed=Cause.PRICE, value=100)
    factories.loss(lost_on=TODAY - timedelta(days=800))
    found = {row[0]: row[1:] for row in lines(browser, "losses")}
    assert found["The price"] == ["1", "100.00", "1", "100.00"]
    assert found["All losses"][:2] == ["1", "100.00"]
    assert {row[0]: row[1] for row in lines(browser, "losses", first="", last="")}["All losses"] == "2"


def test_promises_of_all_of_teams_and_of_people(browser: Client, owner: User, outsider: User) -> None:
    for person, done in ((owner, True), (owner, False), (outsider, True)):
        due = NOW - timedelta(days=3)
        known = {"is_promise": True, "due_at": due, "done_at": due if done else None}
        factories.follow_up(factories.customer(person), **known)
    found = lines(browser, "promises")
    fates = dict(zip(found[0][2:], zip(*(row[2:] for row in found[1:]), strict=True), strict=True))
    assert [row[:2] for row in found[1:3]] == [["All", ""], ["Team", "North"]]
    assert fates["Kept on time"] == ("2", "1", "1", "1", "1")
    assert fates["Not kept"] == ("1", "1", "0", "1", "0")
    assert len(lines(browser, "promises", person=owner.pk)) == 4
    address = reverse("figures_export", args=["promises"])
    assert f'href="{address}' in browser.get(reverse("promises")).content.decode()


def test_the_list_and_what_was_said(browser: Client, owner: User) -> None:
    for table in ("list", "said"):
        assert browser.get(reverse("figures_export", args=[table])).status_code == 404
    lost = factories.snapshot(factories.customer(owner), day=SINCE, flagged_days=2, risk=8_000)
    factories.snapshot(lost.customer, silence=200, flagged_days=90)
    judge(TODAY)
    row = dict(zip(*lines(browser, "list"), strict=True))
    assert (row["At risk"], row["At risk, went silent or left"], row["Judged on"]) == ("1", "1", "2026-11-26")
    assert lines(browser, "said")[1][:4] == ["0.8000", "1", "1", "1.0000"]
    assert browser.get(reverse("figures_export", args=["list"]), {"of": "2026-01-01"}).status_code == 404


def test_each_page_leads_to_its_files(browser: Client, owner: User) -> None:
    red(owner, "A")
    factories.snapshot(Customer.objects.get(), flagged_days=1)
    factories.loss(suspected=[Cause.PRICE])
    pages = {
        reverse("portfolio"): ["portfolio", "stages"],
        reverse("portfolio_people"): ["people"],
        reverse("portfolio_week"): ["week"],
        reverse("losses"): ["losses"],
    }
    for page, tables in pages.items():
        html = browser.get(page).content.decode()
        for table in tables:
            assert f'href="{reverse("figures_export", args=[table])}' in html


# ---- The part of the company ----


@pytest.mark.parametrize("page", ["portfolio_week", "portfolio_people"])
def test_it_can_be_narrowed_where_it_stands(browser: Client, owner: User, outsider: User, page: str) -> None:
    for person in (owner, outsider):
        factories.snapshot(red(person, f"Of {person}"), flagged_days=2)
    address = reverse(page)
    html = browser.get(address).content.decode()
    assert f'action="{address}"' in html
    for field in ("owner", "team", "segment", "tag"):
        assert f'name="{field}"' in html
    narrowed = browser.get(address, {"owner": owner.pk})
    assert len(narrowed.context["rows" if page == "portfolio_week" else "loads"]) == 1
    assert "Clear filters" in narrowed.content.decode()
    assert "Clear filters" not in html
    assert browser.get(address, {"owner": "x"}).status_code == 200


# ---- The percentage ----


def test_the_percentage_stands_beside_the_band_once_it_was_back_tested(browser: Client, owner: User) -> None:
    red(owner, "A")
    address = reverse("portfolio")
    assert browser.get(address).context["rows"][0].percent is None
    few = RiskScale.objects.create(learnt_on=SINCE, horizon_days=90, intercept=0, slope=1, customers=300, lost=99)
    assert browser.get(address).context["rows"][0].percent is None
    few.delete()
    RiskScale.objects.create(learnt_on=TODAY, horizon_days=90, intercept=0, slope=1, customers=300, lost=100)
    response = browser.get(address)
    assert response.context["rows"][0].percent == 60
    assert "60 %" in response.content.decode()
