"""You said, we did: who wished for something hears once what became of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import Wish, WishState
from outreach import deciding
from outreach.approving import ask_for
from outreach.composing import Unwritable
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from outreach.preferences import preference_link
from outreach.taking_back import reopen
from outreach.tests.gate_rulings import rule
from outreach.tests.reading import build, html_of, read, text_of
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
SOON = NOW - timedelta(minutes=45)


@pytest.fixture
def contact(company: Company, customer: Customer) -> Contact:
    company.postal_address = "Storgatan 1\n111 22 Stockholm"
    company.save()
    Customer.objects.update(country="SE")
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira")


def closed(of: Contact, **fields: Any) -> Wish:
    return factories.wish(of.customer, **{"contact": of, "state": "done"} | fields)


def planned() -> list[Message]:
    return list(Message.objects.filter(kind=MessageKind.YOU_SAID).order_by("pk"))


class TestPlanning:
    def test_once_for_each_wish_a_quarter_of_an_hour_after_it_was_closed(self, contact: Contact) -> None:
        wish = closed(contact)
        plan(at=NOW)
        plan(at=NOW + timedelta(hours=1))
        (message,) = planned()
        assert (message.occasion, message.wish) == (f"you-said:{wish.pk}", wish)
        assert (message.contact, message.customer, message.state) == (contact, contact.customer, State.PLANNED)
        assert (message.due_at, message.dated_at) == (SOON, SOON)

    def test_a_late_run_plans_the_same(self, contact: Contact) -> None:
        closed(contact)
        plan(at=NOW + timedelta(days=6))
        plan(at=NOW + timedelta(days=6, hours=1))
        assert [message.due_at for message in planned()] == [SOON]

    def test_what_was_closed_long_ago_is_not_told_any_more(self, contact: Contact) -> None:
        closed(contact, decided_at=NOW - timedelta(days=7, minutes=1))
        plan(at=NOW)
        assert planned() == []

    @pytest.mark.django_db(transaction=True)
    def test_two_planners_at_once_plan_one(self, contact: Contact) -> None:
        closed(contact)
        at_once(lambda: plan(at=NOW), 2)
        assert len(planned()) == 1

    @pytest.mark.parametrize("fields", [{"state": "open"}, {"state": "planned"}, {"wants_answer": False}])
    def test_nobody_is_told_of_what_is_open_or_who_did_not_ask(self, contact: Contact, fields: dict[str, Any]) -> None:
        closed(contact, **({"wants_answer": True, "decided_at": NOW} | fields))
        plan(at=NOW)
        assert planned() == []

    @pytest.mark.parametrize("spoil", [{"email": ""}, {"deceased": True}, {"do_not_contact": True}])
    def test_who_can_not_be_written_to_is_left_out(self, contact: Contact, spoil: dict[str, Any]) -> None:
        closed(contact)
        Contact.objects.update(**spoil)
        plan(at=NOW)
        assert planned() == []

    def test_an_address_entered_later_is_used(self, contact: Contact) -> None:
        closed(contact)
        Contact.objects.update(email="")
        plan(at=NOW)
        Contact.objects.update(email="amira@lindqvist.example")
        plan(at=NOW + timedelta(days=1))
        assert len(planned()) == 1

    def test_where_nobody_is_named_the_main_contact_is_told(self, contact: Contact) -> None:
        closed(contact, contact=None)
        plan(at=NOW)
        assert [message.contact for message in planned()] == [contact]

    def test_no_consent_is_asked_for(self, contact: Contact) -> None:
        Contact.objects.update(allows_greetings=False, allows_thanks=False, allows_surveys=False)
        closed(contact)
        plan(at=NOW)
        assert rule(planned()[0]) is None

    def test_it_waits_for_approval_where_such_mails_do(self, contact: Contact) -> None:
        ask_for([("you_said", contact.customer.segment_id)])
        closed(contact)
        plan(at=NOW)
        assert planned()[0].state == State.PROPOSED

    def test_a_tick_with_nothing_new_writes_nothing(self, contact: Contact) -> None:
        closed(contact)
        assert plan(at=NOW)["you_said"] == 1
        assert plan(at=NOW + timedelta(minutes=1))["you_said"] == 0


class TestOpenedAgain:
    def test_the_mail_is_called_off(self, contact: Contact) -> None:
        wish = closed(contact)
        plan(at=NOW)
        assert reopen(wish, at=NOW)
        (message,) = planned()
        assert (message.state, message.detail) == (State.CANCELLED, "The wish was opened again.")

    def test_closed_anew_it_is_told_with_the_new_words(self, contact: Contact, owner: User) -> None:
        wish = closed(contact)
        plan(at=NOW)
        deciding.rewrite(Message.objects.all(), "Old", "Old words", by=owner, at=NOW)
        reopen(wish, at=NOW)
        later = NOW + timedelta(hours=2)
        wish.decide(WishState.DECLINED, "It can not be done.", tell=True, by=owner, at=later)
        plan(at=later)
        (message,) = planned()
        assert (message.state, message.reason, message.due_at) == (State.PLANNED, "", later + timedelta(minutes=15))
        assert "It can not be done." in text_of(read(build(message)))

    @pytest.mark.parametrize("state", [State.HELD, State.EXPIRED, State.PROPOSED, State.LEASED])
    def test_what_did_not_go_out_comes_back_when_it_is_closed_anew(self, contact: Contact, state: State) -> None:
        wish = closed(contact)
        plan(at=NOW)
        Message.objects.update(state=state)
        assert reopen(wish, at=NOW)
        Wish.objects.update(state="done", decided_at=NOW)
        plan(at=NOW)
        assert planned()[0].state == State.PLANNED

    @pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.SUBMITTING])
    def test_who_was_told_is_not_told_twice(self, contact: Contact, state: State) -> None:
        wish = closed(contact)
        plan(at=NOW)
        Message.objects.update(state=state, attempts=1)
        assert not reopen(wish, at=NOW)
        Wish.objects.update(state="done", decided_at=NOW)
        plan(at=NOW)
        assert [message.state for message in planned()] == [state]

    def test_the_gate_stops_what_slipped_through(self, contact: Contact) -> None:
        wish = closed(contact)
        plan(at=NOW)
        Wish.objects.filter(pk=wish.pk).reopen()
        assert rule(planned()[0]) == ("cancelled", "no_longer_true")

    def test_the_gate_stops_it_where_the_wish_is_gone(self, contact: Contact) -> None:
        closed(contact)
        plan(at=NOW)
        Wish.objects.all().delete()
        assert rule(planned()[0]) == ("cancelled", "no_longer_true")


class TestGate:
    @pytest.fixture
    def message(self, contact: Contact) -> Message:
        closed(contact)
        plan(at=NOW)
        return planned()[0]

    def test_an_open_complaint_a_late_promise_and_a_new_owner_hold_it(self, message: Message, owner: User) -> None:
        customer = message.customer
        complaint = factories.complaint(customer)
        assert rule(message) == ("held", "open_complaint")
        complaint.delete()
        promise = factories.follow_up(customer, is_promise=True, due_at=NOW - timedelta(days=1))
        assert rule(message) == ("held", "overdue_promise")
        promise.delete()
        assert rule(message) is None

    def test_a_bad_answer_does_not_for_it_may_be_what_they_answered(self, message: Message) -> None:
        assert message.contact is not None
        factories.response(factories.invitation(message.contact), 3, answered_at=NOW - timedelta(days=2))
        assert rule(message) is None

    @pytest.mark.parametrize(
        ("customers", "contacts", "name"),
        [
            ({"lost_on": NOW.date()}, {}, "lost"),
            ({"do_not_contact": True}, {}, "do_not_contact"),
            ({}, {"do_not_contact": True}, "do_not_contact"),
            ({}, {"deceased": True}, "deceased"),
        ],
    )
    def test_who_is_gone_or_wants_to_be_left_alone_gets_none(
        self, message: Message, customers: dict[str, Any], contacts: dict[str, Any], name: str
    ) -> None:
        Customer.objects.update(**customers or {"cadence_days": 30})
        Contact.objects.update(**contacts or {"phone": "1"})
        assert rule(message) == ("cancelled", name)

    def test_another_mail_of_the_last_days_puts_it_off(self, message: Message) -> None:
        factories.message(message.contact, kind="thank_you", state=State.SENT, finished_at=NOW - timedelta(days=2))
        assert rule(message) == ("planned", "budget")

    @pytest.mark.parametrize(
        ("at", "name"),
        [(datetime(2026, 11, 27, 22, tzinfo=UTC), "quiet_hours"), (datetime(2026, 11, 28, 10, tzinfo=UTC), "holiday")],
    )
    def test_it_waits_for_the_day_and_for_a_working_day(self, message: Message, at: datetime, name: str) -> None:
        assert rule(message, at) == ("planned", name)


class TestTheMail:
    @pytest.mark.parametrize(
        ("language", "tone", "subject", "words"),
        [
            ("en", "formal", "Your wish, Amira", "Dear Amira,"),
            ("en", "friendly", "You asked, Amira", "Hi Amira,"),
            ("de", "formal", "Ihr Wunsch, Amira", "Guten Tag Amira,"),
            ("de", "friendly", "Dein Wunsch, Amira", "Hallo Amira,"),
            ("sv", "formal", "Your wish, Amira", "Dear Amira,"),
        ],
    )
    def test_it_says_what_they_said_and_what_we_did(
        self, contact: Contact, language: str, tone: str, subject: str, words: str
    ) -> None:
        Contact.objects.update(language=language, tone=tone)
        closed(contact, text="Invoices by e-mail", outcome="Since today.\nTo this address.")
        plan(at=NOW)
        mail = read(build(planned()[0]))
        assert mail["Subject"] == subject
        assert text_of(mail).startswith(words)
        assert "\n\nInvoices by e-mail\n\n" in text_of(mail)
        assert "\n\nSince today.\nTo this address.\n\n" in text_of(mail)
        assert ">Since today.<br>To this address.</blockquote>" in html_of(mail)

    def test_its_foot_says_why_it_comes_and_leads_to_the_preferences(self, contact: Contact) -> None:
        closed(contact)
        plan(at=NOW)
        mail = read(build(planned()[0]))
        assert mail["List-Unsubscribe"] is None
        for part in (text_of(mail), html_of(mail)):
            assert "You get this mail because you told Nordlicht AB what you would like." in part
            assert preference_link(contact.pk) in part
            assert "111 22 Stockholm" in part
            assert "unsubscribe" not in part

    @pytest.mark.parametrize(
        "worst", ["<script>alert(1)</script>", "{sender} {outcome} {{x}}", "عبد الرحمن", "\r\nBcc: x"]
    )
    def test_nothing_in_a_wish_can_break_it(self, contact: Contact, worst: str) -> None:
        closed(contact, text=worst, outcome=worst)
        plan(at=NOW)
        mail = read(build(planned()[0]))
        assert "<script>" not in html_of(mail)
        assert mail["Bcc"] is None
        assert worst.strip() in text_of(mail)

    def test_it_can_not_be_written_without_the_wish(self, contact: Contact) -> None:
        closed(contact)
        plan(at=NOW)
        Wish.objects.all().delete()
        with pytest.raises(Unwritable, match=r"nothing to put in for \{wish\}"):
            build(planned()[0])
