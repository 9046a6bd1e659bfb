"""What the health of a customer is made of, how it moved, and what somebody judges: on the pages."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from dashboard.health import DAYS, HEIGHT, WIDTH, spark
from interactions.models import Outcome
from retention.models import Band, CustomerRisk, HealthChange, Judgement
from retention.scoring import rebuild
from retention.tests.histories import regular, risk_of
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
DAY = timedelta(days=1)


def page(browser: Client, customer: Customer, name: str = "customer") -> str:
    response = browser.get(reverse(name, args=[customer.pk]))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def judge(browser: Client, customer: Customer, **data: Any) -> Any:
    return browser.post(reverse("judgement_new", args=[customer.pk]), {"reason": "They hardly listen"} | data)


@pytest.fixture
def lively(customer: Customer) -> Customer:
    regular(customer, every=7, silent=1)
    rebuild(at=NOW - timedelta(hours=2))
    return customer


def test_the_account_stands_on_the_page_of_the_customer(lively: Customer, owner: User, login: Login) -> None:
    factories.complaint(lively)
    risk_of(lively)
    shown = page(login(owner), lively)
    assert "Watch 51" in shown
    assert "Everybody begins with 100" in shown
    assert "Open complaint since 26 November. −49 Health 51" in shown


def test_who_is_hardly_known_has_no_score(customer: Customer, owner: User, login: Login) -> None:
    factories.interaction(customer)
    risk_of(customer)
    browser = login(owner)
    shown = page(browser, customer)
    assert "Not enough data" in shown and "One contact so far, today." in shown
    assert "Everybody begins with" not in shown
    assert "Nothing has moved yet." in page(browser, customer, "customer_health")


def test_a_customer_without_any_score_has_a_page_too(customer: Customer, owner: User, login: Login) -> None:
    assert "Not enough data yet" in page(login(owner), customer, "customer_health")


def test_what_moved_stands_with_its_reasons(lively: Customer, owner: User, login: Login) -> None:
    factories.complaint(lively)
    risk_of(lively)
    browser = login(owner)
    shown = page(browser, lively, "customer_health")
    assert "Down from 100 to 51 in half a year" in shown
    assert "Watch 51 −49" in shown
    assert "Open complaint since 26 November. (−49)" in shown
    browser.cookies["django_language"] = "de"
    assert "Offene Beschwerde seit 26. November. (−49)" in page(browser, lively, "customer_health")


def test_three_changes_cost_as_many_queries_as_one(lively: Customer, owner: User, login: Login) -> None:
    browser = login(owner)
    counts = []
    for number in (1, 2):
        for ago in range(number):
            moved = NOW - (ago + number) * DAY
            HealthChange.objects.create(customer=lively, changed_at=moved, band="watch", former_band="healthy")
        with CaptureQueriesContext(connection) as queries:
            page(browser, lively, "customer_health")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_why_somebody_well_is_still_red_is_said(customer: Customer, owner: User, login: Login) -> None:
    regular(customer, every=30, silent=120)
    risk_of(customer, NOW - 110 * DAY)
    risk_of(customer, NOW - 3 * DAY)
    factories.interaction(customer)
    risk_of(customer)
    shown = page(login(owner), customer)
    assert "At risk 99" in shown or "At risk 100" in shown
    assert "the band follows on 30 November 2026 if it stays so" in shown


def test_whose_silence_it_is_stands_on_all_three_pages(
    customer: Customer, owner: User, manager: User, login: Login
) -> None:
    regular(customer, every=20, silent=90)
    factories.interaction(customer, outcome=Outcome.NO_ANSWER, happened_at=NOW - 5 * DAY)
    rebuild(at=NOW)
    browser = login(owner)
    assert "They went quiet: we tried once since, on 21 November, without an answer." in page(browser, customer)
    assert "they went quiet, tried once" in browser.get(reverse("today")).content.decode()
    assert "they went quiet, tried once" in login(manager).get(reverse("portfolio")).content.decode()


# ---- The line ----


def change(days_ago: float, former: int | None, now: int | None) -> HealthChange:
    return HealthChange(changed_at=NOW - days_ago * DAY, former_health=former, health=now)


def drawn(*changes: HealthChange, now: int | None) -> Any:
    found = spark(changes, CustomerRisk(health=now), at=NOW, zone="Europe/Stockholm")
    assert found is not None
    return found


def test_the_line_is_level_until_it_moves() -> None:
    found = drawn(change(DAYS / 2, 90, 40), now=40)
    half = WIDTH // 2
    assert found.lines == [f"0,10 {half},10 {half},60 {WIDTH},60 {WIDTH},60"]
    assert (found.words, found.last) == ("Down from 90 to 40 in half a year", TODAY)
    assert found.bad + found.bad_height == HEIGHT


def test_it_is_broken_where_there_was_no_score() -> None:
    found = drawn(change(DAYS / 4, None, 70), change(DAYS / 2, 90, None), now=70)
    assert [line.split()[0] for line in found.lines] == ["0,10", f"{WIDTH * 3 // 4},30"]
    assert drawn(change(10, None, 70), now=70).words == "Now 70 of 100"
    assert drawn(change(10, 70, None), now=None).words == "Not enough is known for a score now"


def test_changes_of_long_ago_are_where_it_begins() -> None:
    found = drawn(change(DAYS + 40, 90, 60), now=63)
    assert (found.lines, found.words) == ([f"0,40 {WIDTH},40 {WIDTH},37"], "Up from 60 to 63 in half a year")
    assert drawn(change(DAYS + 40, 90, 60), now=60).words == "At 60, as half a year ago"


def test_without_a_change_there_is_no_line() -> None:
    assert spark([], CustomerRisk(health=70), at=NOW, zone="Europe/Stockholm") is None
    assert spark([change(1, 90, 40)], None, at=NOW, zone="Europe/Stockholm") is None


# ---- A judgement ----


def test_a_judgement_moves_the_score_and_stands_beside_it(lively: Customer, owner: User, login: Login) -> None:
    browser = login(owner)
    response = judge(browser, lively, points="-10", reason="<b>Cold</b>")
    assert response.status_code == 302
    made = Judgement.objects.get()
    assert (made.points, made.made_by, made.expires_on) == (-10, owner, TODAY + 30 * DAY)
    assert CustomerRisk.objects.get().health == 90
    shown = browser.get(reverse("customer", args=[lively.pk])).content.decode()
    assert "“&lt;b&gt;Cold&lt;/b&gt;”" in shown
    assert "Our own judgement, until 26 December." in shown


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"points": "-10", "reason": " "}, "reason"),
        ({"points": "-10", "reason": "x" * 301}, "reason"),
        ({"points": "-11"}, "points"),
        ({"points": "many"}, "points"),
        ({"points": "0"}, "points"),
        ({}, "points"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    lively: Customer, owner: User, login: Login, data: dict[str, str], field: str
) -> None:
    response = judge(login(owner), lively, **data)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Judgement.objects.exists()


def test_that_they_want_to_leave_needs_no_points(lively: Customer, owner: User, login: Login) -> None:
    browser = login(owner)
    assert judge(browser, lively, points="0", is_leaving="on").status_code == 302
    risk = CustomerRisk.objects.get()
    assert (risk.band, risk.health) == (Band.AT_RISK, 30)
    assert "They said that they want to leave, noted on 26 November. −70" in page(browser, lively)


def test_it_is_over_after_thirty_days(lively: Customer, owner: User, login: Login) -> None:
    browser = login(owner)
    judge(browser, lively, points="-10")
    for days, points in ((29, -10), (30, 0)):
        factories.interaction(lively, happened_at=NOW + days * DAY)
        rebuild(at=NOW + days * DAY)
        risk = CustomerRisk.objects.get()
        assert sum(reason["points"] for reason in risk.reasons if reason["code"] == "judgement") == points
    assert Judgement.objects.in_force(TODAY + 29 * DAY).exists()
    assert not Judgement.objects.in_force(TODAY + 30 * DAY).exists()


def test_it_is_taken_back_and_put_back(lively: Customer, owner: User, login: Login) -> None:
    browser = login(owner)
    judge(browser, lively, points="-10")
    made = Judgement.objects.get()
    for name, health in (("judgement_end", 100), ("judgement_end", 100), ("judgement_restore", 90)):
        response = browser.post(reverse(name, args=[made.pk]), headers=HTMX)
        assert response.status_code == 200
        assert CustomerRisk.objects.get().health == health


def test_a_new_one_takes_the_place_and_gives_it_back(lively: Customer, owner: User, login: Login) -> None:
    browser = login(owner)
    judge(browser, lively, points="-10", reason="First")
    assert "It takes the place of “ First ”" in page(browser, lively, "judgement_new")
    first = Judgement.objects.get()
    Judgement.objects.update(made_at=NOW - DAY)
    judge(browser, lively, points="5", reason="Second")
    second = Judgement.objects.open().get()
    assert second.reason == "Second"
    response = browser.post(reverse("judgement_restore", args=[first.pk]), follow=True)
    assert "There is a newer judgement" in response.content.decode()
    browser.post(reverse("judgement_end", args=[second.pk]))
    assert Judgement.objects.open().get() == first
    assert CustomerRisk.objects.get().health == 90
    browser.post(reverse("judgement_restore", args=[second.pk]))
    assert Judgement.objects.open().get() == second


def test_who_may_only_read_sees_it_and_judges_nothing(
    lively: Customer, outsider: User, login: Login, company: Company
) -> None:
    company.visibility = Visibility.COMPANY
    company.save()
    factories.judgement(lively, reason="Cold")
    browser = login(outsider)
    shown = page(browser, lively)
    assert "Cold" in shown and "Judge it yourself" not in shown and "Take it back" not in shown
    assert judge(browser, lively, points="-10").status_code == 403


def test_of_two_merged_customers_one_judgement_counts(lively: Customer, owner: User) -> None:
    other = factories.customer(owner)
    kept, ended = factories.judgement(lively), factories.judgement(other)
    assert list(Judgement.objects.doubled(lively, other)) == [ended]
    Judgement.objects.doubled(lively, other).end_as_merged(on=TODAY, at=NOW)
    assert list(Judgement.objects.open()) == [kept]
