"""The pages of the ledger: who sees what, what is said, and what can be done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company, User
from customers.models import Contact, Customer
from outreach.models import Message, MessageKind, State
from outreach.views.messages import STATES_IN, why, word
from surveys.paging import PAGE
from tests import factories
from tests.factories import NOW

Login = Callable[[User], Client]


@pytest.fixture
def contact(customer: Customer, company: Company) -> Contact:
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira")


def a_message(contact: Contact | None, kind: str = MessageKind.BIRTHDAY, **fields: Any) -> Message:
    fields.setdefault("customer", contact.customer if contact else None)
    fields.setdefault("due_at", NOW)
    return Message.objects.create(
        kind=kind,
        contact=contact,
        occasion=f"page:{Message.objects.count()}",
        expires_at=NOW + timedelta(days=1),
        dated_at=NOW,
        **fields,
    )


@pytest.mark.parametrize(("who", "sees"), [("owner", True), ("teammate", True), ("outsider", False), ("manager", True)])
def test_a_message_is_seen_by_those_who_see_the_customer(
    contact: Contact, login: Login, request: pytest.FixtureRequest, who: str, sees: bool
) -> None:
    message = a_message(contact)
    browser = login(request.getfixturevalue(who))
    assert ("Amira Haddad" in browser.get("/messages/").content.decode()) is sees
    assert browser.get(f"/messages/{message.pk}/").status_code == (200 if sees else 404)
    assert browser.get(f"/messages/{message.pk}/html/").status_code == (200 if sees else 404)
    assert browser.get(f"/messages/{message.pk}/cancel/").status_code == (200 if sees else 404)


def test_a_digest_is_seen_by_the_one_it_is_for(owner: User, teammate: User, company: Company, login: Login) -> None:
    message = a_message(None, MessageKind.OVERDUE_DIGEST, recipient=owner)
    assert login(owner).get(f"/messages/{message.pk}/").status_code == 200
    assert login(teammate).get(f"/messages/{message.pk}/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_any_number_of_rows(
    owner: User, company: Company, login: Login, rows: int, django_assert_num_queries: Any
) -> None:
    for _number in range(rows):
        a_message(factories.contact(factories.customer(owner)))
        a_message(None, MessageKind.OVERDUE_DIGEST, recipient=owner)
    browser = login(owner)
    # Session, person, company and team (for the right to see), figures, those to approve and to decide about, rows.
    with django_assert_num_queries(9):
        page = browser.get("/messages/")
    assert len(page.context["rows"]) == 2 * rows


@pytest.mark.parametrize("others", [1, 3])
def test_one_message_costs_the_same_whatever_else_there_is(
    contact: Contact, owner: User, login: Login, others: int, django_assert_max_num_queries: Any
) -> None:
    for _number in range(others):
        message = a_message(contact)
    browser = login(owner)
    # With what the gate looks at.
    with django_assert_max_num_queries(20):
        assert browser.get(f"/messages/{message.pk}/").status_code == 200


def test_the_one_due_last_comes_first_and_there_are_pages(contact: Contact, owner: User, login: Login) -> None:
    made = [a_message(contact, due_at=NOW - timedelta(hours=hours)) for hours in range(PAGE + 2)]
    browser = login(owner)
    first = browser.get("/messages/", {"kind": "birthday"})
    assert [row["message"].pk for row in first.context["rows"]] == [message.pk for message in made[:PAGE]]
    link = f"?after={first.context['next']}&amp;kind=birthday"
    assert link in first.content.decode()
    second = browser.get("/messages/", {"kind": "birthday", "after": first.context["next"]})
    assert [row["message"].pk for row in second.context["rows"]] == [message.pk for message in made[PAGE:]]
    assert second.context["next"] is None


@pytest.mark.parametrize("state", STATES_IN)
def test_the_list_can_be_narrowed_to_a_state(contact: Contact, owner: User, login: Login, state: str) -> None:
    for each in State:
        a_message(contact, state=each)
    rows = login(owner).get("/messages/", {"state": state}).context["rows"]
    assert {row["message"].state for row in rows} == set(STATES_IN[state])


def test_every_state_belongs_to_one_group() -> None:
    assert sorted(state for states in STATES_IN.values() for state in states) == sorted(State)


def test_the_list_can_be_narrowed_to_a_kind(contact: Contact, owner: User, login: Login) -> None:
    a_message(contact, MessageKind.BIRTHDAY)
    a_message(contact, MessageKind.SURVEY)
    rows = login(owner).get("/messages/", {"kind": "survey", "state": "waiting"}).context["rows"]
    assert [row["message"].kind for row in rows] == ["survey"]


@pytest.mark.parametrize("junk", ["nonsense", "\x00", "x" * 5000, "-1", "1" * 40, "👩🏽‍💻", "' OR 1=1"])
def test_junk_in_the_address_is_ignored(contact: Contact, owner: User, login: Login, junk: str) -> None:
    a_message(contact)
    page = login(owner).get("/messages/", {"state": junk, "kind": junk, "after": junk})
    assert page.status_code == 200
    assert len(page.context["rows"]) == 1


def test_figures_are_not_counted_beyond_what_that_is_worth(
    contact: Contact, owner: User, login: Login, time_machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_machine.move_to(NOW, tick=False)
    monkeypatch.setattr("outreach.views.messages.COUNTED_TO", 2)
    for state in (State.SENT, State.SENT, State.SENT, State.HELD, State.HELD):
        a_message(contact, state=state)
    page = login(owner).get("/messages/")
    assert {figure["name"]: figure["count"] for figure in page.context["figures"]} == {"sent": "2+", "held": "2"}


def test_figures_count_a_week_in_words(contact: Contact, owner: User, login: Login, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    for state in (State.SENT, State.SENT, State.PLANNED, State.LEASED, State.HELD):
        a_message(contact, state=state)
    a_message(contact, state=State.SENT, due_at=NOW - timedelta(days=8))
    page = login(owner).get("/messages/")
    figures = {figure["name"]: figure["count"] for figure in page.context["figures"]}
    assert figures == {"waiting": "2", "sent": "2", "held": "1"}
    assert "2 sent" in page.content.decode()


def test_an_empty_ledger_says_what_belongs_there(owner: User, company: Company, login: Login) -> None:
    assert "No messages yet" in login(owner).get("/messages/").content.decode()
    assert "Nothing like that" in login(owner).get("/messages/", {"state": "held"}).content.decode()


def test_a_held_message_shows_why(contact: Contact, owner: User, login: Login) -> None:
    message = a_message(contact, state=State.HELD, reason="open_complaint", detail="Open complaint since Monday <b>.")
    for address in ("/messages/", f"/messages/{message.pk}/"):
        page = login(owner).get(address).content.decode()
        assert "Open complaint since Monday &lt;b&gt;." in page
        assert "Held" in page


def test_an_unknown_message_says_so(contact: Contact, owner: User, login: Login) -> None:
    a_message(contact, state=State.UNKNOWN)
    assert "It is not known whether this arrived." in login(owner).get("/messages/").content.decode()


def test_every_state_has_a_word() -> None:
    for state in State:
        assert word(Message(state=state))
        assert why(Message(state=state, detail="because")) == "because"


def test_a_sent_message_shows_its_text_as_it_was(contact: Contact, owner: User, login: Login) -> None:
    message = a_message(
        contact, state=State.SENT, subject="Happy birthday", body="Dear Amira,\n<b>text</b>", sent_to="a@b.example",
        finished_at=NOW, attempts=2,
    )  # fmt: skip
    page = login(owner).get(f"/messages/{message.pk}/").content.decode()
    assert "Dear Amira,\n&lt;b&gt;text&lt;/b&gt;" in page
    assert "a@b.example" in page
    assert "<iframe" not in page
    assert login(owner).get(f"/messages/{message.pk}/html/").status_code == 404


def test_a_waiting_message_is_previewed_without_the_keys(contact: Contact, owner: User, login: Login) -> None:
    invitation = factories.invitation(contact)
    message = a_message(contact, MessageKind.SURVEY, invitation=invitation)
    browser = login(owner)
    page, frame = browser.get(f"/messages/{message.pk}/"), browser.get(f"/messages/{message.pk}/html/")
    assert "Dear Amira" in page.content.decode()
    assert "Dear Amira" in frame.content.decode()
    for answer in (page, frame):
        assert invitation.token not in answer.content.decode()
        assert "/s/…/" in answer.content.decode()
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


def test_a_message_that_cannot_be_written_says_why(contact: Contact, owner: User, login: Login) -> None:
    Contact.objects.update(email="")
    message = a_message(contact)
    browser = login(owner)
    assert "has no address mail can be sent to" in browser.get(f"/messages/{message.pk}/").content.decode()
    assert browser.get(f"/messages/{message.pk}/html/").status_code == 404


def test_a_message_of_somebody_erased_is_still_shown(manager: User, company: Company, login: Login) -> None:
    message = a_message(None, state=State.CANCELLED)
    assert "somebody who is no longer here" in login(manager).get(f"/messages/{message.pk}/").content.decode()
    assert "somebody who is no longer here" in login(manager).get("/messages/").content.decode()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (MessageKind.BIRTHDAY, "Their birthday"),
        (MessageKind.THANK_YOU, "A new customer"),
        (MessageKind.OVERDUE_DIGEST, "Something was due"),
        (MessageKind.ESCALATION, "one and a half times"),
    ],
)
def test_a_message_says_what_it_was_planned_for(
    contact: Contact, manager: User, login: Login, kind: str, reason: str
) -> None:
    message = a_message(contact, kind)
    assert reason in login(manager).get(f"/messages/{message.pk}/").content.decode()


def test_a_message_about_an_event_names_it(contact: Contact, owner: User, login: Login) -> None:
    message = a_message(contact, MessageKind.THANK_YOU, interaction=factories.purchase(contact.customer))
    assert "Purchase on 26 November 2026" in login(owner).get(f"/messages/{message.pk}/").content.decode()


def test_a_waiting_message_can_be_cancelled(contact: Contact, owner: User, login: Login) -> None:
    message = a_message(contact)
    browser = login(owner)
    assert f"/messages/{message.pk}/cancel/" in browser.get(f"/messages/{message.pk}/").content.decode()
    assert "Do not send this message?" in browser.get(f"/messages/{message.pk}/cancel/").content.decode()
    answer = browser.post(f"/messages/{message.pk}/cancel/", follow=True)
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.CANCELLED, "by_hand")
    assert message.detail == "Cancelled by Mia Berg."
    assert message.finished_at is not None
    assert "The message will not be sent." in answer.content.decode()


@pytest.mark.parametrize(
    "state", [State.SUBMITTING, State.SENT, State.FAILED, State.UNKNOWN, State.CANCELLED, State.EXPIRED]
)
def test_what_is_no_longer_waiting_is_not_cancelled(contact: Contact, owner: User, login: Login, state: str) -> None:
    message = a_message(contact, state=state)
    browser = login(owner)
    assert "/cancel/" not in browser.get(f"/messages/{message.pk}/").content.decode()
    assert "no longer waiting" in browser.get(f"/messages/{message.pk}/cancel/").content.decode()
    assert "Nothing was changed" in browser.post(f"/messages/{message.pk}/cancel/", follow=True).content.decode()
    message.refresh_from_db()
    assert message.state == state


def test_who_may_only_read_does_not_cancel(contact: Contact, outsider: User, company: Company, login: Login) -> None:
    company.visibility = "company"
    company.save()
    message = a_message(contact)
    browser = login(outsider)
    assert "/cancel/" not in browser.get(f"/messages/{message.pk}/").content.decode()
    assert browser.post(f"/messages/{message.pk}/cancel/").status_code == 403
    message.refresh_from_db()
    assert message.state == State.PLANNED


def test_a_digest_is_not_for_its_reader_to_cancel(owner: User, company: Company, login: Login) -> None:
    message = a_message(None, MessageKind.OVERDUE_DIGEST, recipient=owner)
    assert login(owner).post(f"/messages/{message.pk}/cancel/").status_code == 403
