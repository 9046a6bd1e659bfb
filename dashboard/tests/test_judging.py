"""Alerts are called useful or not by whoever got them; rules that rarely are can be switched off and tell nobody."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from outreach import judging
from outreach.models import ALERT_KINDS, Message, MessageKind, Notification, NotificationKind, RetiredAlert
from outreach.planning import plan
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
Kind = NotificationKind


def judge(browser: Client, one: Notification, answer: str, **more: Any) -> Any:
    return browser.post(reverse("notification_judge", args=[one.pk]), {"useful": answer}, **more)


def pressed(html: str) -> list[str]:
    return re.findall(r'value="(yes|no)"\s+aria-pressed="true"', html)


def test_one_click_says_it_and_another_one_otherwise(login: Login, owner: User, customer: Customer) -> None:
    browser, one = login(owner), factories.notification(owner, customer)
    for answer in ("yes", "no", "yes"):
        response = judge(browser, one, answer, headers=HTMX)
        assert pressed(response.content.decode()) == [answer]
        one.refresh_from_db()
        assert (one.is_useful, one.judged_at, one.seen_at) == (answer == "yes", NOW, NOW)
    assert judge(browser, one, "no").headers["Location"] == reverse("notifications")
    assert judge(browser, one, "perhaps").status_code == 302
    one.refresh_from_db()
    assert one.is_useful is False


def test_only_alerts_and_only_by_whoever_got_them(
    login: Login, owner: User, teammate: User, customer: Customer
) -> None:
    given = factories.notification(owner, customer, kind=Kind.GIVEN)
    alert = factories.notification(owner, customer)
    assert judge(login(owner), given, "yes").status_code == 404
    assert judge(login(teammate), alert, "yes").status_code == 404


@pytest.mark.parametrize("page", ["notifications", "today", "customer"])
def test_it_can_be_said_wherever_an_alert_stands(login: Login, owner: User, customer: Customer, page: str) -> None:
    one = factories.notification(owner, customer, kind=Kind.RED)
    factories.notification(owner, customer, kind=Kind.GIVEN)
    factories.notification(owner, customer, kind=Kind.PLAN, occasion="plan:begun:1")
    browser = login(owner)
    html = browser.get(reverse(page, args=[customer.pk] if page == "customer" else [])).content.decode()
    part = re.search(r'hx-get="([^"]*/notifications/alerts/[^"]*)"', html)
    if page != "notifications":
        assert part is not None
        html = browser.get(part[1], headers=HTMX).content.decode()
        assert "<html" not in html
    assert re.findall(r'action="([^"]*/judge/)"', html) == [reverse("notification_judge", args=[one.pk])]


def test_of_a_customer_only_theirs_and_with_what_was_said(login: Login, owner: User, customer: Customer) -> None:
    one = factories.notification(owner, customer, is_useful=True, judged_at=NOW)
    factories.notification(owner, factories.customer(owner))
    factories.notification(owner, customer, created_at=NOW - timedelta(days=31))
    browser = login(owner)
    shown = browser.get(reverse("my_alerts"), {"customer": str(customer.pk)})
    assert [row.notification for row in shown.context["rows"]] == [one]
    assert pressed(shown.content.decode()) == ["yes"]
    for odd in ("x", "0", "99999999999999999999"):
        assert browser.get(reverse("my_alerts"), {"customer": odd}).status_code == 200


def test_in_the_menu_of_the_bell(login: Login, owner: User, customer: Customer) -> None:
    factories.notification(owner, customer, is_useful=False, judged_at=NOW)
    html = login(owner).get(reverse("notifications"), headers=HTMX).content.decode()
    assert pressed(html) == ["no"]


def test_today_asks_of_the_last_days_until_it_was_said(login: Login, owner: User, customer: Customer) -> None:
    factories.notification(owner, customer, created_at=NOW - timedelta(days=4))
    factories.notification(owner, customer, is_useful=True, judged_at=NOW)
    assert login(owner).get(reverse("my_alerts"), headers=HTMX).content.decode().strip() == ""


# ---- Rules ----


def judged(owner: User, kind: Kind, *answers: bool) -> None:
    for number, answer in enumerate(answers):
        at = NOW - timedelta(days=100 - number)
        factories.notification(owner, kind=kind, is_useful=answer, judged_at=at, created_at=at)


def rule_of(kind: Kind) -> judging.AlertRule:
    return next(rule for rule in judging.rules(at=NOW) if rule.kind == kind)


def test_the_latest_thirty_that_were_judged_say_how_it_is(owner: User) -> None:
    judged(owner, Kind.RED, *[True] * 20, *[True] * 11, *[False] * 19)
    factories.notification(owner, kind=Kind.RED)
    rule = rule_of(Kind.RED)
    # Eleven of thirty are less than two fifths; ten days of them are older than ninety.
    assert (rule.useful, rule.judged, rule.is_proposed) == (11, 30, True)
    assert rule.told == 41
    assert judging.rules(at=NOW)[0].kind == Kind.RED


@pytest.mark.parametrize(("useful", "not_useful"), [(12, 18), (0, 29), (30, 0)])
def test_a_rule_that_is_often_of_use_or_hardly_judged_is_not_proposed(
    owner: User, useful: int, not_useful: int
) -> None:
    judged(owner, Kind.RED, *[False] * not_useful, *[True] * useful)
    assert not rule_of(Kind.RED).is_proposed


def test_managers_switch_a_rule_off_and_on(login: Login, owner: User, manager: User) -> None:
    judged(owner, Kind.BOUNCE, *[False] * 30)
    browser, address = login(manager), reverse("alert_rule_switch", args=["bounce"])
    page = browser.get(reverse("alert_rules")).content.decode()
    assert "1 alert is rarely of use" in page
    browser.post(address, {"to": "off"})
    browser.post(address, {"to": "off"})
    retired = RetiredAlert.objects.get()
    assert (retired.kind, retired.retired_by, retired.retired_at) == ("bounce", manager, NOW)
    page = browser.get(reverse("alert_rules")).content.decode()
    assert "rarely of use" not in page and manager.name in page
    browser.post(address, {"to": "on"})
    browser.post(address, {"to": "x"})
    assert not RetiredAlert.objects.exists()


def test_the_page_costs_the_same_for_one_and_for_many(
    login: Login, owner: User, manager: User, django_assert_max_num_queries: Any
) -> None:
    browser = login(manager)
    for kind in ALERT_KINDS:
        judged(owner, kind, True, False)
        judging.retire(kind, by=manager, at=NOW)
    with django_assert_max_num_queries(12):
        browser.get(reverse("alert_rules"))


# ---- What is switched off is not planned ----


def happens(customer: Customer, manager: User) -> None:
    """Something that every rule with a mail of its own tells of."""
    factories.complaint(customer, severity=3, opened_at=NOW - timedelta(minutes=5))
    factories.follow_up(customer, is_promise=True, due_at=NOW - timedelta(minutes=5))
    contact = factories.contact(customer)
    factories.response(factories.invitation(contact), score=2, answered_at=NOW - timedelta(minutes=5))
    factories.customer(
        customer.owner,
        segment=factories.segment(cadence_days=20),
        last_touchpoint_on=TODAY - timedelta(days=30),
        customer_since=TODAY - timedelta(days=99),
    )
    factories.message(contact, state="held", reason="open_complaint", finished_at=NOW - timedelta(minutes=5))


def told() -> set[str]:
    return set(Notification.objects.values_list("kind", flat=True))


def mailed() -> set[str]:
    rows = Message.objects.filter(kind__in=[MessageKind.URGENT, MessageKind.ESCALATION])
    return {one.notification_kind for one in rows}


TELLING = {Kind.COMPLAINT, Kind.PROMISE, Kind.ANSWER, Kind.ESCALATION, Kind.HELD}


@pytest.mark.parametrize("off", sorted(TELLING))
def test_what_is_switched_off_is_told_neither_on_the_bell_nor_by_mail(
    customer: Customer, manager: User, off: Kind
) -> None:
    happens(customer, manager)
    judging.retire(off, by=manager, at=NOW)
    plan(at=NOW)
    assert told() & TELLING == TELLING - {off}
    assert mailed() == TELLING - {off, Kind.HELD}

    judging.bring_back(off)
    plan(at=NOW + timedelta(minutes=1))
    assert told() >= TELLING - {Kind.ESCALATION}
