"""Wishes from the page: noted with a call, by themselves or from an answer; closed, told of, and opened again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Contact, Customer
from dashboard.timeline import timeline
from interactions.models import Interaction, Kind, Outcome, Wish, WishState
from outreach.models import Message, State, Suppression
from outreach.planning import plan
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
CALL = {"kind": Kind.CALL, "outcome": Outcome.HELD, "next_in": ""}


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira")


def log(browser: Client, customer: Customer, **data: Any) -> Any:
    return browser.post(reverse("log"), CALL | {"customer": customer.pk} | data)


def note(browser: Client, customer: Customer, headers: Any = None, **data: Any) -> Any:
    return browser.post(reverse("wish_new", args=[customer.pk]), data, headers=headers)


def close(browser: Client, wish: Wish, headers: Any = None, **data: Any) -> Any:
    return browser.post(reverse("wish_close", args=[wish.pk]), data, headers=headers)


def page(browser: Client, customer: Customer) -> str:
    return browser.get(reverse("customer_timeline", args=[customer.pk])).content.decode()


# ---- Beside a call ----


def test_what_they_wish_is_noted_with_the_call(contact: Contact, owner: User, login: Login) -> None:
    data = {"contact": contact.pk, "wish_text": "Invoices by e-mail", "wish_tell": "on"}
    log(login(owner), contact.customer, **data)

    wish = Wish.objects.get()
    assert (wish.text, wish.contact, wish.customer) == ("Invoices by e-mail", contact, contact.customer)
    assert (wish.interaction, wish.said_at) == (Interaction.objects.get(), NOW)
    assert (wish.noted_by, wish.wants_answer, wish.state) == (owner, True, WishState.OPEN)


def test_a_call_without_a_wish_notes_none(contact: Contact, owner: User, login: Login) -> None:
    log(login(owner), contact.customer, wish_text=" ", wish_tell="on")

    assert Interaction.objects.exists()
    assert not Wish.objects.exists()


def test_too_long_a_wish_loses_nothing_of_the_call(contact: Contact, owner: User, login: Login) -> None:
    response = log(login(owner), contact.customer, notes="A long talk", wish_text="x" * 301)

    assert response.status_code == 422
    shown = response.content.decode()
    assert "Nothing is lost" in shown and "A long talk" in shown and "x" * 301 in shown
    assert not Interaction.objects.exists()


@pytest.mark.parametrize(
    ("fields", "ticked"),
    [({}, True), ({"email": ""}, False), ({"do_not_contact": True}, False), ({"is_primary": False}, False)],
)
def test_to_tell_them_is_ticked_where_they_can_be_written_to(
    customer: Customer, owner: User, login: Login, fields: dict[str, Any], ticked: bool
) -> None:
    factories.contact(customer, **fields)

    form = login(owner).get(reverse("log"), {"customer": customer.pk}).context["said"]

    assert form["wish_tell"].value() is ticked


def test_open_wishes_stand_in_the_panel_before_the_text(contact: Contact, owner: User, login: Login) -> None:
    factories.wish(contact.customer, text="Invoices by e-mail")
    factories.wish(contact.customer, text="Smaller boxes", state=WishState.PLANNED)
    factories.wish(contact.customer, text="A discount", state=WishState.DECLINED)

    shown = login(owner).get(reverse("log"), {"customer": contact.customer.pk}).content.decode()

    assert "A discount" not in shown
    assert shown.index("Invoices by e-mail") < shown.index('name="notes"')
    assert "Smaller boxes" in shown


# ---- By itself, and from an answer ----


def test_a_wish_is_noted_on_the_page(contact: Contact, teammate: User, login: Login) -> None:
    response = note(login(teammate), contact.customer, HTMX, text="Smaller  boxes", contact=contact.pk)

    assert response.headers["HX-Trigger"] == '{"saved": {}}'
    wish = Wish.objects.get()
    assert (wish.text, wish.contact, wish.said_at, wish.noted_by) == ("Smaller boxes", contact, NOW, teammate)
    assert wish.wants_answer is False


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "text"),
        ({"text": "\x00"}, "text"),
        ({"text": "x" * 301}, "text"),
        ({"text": "x", "contact": "0"}, "contact"),
        ({"text": "x", "contact": "nobody"}, "contact"),
    ],
)
def test_a_half_said_wish_gets_a_message(
    contact: Contact, owner: User, login: Login, data: dict[str, str], field: str
) -> None:
    response = note(login(owner), contact.customer, **data)

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Wish.objects.exists()


def test_nobody_of_another_customer_can_have_said_it(contact: Contact, owner: User, login: Login) -> None:
    stranger = factories.contact()

    assert note(login(owner), contact.customer, text="Boxes", contact=stranger.pk).status_code == 422


def test_an_answer_becomes_a_wish_once(contact: Contact, owner: User, login: Login) -> None:
    answered = NOW - timedelta(days=2)
    answer = factories.response(factories.invitation(contact), 6, comment="I would\nlike boxes", answered_at=answered)
    assert f"wishes/new/?answer={answer.pk}" in page(login(owner), contact.customer)
    asked = login(owner).get(reverse("wish_new", args=[contact.customer.pk]), {"answer": answer.pk})
    assert asked.context["form"]["text"].value() == "I would like boxes"
    assert asked.context["form"]["wants_answer"].value() is True

    for _time in range(2):
        note(login(owner), contact.customer, text="Boxes", contact=contact.pk, answer=answer.pk)

    wish = Wish.objects.get()
    assert (wish.origin, wish.occasion, wish.said_at) == (Wish.Origin.SURVEY, f"answer:{answer.pk}", answered)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_on_an_answer_make_one_wish(contact: Contact, owner: User, login: Login) -> None:
    answer = factories.response(factories.invitation(contact), comment="Boxes")
    browsers = [login(owner), login(owner)]

    statuses = at_once(lambda: note(browsers.pop(), contact.customer, text="Boxes", answer=answer.pk).status_code, 2)

    assert set(statuses) == {302}
    assert Wish.objects.count() == 1


@pytest.mark.parametrize("answer", ["999999", "-1", "x", "9" * 40])
def test_an_answer_of_somebody_else_is_not_found(contact: Contact, owner: User, login: Login, answer: str) -> None:
    foreign = factories.response()
    address = reverse("wish_new", args=[contact.customer.pk])

    assert login(owner).get(address, {"answer": answer}).status_code in {200, 404}
    assert login(owner).get(address, {"answer": foreign.pk}).status_code == 404


# ---- What became of it ----


@pytest.mark.parametrize("state", ["done", "declined"])
def test_closing_asks_what_became_of_it(contact: Contact, owner: User, login: Login, state: str) -> None:
    wish = factories.wish(contact.customer, contact=contact)

    empty = close(login(owner), wish, HTMX, state=state, outcome=" ")
    done = close(login(owner), wish, HTMX, state=state, outcome="From January on", tell="on")

    assert (empty.status_code, done.status_code) == (422, 200)
    assert ("what was done" if state == "done" else "why not") in empty.content.decode()
    assert "Amira hears of it" in done.content.decode()
    wish.refresh_from_db()
    assert (wish.state, wish.outcome, wish.decided_by, wish.decided_at) == (state, "From January on", owner, NOW)
    assert wish.wants_answer


def test_to_tell_them_is_offered_as_they_said(contact: Contact, owner: User, login: Login) -> None:
    for said in (True, False):
        wish = factories.wish(contact.customer, contact=contact, wants_answer=said)
        form = login(owner).get(reverse("wish_close", args=[wish.pk])).context["form"]
        assert form.fields["tell"].label == "Tell Amira by mail"
        assert form["tell"].value() is said


def test_who_can_not_be_written_to_is_not_offered(customer: Customer, owner: User, login: Login) -> None:
    wish = factories.wish(customer, contact=factories.contact(customer, email=""), wants_answer=True)

    shown = login(owner).get(reverse("wish_close", args=[wish.pk]))
    close(login(owner), wish, state="done", outcome="Done", tell="on")

    assert "nobody we could write to" in shown.content.decode()
    wish.refresh_from_db()
    assert not wish.wants_answer


def test_whose_address_takes_no_mail_is_not_offered_and_it_says_why(
    contact: Contact, owner: User, login: Login
) -> None:
    wish = factories.wish(contact.customer, contact=contact, wants_answer=True)
    Suppression.objects.suppress(contact.email, "550 5.1.1", NOW)

    shown = login(owner).get(reverse("wish_close", args=[wish.pk]))
    close(login(owner), wish, state="done", outcome="Done", tell="on")

    assert "tell" not in shown.context["form"].fields
    assert "came back as undeliverable. Ask for a better address." in shown.content.decode()
    assert reverse("contact_edit", args=[contact.pk]) in shown.content.decode()
    wish.refresh_from_db()
    assert (wish.state, wish.wants_answer) == ("done", False)


def test_what_is_planned_stays_open_and_keeps_that_they_want_to_know(
    contact: Contact, owner: User, login: Login
) -> None:
    wish = factories.wish(contact.customer, contact=contact, wants_answer=True)

    close(login(owner), wish, state="planned", outcome="In spring")

    wish.refresh_from_db()
    assert (wish.state, wish.is_open, wish.wants_answer) == ("planned", True, True)
    assert "In spring" in page(login(owner), contact.customer)


def test_closed_once_stays_as_it_was(contact: Contact, owner: User, login: Login) -> None:
    wish = factories.wish(contact.customer, state="done", outcome="Yes")

    close(login(owner), wish, state="declined", outcome="No")

    wish.refresh_from_db()
    assert (wish.state, wish.outcome) == ("done", "Yes")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_close_it_at_once_one_word_stands(contact: Contact, owner: User, teammate: User) -> None:
    wish = factories.wish(contact.customer)

    def decide() -> bool:
        return Wish.objects.get(pk=wish.pk).decide(WishState.DONE, "Yes", tell=True, by=owner, at=NOW)

    assert sorted(at_once(decide, 2)) == [False, True]


def test_opening_it_again_calls_off_the_mail(contact: Contact, owner: User, login: Login) -> None:
    wish = factories.wish(contact.customer, contact=contact)
    close(login(owner), wish, state="done", outcome="Yes", tell="on")
    plan(at=NOW)
    assert Message.objects.get(kind="you_said").state == State.PLANNED

    response = login(owner).post(reverse("wish_reopen", args=[wish.pk]), headers=HTMX)

    assert "Open again" in response.content.decode()
    assert "told already" not in response.content.decode()
    message = Message.objects.get(kind="you_said")
    assert (message.state, message.reason) == (State.CANCELLED, "opened_again")
    wish.refresh_from_db()
    assert (wish.state, wish.decided_at, wish.wants_answer) == ("open", None, True)


def test_who_was_told_already_can_not_be_untold(contact: Contact, owner: User, login: Login) -> None:
    wish = factories.wish(contact.customer, contact=contact, state="done")
    factories.message(contact, kind="you_said", wish=wish, state=State.SENT, finished_at=NOW)

    response = login(owner).post(reverse("wish_reopen", args=[wish.pk]), headers=HTMX)

    assert "told already" in response.content.decode()
    assert Message.objects.get().state == State.SENT


# ---- Where it shows ----


def test_open_wishes_stand_on_the_customers_page(contact: Contact, owner: User, login: Login) -> None:
    factories.wish(contact.customer, text="Invoices by e-mail", contact=contact, wants_answer=True)
    shown = page(login(owner), contact.customer)

    assert 'id="open"' in shown
    assert "Invoices by e-mail" in shown.partition('id="timeline"')[0]
    assert "wants to hear of it" in shown


def test_who_may_only_read_sees_no_buttons(contact: Contact, outsider: User, login: Login) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    factories.response(factories.invitation(contact), comment="Boxes")
    factories.wish(contact.customer)
    factories.wish(contact.customer, state="done")

    shown = page(login(outsider), contact.customer)

    assert "wishes/" not in shown


def test_the_timeline_tells_when_it_was_said_and_what_became_of_it(contact: Contact) -> None:
    hours = [NOW - timedelta(hours=number) for number in range(4)]
    factories.wish(contact.customer, said_at=hours[3], state="declined", decided_at=hours[0])
    factories.wish(contact.customer, said_at=hours[2], state="planned", decided_at=hours[1])

    shown = timeline(contact.customer, show="wishes")

    assert [entry.source for entry in shown.entries] == ["answered", "answered", "wish", "wish"]


def test_many_wishes_cost_as_many_queries_as_one(contact: Contact, owner: User, login: Login) -> None:
    browser = login(owner)
    counts = []
    for rows in (1, 2):
        for _row in range(rows):
            factories.wish(contact.customer, contact=contact)
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("log"), {"customer": contact.customer.pk})
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{ company }} {% now %}", "a \u202e b"])
def test_hostile_words_are_shown_as_words(contact: Contact, owner: User, login: Login, text: str) -> None:
    factories.wish(contact.customer, text=text, state="done", outcome="Done")
    factories.wish(contact.customer, text=text)

    shown = page(login(owner), contact.customer)

    assert "<script>alert" not in shown
    assert "\u202e" not in shown
