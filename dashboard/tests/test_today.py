"""Today: what waits for whom, in which order, why, and at what cost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer
from dashboard.today import SHOWN, collect, team_counts
from interactions.models import Complaint, FollowUp, Severity
from outreach.models import Message, MessageKind, State
from retention.models import CustomerRisk
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
ORDER = ["meetings", "promises", "owed", "follow_ups", "quiet", "complaints", "answers", "birthdays", "held"]


@pytest.fixture
def customer(owner: User) -> Customer:
    """New enough that nothing waits with it."""
    return factories.customer(owner, name="Lindqvist AB", customer_since=TODAY)


def sections(user: User, at: datetime = NOW, only: str = "") -> dict[str, list[Any]]:
    found = collect(user, at=at, company=Company.current(), only=only)
    return {section.key: section.rows for section in found}


def make_quiet(owner: User, days: int = 41, cadence: int = 30) -> Customer:
    customer = factories.customer(owner, segment=factories.segment(cadence))
    factories.interaction(customer, happened_at=NOW - timedelta(days=days))
    return customer


def hold(customer: Customer, **fields: Any) -> Message:
    number = Message.objects.count()
    values = {
        "occasion": f"birthday:{number}",
        "kind": MessageKind.BIRTHDAY,
        "state": State.HELD,
        "contact": factories.contact(customer),
        "detail": "There is an open complaint.",
        "due_at": NOW - timedelta(hours=1),
        "expires_at": NOW,
        "dated_at": NOW,
    }
    return Message.objects.create(customer=customer, **values | fields)


def fill_every_list(owner: User) -> None:
    customer = factories.customer(owner, customer_since=TODAY)
    factories.meeting(customer, factories.contact(customer), starts_at=NOW + timedelta(hours=2))
    factories.follow_up(customer, is_promise=True)
    factories.interaction(customer, is_owed=True, kind="email", happened_at=NOW - timedelta(days=9))
    factories.follow_up(customer)
    make_quiet(owner)
    factories.complaint(customer)
    factories.response(factories.invitation(factories.contact(customer)), score=3)
    factories.contact(customer, birthday_month=TODAY.month, birthday_day=TODAY.day)
    hold(customer)


# ---- The order and the empty page ----


def test_everything_stands_in_the_order_of_urgency(owner: User) -> None:
    fill_every_list(owner)

    assert list(sections(owner)) == ORDER


def test_nothing_waits_on_an_empty_day(owner: User, login: Login) -> None:
    page = login(owner).get(reverse("today")).content.decode()

    assert "Nothing waits for you today" in page
    assert reverse("log") in page


def test_nobody_sees_what_waits_for_others(owner: User, teammate: User, outsider: User) -> None:
    fill_every_list(owner)

    assert sections(teammate) == {}
    assert sections(outsider) == {}


# ---- Promises and follow-ups ----


def test_what_falls_due_today_or_fell_due_before_is_shown_earliest_first(owner: User, customer: Customer) -> None:
    tonight = factories.follow_up(customer, due_at=datetime(2026, 11, 26, 22, 59, tzinfo=UTC))
    late = factories.follow_up(customer, due_at=NOW - timedelta(days=9))
    factories.follow_up(customer, due_at=datetime(2026, 11, 26, 23, 0, tzinfo=UTC))

    assert sections(owner) == {"follow_ups": [late, tonight]}


@pytest.mark.parametrize(
    ("zone", "shown"), [("Europe/Stockholm", False), ("America/New_York", True), ("Pacific/Pago_Pago", True)]
)
def test_today_is_the_users_own_day(owner: User, customer: Customer, zone: str, shown: bool) -> None:
    owner.time_zone = zone
    factories.follow_up(customer, due_at=datetime(2026, 11, 27, 2, 0, tzinfo=UTC))
    evening = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)

    assert ("follow_ups" in sections(owner, evening)) is shown


def test_what_is_done_or_somebody_elses_does_not_wait(owner: User, teammate: User, customer: Customer) -> None:
    factories.follow_up(customer).finish(owner, NOW)
    factories.follow_up(customer, assignee=teammate)

    assert sections(owner) == {}


def test_a_customer_one_no_longer_sees_is_not_shown(owner: User, outsider: User) -> None:
    factories.follow_up(factories.customer(outsider), assignee=owner)

    assert sections(owner) == {}


# ---- Gone quiet ----


def test_over_the_cadence_is_after_the_due_day(owner: User) -> None:
    make_quiet(owner, days=30)
    over = make_quiet(owner, days=31)

    (row,) = sections(owner)["quiet"]
    assert (row.customer, row.days) == (over, 31)


def test_the_longest_overdue_comes_first_with_days_and_cadence(owner: User, login: Login) -> None:
    make_quiet(owner, days=35)
    longest = make_quiet(owner, days=41)
    CustomerRisk.objects.update_or_create(customer=longest, defaults={"value_last_year": Decimal(18200)})

    rows = sections(owner)["quiet"]
    page = login(owner).get(reverse("today")).content.decode()

    assert rows[0].customer == longest
    assert "quiet 41 d, cadence 30" in page
    assert "18,200 EUR a year" in page
    assert f"{reverse('log')}?customer={longest.pk}" in page


def test_who_was_never_spoken_to_is_quiet_since_the_start(owner: User, login: Login) -> None:
    factories.customer(owner, customer_since=TODAY - timedelta(days=60))

    assert sections(owner)["quiet"][0].days is None
    assert "never contacted" in login(owner).get(reverse("today")).content.decode()


@pytest.mark.parametrize("fields", [{"lost_on": TODAY}, {"do_not_contact": True}])
def test_who_left_or_wants_peace_is_not_quiet(owner: User, fields: dict[str, Any]) -> None:
    Customer.objects.filter(pk=make_quiet(owner).pk).update(**fields)

    assert sections(owner) == {}


# ---- Complaints and answers ----


def test_my_open_complaints_the_severest_and_then_the_oldest_first(owner: User, customer: Customer) -> None:
    young = factories.complaint(customer, severity=Severity.MINOR)
    old = factories.complaint(customer, severity=Severity.MINOR, opened_at=NOW - timedelta(days=2))
    severe = factories.complaint(customer, severity=Severity.SEVERE)
    factories.complaint(customer, resolved_at=NOW)

    assert sections(owner) == {"complaints": [severe, old, young]}


@pytest.mark.parametrize(("score", "days", "shown"), [(6, 1, True), (7, 1, False), (0, 13, True), (0, 15, False)])
def test_bad_answers_of_the_last_fourteen_days(
    owner: User, customer: Customer, score: int, days: int, shown: bool
) -> None:
    invitation = factories.invitation(factories.contact(customer))
    factories.response(invitation, score=score, answered_at=NOW - timedelta(days=days))

    assert ("answers" in sections(owner)) is shown


def test_a_long_comment_is_cut_and_never_run(owner: User, customer: Customer, login: Login) -> None:
    comment = "{{ 7|add:7 }} <script>alert(1)</script> " + "nobody called back " * 50
    factories.response(factories.invitation(factories.contact(customer)), score=3, comment=comment)

    page = login(owner).get(reverse("today")).content.decode()

    assert "{{ 7|add:7 }} &lt;script&gt;" in page
    assert page.count("nobody called back") < 10


# ---- Held messages ----


def test_a_held_message_asks_for_a_call_with_its_reason(owner: User, customer: Customer, login: Login) -> None:
    hold(customer)

    page = login(owner).get(reverse("today")).content.decode()

    assert "There is an open complaint." in page
    assert "Call instead" in page


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.SENT},
        {"state": State.CANCELLED},
        {"due_at": NOW - timedelta(days=8)},
        {"kind": MessageKind.ESCALATION},
    ],
)
def test_only_customer_mail_held_in_the_last_week(owner: User, customer: Customer, fields: dict[str, Any]) -> None:
    hold(customer, **fields)

    assert sections(owner) == {}


def test_after_the_call_it_is_gone(owner: User, customer: Customer) -> None:
    hold(customer)

    factories.interaction(customer, happened_at=NOW)

    assert sections(owner) == {}


# ---- Length and cost ----


def test_ten_are_shown_and_the_rest_is_one_click_away(owner: User, customer: Customer, login: Login) -> None:
    for _number in range(SHOWN + 2):
        factories.follow_up(customer)

    browser = login(owner)
    page = browser.get(reverse("today")).content.decode()
    rest = browser.get(reverse("today"), {"only": "follow_ups"}).content.decode()

    assert len(sections(owner)["follow_ups"]) == SHOWN
    assert "?only=follow_ups" in page
    assert rest.count("Do thing") == SHOWN + 2


def test_quiet_customers_lead_on_to_the_list(owner: User, login: Login) -> None:
    for _number in range(SHOWN + 1):
        make_quiet(owner)

    page = login(owner).get(reverse("today")).content.decode()

    assert f"owner={owner.pk}&amp;attention=overdue" in page


@pytest.mark.parametrize("only", ["nonsense", "\x00", "quiet'--", "x" * 5000])
def test_a_list_nobody_knows_means_all_of_them(owner: User, customer: Customer, login: Login, only: str) -> None:
    factories.follow_up(customer)

    response = login(owner).get(reverse("today"), {"only": only})

    assert response.status_code == 200
    assert "Follow-ups due" in response.content.decode()


@pytest.mark.parametrize("person", ["owner", "manager"])
def test_three_of_everything_cost_as_many_queries_as_one(
    person: str, request: pytest.FixtureRequest, login: Login
) -> None:
    user = request.getfixturevalue(person)
    browser = login(user)
    fill_every_list(user)
    browser.get(reverse("today"))
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("today"))
    for _number in range(2):
        fill_every_list(user)
    with CaptureQueriesContext(connection) as three:
        response = browser.get(reverse("today"))

    assert len(three) == len(one) <= 19
    assert response.content.decode().count("Log call") >= 6


def test_htmx_gets_the_lists_without_the_frame(owner: User, customer: Customer, login: Login) -> None:
    factories.follow_up(customer)

    response = login(owner).get(reverse("today"), headers=HTMX)

    assert "<html" not in response.content.decode()
    assert "Follow-ups due" in response.content.decode()
    assert "HX-Request" in response.headers["Vary"]


# ---- The manager's line ----


def test_a_manager_sees_what_waits_in_the_team(manager: User, owner: User, outsider: User) -> None:
    for person in (owner, outsider):
        fill_every_list(person)
    FollowUp.objects.update(due_at=NOW - timedelta(hours=1))

    counts = team_counts(manager, at=NOW)

    assert (counts.follow_ups, counts.quiet, counts.complaints) == (2, 1, 1)


def test_who_leads_no_team_sees_the_company(administrator: User, owner: User, outsider: User, login: Login) -> None:
    for person in (owner, outsider):
        fill_every_list(person)

    assert team_counts(administrator, at=NOW).complaints == Complaint.objects.count() == 2
    assert "The company:" in login(administrator).get(reverse("today")).content.decode()


def test_staff_see_no_line_about_others(owner: User, login: Login) -> None:
    fill_every_list(owner)

    assert "Your team:" not in login(owner).get(reverse("today")).content.decode()
