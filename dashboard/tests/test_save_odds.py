"""Save odds: counts that lead to what is behind them, at a fixed number of queries, as a page and as files."""

import csv
import io
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

from accounts.models import User
from customers.models import Customer
from retention.models import Band, Cause, CustomerRisk, PlanOutcome, PlanState, Play, PlayTurn, RiskDay
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
SINCE, UNTIL = TODAY - timedelta(days=100), TODAY - timedelta(days=10)


@pytest.fixture
def browser(login: Login, manager: User) -> Client:
    for day in (SINCE, UNTIL):
        RiskDay.objects.create(day=day, taken_at=NOW)
    return login(manager)


def listed(owner: User, *, stayed: bool, segment: Any) -> Customer:
    customer = factories.customer(owner, segment=segment)
    factories.snapshot(customer, day=SINCE, silence=60, flagged_days=3)
    factories.snapshot(customer, day=UNTIL, silence=20, flagged_days=0 if stayed else 9)
    return customer


def story(owner: User, number: int, name: str = "Call") -> Play:
    """So many plans of a play that kept everybody, and one customer like them without a plan."""
    segment = factories.segment(name=f"For {name}")
    play = Play.objects.create(name=name, causes=[Cause.COMFORT])
    for _number in range(number):
        customer = listed(owner, stayed=True, segment=segment)
        begun = {"started_at": NOW - timedelta(days=100), "closed_at": NOW - timedelta(days=40)}
        factories.plan(customer, play=play, state=PlanState.CLOSED, outcome=PlanOutcome.KEPT, **begun)
    listed(owner, stayed=False, segment=segment)
    held_out = listed(owner, stayed=False, segment=factories.segment(name=f"Held out of {name}"))
    moment = NOW - timedelta(days=101)
    PlayTurn.objects.create(customer=held_out, play=play, is_held_out=True, turned_at=moment, made_at=moment)
    return play


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_page_has_counts_and_each_leads_to_its_list(browser: Client, owner: User) -> None:
    play = story(owner, 3)
    html = browser.get(reverse("save_odds")).content.decode()

    text = words(html)
    assert "Of 3 plans that were tried, 3 kept the customer" in text
    assert "3 / 3 100 % (44–100 %)" in text
    assert "0 / 1 weighted 0 % (0–79 %)" in text
    assert "Chance may have made the difference" in text
    assert "1 held out, 0 got a plan" in text
    kept = re.search(r'href="([^"]*show=saved[^"]*play=[^"]*)"', html)
    assert kept is not None
    behind = browser.get(kept[1].replace("&amp;", "&"))
    assert len(behind.context["rows"]) == 3
    assert "Kept: Call" in words(behind.content.decode())

    others = browser.get(reverse("save_odds"), {"play": play.pk})
    assert [one.segment.name for one in others.context["rows"]] == ["For Call"]
    left_out = browser.get(f"{reverse('save_odds')}?play={play.pk}&held_out=1")
    assert [customer.segment.name for customer in left_out.context["rows"]] == ["Held out of Call"]


def test_who_was_left_out_is_shown_to_managers_on_the_customers_page(
    browser: Client, login: Login, owner: User, customer: Customer
) -> None:
    play = Play.objects.create(name="Call")
    at = NOW - timedelta(hours=2)
    CustomerRisk.objects.create(customer=customer, band=Band.AT_RISK, at_risk_since=at)
    PlayTurn.objects.create(customer=customer, play=play, is_held_out=True, turned_at=at, made_at=at)
    address = reverse("customer", args=[customer.pk])
    assert "the lot left them out of the play “Call”" in words(browser.get(address).content.decode()).replace(
        "“ ", "“"
    ).replace(" ”", "”")
    assert "Held out" not in login(owner).get(address).content.decode()


def test_one_and_three_rows_cost_the_same(browser: Client, owner: User) -> None:
    counts = []
    for number in (1, 3):
        for more in range(number):
            story(owner, number, f"Play {number}{more}")
        browser.get(reverse("save_odds"))
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("save_odds"), {"play": Play.objects.values_list("pk", flat=True)[0]})
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 24


@pytest.mark.parametrize(
    "query",
    ["?first=x", "?first=2026-13-01&last=", "?play=x", "?play=99999999999999999999", "?cause=none", "?after=x&play=1"],
)
def test_what_makes_no_sense_is_no_error(browser: Client, owner: User, query: str) -> None:
    story(owner, 1)
    assert browser.get(reverse("save_odds") + query).status_code == 200
    assert browser.get(reverse("plans") + query).status_code == 200


def lines(browser: Client, table: str) -> list[list[str]]:
    response = browser.get(reverse("odds_export", args=[table]))
    assert f"odds-{table}-2026-11-26.csv" in response.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_tables_are_files(browser: Client, owner: User) -> None:
    story(owner, 2, "=Call")
    plays, causes, by_lot = (lines(browser, table)[1:] for table in ("plays", "causes", "trials"))

    assert plays[0][:4] == ["'=Call", "0", "2", "2"]
    assert plays[0][6:8] == ["2", "2"] and plays[0][10:12] == ["1", "0"]
    assert causes[0][0].startswith("Comfort")
    assert by_lot == [["'=Call", "0", "1", "0", "0", "0.0000", "1.0000", "1", "0", *by_lot[0][9:]]]


# ---- The rule of a play ----


def test_a_play_is_switched_on_and_off(login: Login, administrator: User, browser: Client) -> None:
    play, segment = Play.objects.create(name="Call", causes=[Cause.COMFORT]), factories.segment()
    page = login(administrator)
    address = reverse("play", args=[play.pk])
    steps = {f"steps-{name}": number for name, number in [("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0)]}
    typed: dict[str, Any] = {
        "name": "Call",
        "causes": ["comfort"],
        "offer": "",
        "for_cause": "price",
        "for_segment": segment.pk,
    } | steps
    typed |= {"value_from": "1,500", "held_out_every": "5", "waits_for_approval": "on"}

    assert page.post(address, typed | {"is_automatic": "on"}).status_code == 302
    play.refresh_from_db()
    assert (play.automatic_since, play.for_cause, play.for_segment) == (NOW, "price", segment)
    assert (play.value_from, play.held_out_every, play.waits_for_approval) == (Decimal(1500), 5, True)
    Play.objects.update(automatic_since=NOW - timedelta(days=9))
    page.post(address, typed | {"is_automatic": "on"})
    play.refresh_from_db()
    assert play.automatic_since == NOW - timedelta(days=9)
    page.post(address, typed)
    assert not Play.objects.automatic()

    for wrong in ({"held_out_every": "1"}, {"held_out_every": "101"}, {"value_from": "-1"}, {"for_segment": "0"}):
        response = page.post(address, typed | wrong)
        assert response.status_code == 422
        assert list(response.context["form"].errors) == list(wrong)
