"""Notices by mail: once to each customer, in time, not to those told otherwise, and ticked off when they went out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Company
from customers.models import Contact, Customer
from interactions.models import CallBecause, FollowUp, How, NoticeFor
from outreach.approving import ask_for
from outreach.bounces.noting import Happening, What, take_note
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from outreach.preferences import preference_link
from outreach.taking_back import tell_otherwise, withdraw
from outreach.tests.gate_rulings import rule
from outreach.tests.reading import build, html_of, read, text_of
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

pytestmark = pytest.mark.django_db
SAVED = NOW - timedelta(hours=3)
DUE = SAVED + timedelta(hours=1)
WORDS = "From January on we charge three per cent more.\n\nOpen orders keep their price."


@pytest.fixture
def contact(company: Company, customer: Customer) -> Contact:
    company.postal_address = "Storgatan 1\n111 22 Stockholm"
    company.save()
    Customer.objects.update(country="SE", time_zone="Europe/Stockholm")
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira")


@pytest.fixture
def row(contact: Contact) -> NoticeFor:
    """To be told by mail since three hours, by 1 December."""
    contact.customer.refresh_from_db()
    return factories.notice_for(contact.customer, How.MAIL, at=SAVED, title="New prices", words=WORDS)


def planned() -> list[Message]:
    return list(Message.objects.filter(kind=MessageKind.NOTICE).order_by("pk"))


class TestPlanning:
    def test_once_to_the_main_contact_an_hour_after_it_was_saved(self, row: NoticeFor, contact: Contact) -> None:
        factories.contact(contact.customer)
        plan(at=NOW)
        plan(at=NOW + timedelta(hours=1))
        (message,) = planned()
        assert message.occasion == f"notice:{row.notice_id}:{contact.pk}"
        assert (message.contact, message.customer, message.notice_for) == (contact, contact.customer, row)
        assert (message.state, message.due_at, message.dated_at) == (State.PLANNED, DUE, DUE)

    def test_it_is_in_time_until_the_day_is_over_and_three_days_at_least(self, row: NoticeFor) -> None:
        plan(at=NOW)
        assert planned()[0].expires_at == datetime(2026, 12, 1, 23, tzinfo=UTC)

    def test_where_the_day_is_near_it_is_in_time_for_three_days(self, contact: Contact) -> None:
        factories.notice_for(contact.customer, How.MAIL, at=SAVED, tell_by=TODAY)
        plan(at=NOW)
        assert planned()[0].expires_at == DUE + timedelta(days=3)

    def test_a_late_run_plans_the_same(self, row: NoticeFor) -> None:
        plan(at=NOW + timedelta(days=4))
        plan(at=NOW + timedelta(days=4, hours=1))
        assert [message.due_at for message in planned()] == [DUE]

    def test_after_the_day_it_is_for_a_person_to_call(self, row: NoticeFor) -> None:
        plan(at=datetime(2026, 12, 1, 23, 1, tzinfo=UTC))
        assert planned() == []

    @pytest.mark.django_db(transaction=True)
    def test_two_planners_at_once_plan_one(self, row: NoticeFor) -> None:
        at_once(lambda: plan(at=NOW), 2)
        assert len(planned()) == 1

    def test_a_tick_with_nothing_new_writes_nothing(self, row: NoticeFor) -> None:
        assert plan(at=NOW)["notice"] == 1
        assert plan(at=NOW + timedelta(minutes=1))["notice"] == 0

    @pytest.mark.parametrize("how", [How.CALL, How.IN_PERSON])
    def test_who_is_told_by_a_person_gets_no_mail(self, contact: Contact, how: str) -> None:
        factories.notice_for(contact.customer, how, at=SAVED)
        plan(at=NOW)
        assert planned() == []

    @pytest.mark.parametrize(
        "spoil", [{"email": ""}, {"deceased": True}, {"do_not_contact": True}, {"is_primary": False}]
    )
    def test_who_can_not_be_written_to_is_left_to_the_owner(self, row: NoticeFor, spoil: dict[str, Any]) -> None:
        Contact.objects.update(**spoil)
        plan(at=NOW)
        assert planned() == []
        assert FollowUp.objects.get().is_open

    def test_another_main_contact_does_not_hear_it_again(self, row: NoticeFor, contact: Contact) -> None:
        plan(at=NOW)
        Contact.objects.update(is_primary=False)
        factories.contact(contact.customer, is_primary=True)
        plan(at=NOW)
        assert len(planned()) == 1

    def test_it_waits_for_approval_where_notices_do(self, row: NoticeFor, contact: Contact) -> None:
        ask_for([("notice", contact.customer.segment_id)])
        plan(at=NOW)
        assert planned()[0].state == State.PROPOSED


class TestTickingOff:
    def test_a_mail_that_went_out_ends_the_task(self, row: NoticeFor) -> None:
        plan(at=NOW)
        sent = NOW + timedelta(minutes=2)
        Message.objects.update(state=State.SENT, finished_at=sent)
        plan(at=NOW + timedelta(minutes=5))
        task = FollowUp.objects.get()
        assert (task.done_at, task.done_by) == (sent, None)
        assert NoticeFor.objects.told().count() == 1

    @pytest.mark.parametrize("state", [State.PLANNED, State.HELD, State.FAILED, State.UNKNOWN, State.EXPIRED])
    def test_one_that_did_not_leaves_it_to_the_owner(self, row: NoticeFor, state: State) -> None:
        plan(at=NOW)
        Message.objects.update(state=state, finished_at=NOW)
        plan(at=NOW + timedelta(minutes=5))
        assert FollowUp.objects.get().is_open

    def test_who_ended_the_task_before_stands(self, row: NoticeFor, contact: Contact) -> None:
        plan(at=NOW)
        FollowUp.objects.get().finish(contact.customer.owner, NOW)
        Message.objects.update(state=State.SENT, finished_at=NOW + timedelta(hours=1))
        plan(at=NOW + timedelta(hours=2))
        assert FollowUp.objects.get().done_at == NOW


class TestComingBack:
    @pytest.fixture
    def sent(self, row: NoticeFor) -> Message:
        plan(at=NOW)
        Message.objects.update(state=State.SENT, sent_to="amira@lindqvist.example", finished_at=NOW, attempts=1)
        return planned()[0]

    def came_back(self, message: Message, what: What = What.BOUNCED) -> None:
        happening = Happening(f"{what}:{message.pk}", what, NOW + timedelta(hours=1), message=message, words="5.1.1")
        take_note([happening], at=NOW + timedelta(hours=1))

    @pytest.mark.parametrize("what", [What.BOUNCED, What.REFUSED])
    def test_who_was_told_by_a_mail_that_came_back_is_to_be_called(
        self, row: NoticeFor, sent: Message, what: What
    ) -> None:
        plan(at=NOW)
        assert NoticeFor.objects.told().count() == 1
        self.came_back(sent, what)
        self.came_back(sent, what)
        plan(at=NOW + timedelta(hours=2))
        row.refresh_from_db()
        assert (row.how, row.reasons, row.is_to_be_told) == (How.CALL, [CallBecause.NO_MAIL], True)
        assert len(planned()) == 1

    def test_one_that_comes_back_before_it_was_ticked_off_is_not(self, row: NoticeFor, sent: Message) -> None:
        self.came_back(sent)
        plan(at=NOW + timedelta(hours=2))
        assert NoticeFor.objects.untold().count() == 1

    def test_who_was_told_in_person_meanwhile_was_told(self, row: NoticeFor, sent: Message, contact: Contact) -> None:
        task = FollowUp.objects.get()
        task.finish(contact.customer.owner, NOW)
        self.came_back(sent)
        row.refresh_from_db()
        assert (row.how, row.is_to_be_told) == (How.MAIL, False)

    def test_news_that_was_withdrawn_stays_so(self, row: NoticeFor, sent: Message) -> None:
        withdraw(row.notice, at=NOW)
        self.came_back(sent)
        assert FollowUp.objects.filter(origin="notice").count() == 0

    def test_other_events_leave_it_told(self, row: NoticeFor, sent: Message) -> None:
        plan(at=NOW)
        for what in (What.DELIVERED, What.NOT_YET, What.COMPLAINED):
            self.came_back(sent, what)
        row.refresh_from_db()
        assert (row.how, row.is_to_be_told) == (How.MAIL, False)


class TestToldOtherwise:
    def test_another_way_calls_it_off_and_back_again_brings_it_back(self, row: NoticeFor) -> None:
        plan(at=NOW)
        tell_otherwise(row, How.CALL, at=NOW)
        assert [message.state for message in planned()] == [State.CANCELLED]
        plan(at=NOW)
        assert [message.state for message in planned()] == [State.CANCELLED]
        tell_otherwise(row, How.MAIL, at=NOW)
        plan(at=NOW)
        assert [(message.state, message.due_at) for message in planned()] == [(State.PLANNED, NOW + timedelta(hours=1))]

    @pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.SUBMITTING])
    def test_what_went_out_is_not_sent_again(self, row: NoticeFor, state: State) -> None:
        plan(at=NOW)
        Message.objects.update(state=state, attempts=1)
        tell_otherwise(row, How.CALL, at=NOW)
        tell_otherwise(row, How.MAIL, at=NOW)
        plan(at=NOW)
        assert [message.state for message in planned()] == [state]


class TestGate:
    @pytest.fixture
    def message(self, row: NoticeFor) -> Message:
        plan(at=NOW)
        return planned()[0]

    def test_it_goes_out_despite_a_complaint_a_promise_a_bad_answer_and_other_mails(self, message: Message) -> None:
        customer, contact = message.customer, message.contact
        factories.complaint(customer)
        factories.follow_up(customer, is_promise=True, due_at=NOW - timedelta(days=1))
        factories.response(factories.invitation(contact), 1, answered_at=NOW - timedelta(days=1))
        factories.message(contact, kind="thank_you", state=State.SENT, finished_at=NOW - timedelta(days=1))
        Contact.objects.update(allows_greetings=False, allows_thanks=False, allows_surveys=False)
        assert rule(message) is None

    @pytest.mark.parametrize(
        ("at", "name"),
        [(datetime(2026, 11, 26, 22, tzinfo=UTC), "quiet_hours"), (datetime(2026, 11, 28, 10, tzinfo=UTC), "holiday")],
    )
    def test_it_waits_for_the_day_and_for_a_working_day(self, message: Message, at: datetime, name: str) -> None:
        assert rule(message, at) == ("planned", name)

    @pytest.mark.parametrize(
        ("model", "spoil", "name"),
        [
            (Customer, {"lost_on": TODAY}, "lost"),
            (Customer, {"do_not_contact": True}, "do_not_contact"),
            (Contact, {"do_not_contact": True}, "do_not_contact"),
            (Contact, {"deceased": True}, "deceased"),
        ],
    )
    def test_who_is_gone_or_wants_to_be_left_alone_gets_none(
        self, message: Message, model: Any, spoil: dict[str, Any], name: str
    ) -> None:
        model.objects.update(**spoil)
        assert rule(message) == ("cancelled", name)

    def test_it_is_not_said_again_to_who_was_told(self, message: Message) -> None:
        FollowUp.objects.update(done_at=NOW)
        assert rule(message) == ("cancelled", "no_longer_true")

    def test_nor_to_who_is_to_be_called(self, message: Message) -> None:
        NoticeFor.objects.update(how=How.CALL)
        assert rule(message) == ("cancelled", "no_longer_true")

    def test_nor_when_it_was_withdrawn(self, message: Message, row: NoticeFor) -> None:
        withdraw(row.notice, at=NOW)
        assert planned()[0].state == State.CANCELLED
        Message.objects.update(state=State.PLANNED)
        assert rule(message) == ("cancelled", "no_longer_true")


class TestTheMail:
    @pytest.mark.parametrize(
        ("language", "tone", "begins"),
        [
            ("en", "formal", "Dear Amira,"),
            ("en", "friendly", "Hi Amira,"),
            ("de", "formal", "Guten Tag Amira,"),
            ("de", "friendly", "Hallo Amira,"),
            ("ja", "formal", "Dear Amira,"),
        ],
    )
    def test_it_says_what_it_means_in_the_words_of_the_notice(
        self, row: NoticeFor, language: str, tone: str, begins: str
    ) -> None:
        Contact.objects.update(language=language, tone=tone)
        plan(at=NOW)
        mail = read(build(planned()[0]))
        assert mail["Subject"] == "New prices"
        assert text_of(mail).startswith(begins)
        assert f"\n\n{WORDS}\n\n" in text_of(mail)
        assert "three per cent more.<br><br>Open orders" in html_of(mail)

    def test_its_foot_says_why_it_comes_and_leads_to_the_preferences(self, row: NoticeFor, contact: Contact) -> None:
        plan(at=NOW)
        mail = read(build(planned()[0]))
        assert mail["List-Unsubscribe"] is None
        for part in (text_of(mail), html_of(mail)):
            assert "because it concerns what you get from Nordlicht AB." in part
            assert preference_link(contact.pk) in part
            assert "111 22 Stockholm" in part

    @pytest.mark.parametrize("worst", ["<script>alert(1)</script>", "{sender} {{notice}} {title}", "عبد الرحمن\nمرحبا"])
    def test_nothing_in_a_notice_can_break_it(self, contact: Contact, worst: str) -> None:
        contact.customer.refresh_from_db()
        factories.notice_for(contact.customer, How.MAIL, at=SAVED, title=worst, words=worst)
        plan(at=NOW)
        mail = read(build(planned()[0]))
        assert "<script>" not in html_of(mail)
        assert worst in text_of(mail)
