"""The page of a customer: what it says, to whom, and at what cost."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Channel, ConsentChange, ConsentKind, Contact, Customer, Tone
from dashboard.timeline import PAGE
from interactions.models import Outcome, Sentiment
from retention.models import Band, CustomerRisk, RiskScale
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def page(browser: Client, customer: Customer, **query: str) -> str:
    response = browser.get(reverse("customer", args=[customer.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_stands_before_its_timeline_which_comes_by_itself_or_by_a_link(
    owner: User, customer: Customer, login: Login
) -> None:
    browser = login(owner)
    factories.interaction(customer, notes="Wants the price list")
    address = reverse("customer_timeline", args=[customer.pk])

    first = page(browser, customer)

    assert "Wants the price list" not in first
    assert f'hx-get="{address}" hx-trigger="load"' in " ".join(first.split())
    assert f'<noscript>\n<p><a href="{address}">' in "\n".join(line.strip() for line in first.splitlines())
    # Without script the link leads to the whole page, and what asks again after something was saved gets all at once.
    assert customer.name in timeline_page(browser, customer)
    for shown in (
        timeline_page(browser, customer),
        timeline_page(browser, customer, HTMX),
        refreshed(browser, customer),
    ):
        assert "Wants the price list" in shown
        assert 'hx-trigger="load"' not in shown


def refreshed(browser: Client, customer: Customer) -> str:
    return browser.get(reverse("customer", args=[customer.pk]), headers=HTMX).content.decode()


def timeline_page(browser: Client, customer: Customer, headers: Any = None, **query: str) -> str:
    response = browser.get(reverse("customer_timeline", args=[customer.pk]), query, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_who_they_are_and_how_to_treat_them(owner: User, customer: Customer, login: Login) -> None:
    customer.care_note = "Speaks slowly, give him time."
    customer.save()
    factories.contact(
        customer,
        name="Jonas Lindqvist",
        preferred_name="Jonte",
        tone=Tone.FRIENDLY,
        preferred_channel=Channel.PHONE,
        phone="+46 8 123 45",
        email="jonas@lindqvist.example",
        birthday_day=29,
        birthday_month=2,
    )

    shown = page(login(owner), customer)

    for words in (
        "Lindqvist AB", "Acquaintance", "looked after by Mia Berg", "Speaks slowly, give him time.", "Jonte",
        "Friendly", "Phone", 'href="tel:+46 8 123 45"', 'href="mailto:jonas@lindqvist.example"', "29 February",
        "Receives greetings, thanks and surveys",
    ):  # fmt: skip
        assert words in shown


def test_a_customer_nothing_is_known_about_still_has_a_page(owner: User, customer: Customer, login: Login) -> None:
    shown = timeline_page(login(owner), customer)

    assert "Not enough data" in shown
    assert "Never contacted" in shown
    assert "Nothing has happened yet" in shown
    assert "Nobody yet" in shown


def test_the_band_stands_in_words_with_reasons_and_value(owner: User, customer: Customer, login: Login) -> None:
    CustomerRisk.objects.update_or_create(
        customer=customer,
        defaults={
            "band": Band.AT_RISK,
            "risk": 0.8,
            "rhythm_days": 29.0,
            "contact_days": 12,
            "last_day": TODAY - timedelta(days=80),
            "reasons": [{"code": "silence", "size": 2.0}],
            "value_last_year": Decimal(42000),
            "at_risk_since": NOW - timedelta(days=1),
        },
    )

    shown = page(login(owner), customer)

    assert "At risk" in shown
    assert "Why at risk" in shown
    assert "80 days" in shown
    assert "42,000 EUR" in shown
    assert ">yesterday at 10:00</time>" in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"do_not_contact": True}, "They asked not to be contacted."),
        ({"lost_on": TODAY}, "This customer left on 26 November 2026."),
    ],
)
def test_who_wants_peace_or_left_is_said_plainly(
    owner: User, customer: Customer, login: Login, changes: dict[str, Any], words: str
) -> None:
    Customer.objects.filter(pk=customer.pk).update(**changes)

    shown = page(login(owner), customer)

    assert words in shown
    assert "next contact due" not in shown


def test_the_dead_cannot_be_rung_up(owner: User, customer: Customer, login: Login) -> None:
    factories.contact(customer, name="Olof Lindqvist", phone="+46 8 1", deceased=True)

    shown = page(login(owner), customer)

    assert "Deceased" in shown
    assert "tel:" not in shown


def test_what_is_open_stands_above_the_timeline_with_its_buttons(owner: User, customer: Customer, login: Login) -> None:
    promise = factories.follow_up(customer, title="Samples by Friday", is_promise=True, due_at=NOW + timedelta(days=1))
    complaint = factories.complaint(customer, what="Late delivery", opened_at=NOW - timedelta(hours=3))

    shown = page(login(owner), customer)

    assert "by tomorrow, 10:00" in shown
    assert "open for 3 hours" in shown
    for name, row in (("follow_up_done", promise), ("follow_up_move", promise), ("complaint_resolve", complaint)):
        assert reverse(name, args=[row.pk]) in shown


def test_the_timeline_says_what_happened_in_words(owner: User, customer: Customer, login: Login) -> None:
    contact = factories.contact(customer, name="Amira Haddad")
    factories.interaction(customer, contact=contact, author=owner, outcome=Outcome.NO_ANSWER)
    factories.interaction(customer, notes="He liked it", sentiment=Sentiment.GOOD, happened_at=NOW - timedelta(days=3))
    factories.purchase(customer, "1200.50")
    factories.response(factories.invitation(contact), score=3, comment="Nobody called back")
    factories.follow_up(customer, is_promise=True, due_at=NOW - timedelta(days=2)).finish(owner, NOW)
    factories.complaint(customer, what="Wrong pallet", outcome="New one sent", resolved_at=NOW)
    ConsentChange.objects.create(
        contact=contact, kind=ConsentKind.SURVEYS, granted=False, source=ConsentChange.Source.LINK, changed_at=NOW
    )

    shown = timeline_page(login(owner), customer)

    for words in (
        "No answer", "today at 10:00", "He liked it", "Happy", "3 days ago", "1,200.50 EUR", "Scored 3 of 10",
        "Detractor", "Nobody called back", "Promise kept", "Late", "Complaint put right", "New one sent",
        "no longer wants: Surveys",
    ):  # fmt: skip
        assert words in shown


def test_older_entries_come_page_by_page(owner: User, customer: Customer, login: Login) -> None:
    for number in range(PAGE + 5):
        factories.interaction(customer, notes=f"note {number}.", happened_at=NOW - timedelta(days=number))
    browser = login(owner)

    first = timeline_page(browser, customer)
    older = first.partition("after=")[2].partition('"')[0]
    link = f"{reverse('customer_timeline', args=[customer.pk])}?after={older}"
    fragment = browser.get(link, headers=HTMX).content.decode()
    whole = browser.get(link).content.decode()

    assert f"note {PAGE - 1}." in first and f"note {PAGE}." not in first
    for shown in (fragment, whole):
        assert f"note {PAGE}." in shown and f"note {PAGE - 1}." not in shown
        assert "Load older" not in shown
    assert "<html" not in fragment
    assert "<h1 " in whole


def test_the_timeline_alone_can_be_narrowed(owner: User, customer: Customer, login: Login) -> None:
    factories.interaction(customer, notes="a call")
    factories.purchase(customer, notes="an order")

    for headers in (HTMX, None):
        shown = timeline_page(login(owner), customer, headers, show="purchases")
        assert "an order" in shown and "a call" not in shown
        assert ("<html" in shown) is (headers is None)
    assert "Nothing of this kind yet." in timeline_page(login(owner), customer, HTMX, show="answers")


@pytest.mark.parametrize("query", [{"show": "\x00"}, {"after": "x" * 9000}, {"show": "💥", "after": "‮"}])
def test_hostile_parameters_are_no_error(owner: User, customer: Customer, login: Login, query: dict[str, str]) -> None:
    for name in ("customer", "customer_timeline"):
        assert login(owner).get(reverse(name, args=[customer.pk]), query).status_code == 200


def test_texts_of_any_kind_are_shown_and_never_run(owner: User, customer: Customer, login: Login) -> None:
    hostile = "{% now 'Y' %}{{ customer.owner.password }}<img src=x onerror=alert(1)>'\"‮مرحبا"
    customer.name = customer.care_note = hostile
    customer.save()
    factories.contact(customer, name=hostile, preferred_name=hostile[:90], phone='"><script>', job_title=hostile)
    factories.interaction(customer, notes=hostile * 30)
    factories.follow_up(customer, title=hostile)
    factories.complaint(customer, what=hostile)

    shown = page(login(owner), customer)

    assert "<img" not in shown and '"><script>' not in shown
    assert owner.password not in shown
    assert "{% now &#x27;Y&#x27; %}" in shown


def test_a_long_note_is_folded_and_complete(owner: User, customer: Customer, login: Login) -> None:
    factories.interaction(customer, notes="word " * 20_000 + "the end")

    shown = timeline_page(login(owner), customer)

    assert "<details" in shown and "the end" in shown


def test_htmx_gets_the_page_without_the_frame(owner: User, customer: Customer, login: Login) -> None:
    response = login(owner).get(reverse("customer", args=[customer.pk]), headers=HTMX)

    assert "<html" not in response.content.decode()
    assert "Lindqvist AB" in response.content.decode()


def test_teammates_and_managers_may_act_and_others_do_not_know_of_it(
    customer: Customer, teammate: User, outsider: User, manager: User, login: Login
) -> None:
    for person in (teammate, manager):
        assert reverse("customer_edit", args=[customer.pk]) in page(login(person), customer)
    for name in ("customer", "customer_timeline"):
        assert login(outsider).get(reverse(name, args=[customer.pk])).status_code == 404


def test_who_may_only_read_sees_no_buttons(customer: Customer, outsider: User, login: Login) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    factories.follow_up(customer)
    factories.complaint(customer)
    contact = factories.contact(customer)

    shown = page(login(outsider), customer)

    assert "You may read, not change" in shown
    for name, row in (("customer_edit", customer), ("complaint_new", customer), ("contact_edit", contact)):
        assert reverse(name, args=[row.pk]) not in shown
    assert "follow-ups/" not in shown
    assert "complaints/" not in shown


def fill(customer: Customer) -> None:
    contact = factories.contact(customer)
    factories.interaction(customer, contact=contact, author=customer.owner)
    factories.response(factories.invitation(contact))
    factories.meeting(customer, contact)
    factories.follow_up(customer)
    factories.follow_up(customer).finish(customer.owner, NOW)
    factories.complaint(customer)
    factories.wish(customer, contact=contact)
    factories.wish(customer, contact=contact, state="done", noted_by=customer.owner, decided_by=customer.owner)
    ConsentChange.objects.create(
        contact=contact, kind=ConsentKind.SURVEYS, granted=False, source=ConsentChange.Source.LINK, changed_at=NOW
    )


@pytest.mark.parametrize(("name", "most"), [("customer", 20), ("customer_timeline", 30)])
@pytest.mark.parametrize("person", ["owner", "manager"])
def test_fifty_rows_cost_as_many_queries_as_one(
    name: str, most: int, person: str, customer: Customer, request: pytest.FixtureRequest, login: Login
) -> None:
    browser = login(request.getfixturevalue(person))
    counts = []
    for rows in (1, 2, 47):
        for _row in range(rows):
            fill(customer)
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse(name, args=[customer.pk]))
        counts.append(len(queries))

    # Where there is more of one kind, others may be on the next page; the last has follow-ups that are only counted.
    assert counts[1] <= counts[0] and counts[2] <= counts[0] + 1 <= most, counts


def test_the_next_ten_follow_ups_are_shown_and_the_rest_on_demand(
    owner: User, customer: Customer, login: Login
) -> None:
    for number in range(12):
        factories.follow_up(customer, title=f"Task {number}.", due_at=NOW + timedelta(days=number))

    shown = page(login(owner), customer)
    assert "Task 9." in shown
    assert "Task 10." not in shown
    assert "2 more follow-ups, due later" in shown
    shown = page(login(owner), customer, open="all")
    assert "Task 11." in shown
    assert "due later" not in shown


def test_a_contact_with_half_a_consent_is_described(owner: User, customer: Customer, login: Login) -> None:
    factories.contact(customer, allows_surveys=False)
    none = factories.contact(customer)
    Contact.objects.filter(pk=none.pk).update(allows_surveys=False, allows_thanks=False, allows_greetings=False)

    shown = page(login(owner), customer)

    assert "Receives only:" in shown
    assert "Gets no automatic mail" in shown


def test_the_chance_of_silence_is_shown_once_it_has_been_back_tested(
    owner: User, customer: Customer, login: Login
) -> None:
    known = {"contact_days": 12, "last_day": TODAY, "rhythm_days": 29.0, "risk": 0.5, "band": Band.WATCH}
    CustomerRisk.objects.update_or_create(customer=customer, defaults=known)
    browser = login(owner)
    assert "Chance of no contact" not in page(browser, customer)

    RiskScale.objects.create(learnt_on=TODAY, horizon_days=90, intercept=-1, slope=1, customers=1000, lost=500)

    assert "Chance of no contact in the next 90 days: 27 %." in page(browser, customer)
