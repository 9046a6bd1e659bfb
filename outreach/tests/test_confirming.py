"""Whether a promise is done, as the customer says: the mail that asks, when it goes out, and what the answer does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import FollowUp
from outreach import gate
from outreach.confirming import SAID_WITHIN, confirmation_link, token_for
from outreach.delivery import deliver
from outreach.models import Approval, Message, MessageKind, Notification, PromiseMail, Said, State
from outreach.planning import plan
from outreach.tests.reading import build, html_of, read, text_of
from retention_crm.lib.masking import mask
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def now(time_machine: Any, company: Company, settings: Any) -> None:
    # Nobody else counts with these.
    shared = settings.CACHES["shared"] | {"KEY_PREFIX": uuid4().hex}
    settings.CACHES = settings.CACHES | {"shared": shared}
    time_machine.move_to(NOW, tick=False)
    Company.objects.update(confirm_promises=True)


@pytest.fixture
def amira(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira")


@pytest.fixture
def promise(amira: Contact, owner: User) -> FollowUp:
    """Kept just now."""
    made = factories.follow_up(amira.customer, title="Send {samples}", is_promise=True, due_at=NOW)
    made.finish(owner, NOW)
    return made


def asked() -> list[Message]:
    return list(Message.objects.filter(kind=MessageKind.PROMISE_KEPT).order_by("pk"))


def rule(message: Message, at: Any = None) -> str | None:
    found = gate.check(gate.load([message.pk]), at=at or message.due_at, company=Company.current())
    return found[message.pk].rule if message.pk in found else None


class TestPlanning:
    def test_a_quarter_of_an_hour_later_the_main_contact_is_asked_once(self, promise: FollowUp, amira: Contact) -> None:
        for at in (NOW, NOW, NOW + timedelta(days=1)):
            plan(at=at)
        (message,) = asked()
        assert (message.occasion, message.contact, message.state) == (f"promise:{promise.pk}:0", amira, State.PLANNED)
        assert message.due_at == NOW + timedelta(minutes=15)
        assert rule(message) is None

    def test_it_is_off_until_the_company_wants_it(self, promise: FollowUp) -> None:
        assert Company().confirm_promises is False
        Company.objects.update(confirm_promises=False)
        plan(at=NOW)
        assert asked() == []

    def test_whom_it_was_promised_to_is_asked(self, promise: FollowUp) -> None:
        jonas = factories.contact(promise.customer)
        FollowUp.objects.update(source=factories.interaction(promise.customer, contact=jonas))
        plan(at=NOW)
        assert [message.contact for message in asked()] == [jonas]

    @pytest.mark.parametrize(
        "fields", [{"is_promise": False}, {"is_released": True}, {"done_at": None}, {"confirmed_at": NOW}]
    )
    def test_only_what_was_promised_and_done_is_asked_about(self, promise: FollowUp, fields: dict[str, Any]) -> None:
        FollowUp.objects.update(**fields)
        plan(at=NOW)
        assert asked() == []

    @pytest.mark.parametrize(("days", "number"), [(2, 1), (4, 0)])
    def test_after_days_without_a_worker_it_is_made_up_for(self, promise: FollowUp, days: int, number: int) -> None:
        plan(at=NOW + timedelta(days=days))
        assert len(asked()) == number

    @pytest.mark.parametrize("spoil", [{"email": ""}, {"deceased": True}, {"do_not_contact": True}])
    def test_who_can_not_be_written_to_is_left_out(self, promise: FollowUp, spoil: dict[str, Any]) -> None:
        Contact.objects.update(**spoil)
        plan(at=NOW)
        assert asked() == []

    def test_it_waits_for_approval_where_such_mails_do(self, promise: FollowUp) -> None:
        Approval.objects.create(kind=MessageKind.PROMISE_KEPT)
        plan(at=NOW)
        assert [message.state for message in asked()] == [State.PROPOSED]

    def test_what_is_opened_again_is_not_told_and_done_anew_it_is(self, promise: FollowUp, owner: User) -> None:
        plan(at=NOW)
        promise.reopen()
        (message,) = asked()
        assert rule(message) == "no_longer_true"
        deliver(now=lambda: NOW + timedelta(minutes=20))
        promise.finish(owner, NOW + timedelta(hours=1))
        plan(at=NOW + timedelta(hours=1))
        (again,) = asked()
        assert (again.pk, again.state) == (message.pk, State.PLANNED)
        assert again.due_at == NOW + timedelta(hours=1, minutes=15)

    @pytest.mark.django_db(transaction=True)
    def test_two_planners_at_once_plan_one(self, promise: FollowUp) -> None:
        at_once(lambda: plan(at=NOW), 2)
        assert len(asked()) == PromiseMail.objects.count() == 1

    def test_it_obeys_the_budget_and_what_is_owed(self, promise: FollowUp, amira: Contact) -> None:
        plan(at=NOW)
        (message,) = asked()
        thanked = {"state": State.SENT, "finished_at": NOW - timedelta(days=1), "kind": MessageKind.THANK_YOU}
        note = factories.message(amira, **thanked)
        assert rule(message) == "budget"
        note.delete()
        factories.complaint(promise.customer)
        assert rule(message) == "open_complaint"


def test_the_mail_says_what_was_promised_and_has_two_links_no_log_keeps(promise: FollowUp) -> None:
    plan(at=NOW)
    (message,) = asked()

    mail = read(build(message))

    assert mail["Subject"] == "Done: Send {samples}"
    link, text = confirmation_link(message.pk), text_of(mail)
    assert "we promised you: Send {samples}. It is done." in text
    assert f"Yes, it is done:\n{link}\n\nNot done yet:\n{link}?said=not_yet" in text
    assert f'href="{link}?said=not_yet"' in html_of(mail)
    assert "because Nordlicht AB promised you something" in text.replace("\n", " ")
    assert token_for(message.pk) not in mask(text)


class TestAnswering:
    @pytest.fixture
    def mail(self, amira: Contact) -> PromiseMail:
        return factories.promise_mail(amira, title="Send samples")

    def page(self, mail: PromiseMail) -> str:
        return f"/k/{token_for(mail.pk)}/"

    def test_what_a_scanner_opens_records_nothing(self, mail: PromiseMail, client: Client) -> None:
        for query in ("", "?said=not_yet", "?said=done"):
            answer = client.get(self.page(mail) + query)
            assert answer.status_code == 200 and answer.headers["Referrer-Policy"] == "no-referrer"
            client.head(self.page(mail) + query)
        client.post(self.page(mail))
        client.post(self.page(mail), {"said": "x"})
        client.post(self.page(mail), {"List-Unsubscribe": "One-Click"})
        mail.refresh_from_db()
        assert (mail.said, mail.follow_up.confirmed_at) == ("", None)

    def test_one_click_confirms_it_once(self, mail: PromiseMail, client: Client, amira: Contact) -> None:
        answer = client.post(self.page(mail), {"said": "done"})

        promise = FollowUp.objects.get()
        assert (promise.confirmed_at, promise.confirmed_by) == (NOW, amira)
        assert "Thank you for telling us that it is done." in answer.content.decode()
        client.post(self.page(mail), {"said": "done"})
        mail.refresh_from_db()
        assert (mail.said, mail.said_at) == (Said.DONE, NOW)
        assert not Notification.objects.exists()

    def test_not_done_yet_opens_it_again_and_tells_whose_it_is(
        self, mail: PromiseMail, client: Client, owner: User, teammate: User
    ) -> None:
        FollowUp.objects.update(assignee=teammate)

        answer = client.post(self.page(mail), {"said": "not_yet", "word": "Half of\x00 them are missing"})

        promise = FollowUp.objects.get()
        assert (promise.is_open, promise.disputed, promise.confirmed_at) == (True, 1, None)
        assert "We will see to it" in answer.content.decode()
        told = Notification.objects.order_by("person__name")
        assert [one.person for one in told] == [owner, teammate]
        assert {(one.kind, one.words) for one in told} == {("disputed", "Send samples: Half of them are missing")}
        promise.customer.refresh_from_db()
        assert promise.customer.risk_stale_since == NOW
        # Said twice it is said once; and what is open can not be confirmed by an old link.
        client.post(self.page(mail), {"said": "not_yet"})
        client.post(self.page(mail), {"said": "done"})
        promise.refresh_from_db()
        assert (promise.is_open, promise.disputed) == (True, 1)
        assert Notification.objects.count() == 2

    def test_done_at_last_it_is_asked_about_anew_and_the_old_link_changes_nothing(
        self, mail: PromiseMail, client: Client, owner: User
    ) -> None:
        client.post(self.page(mail), {"said": "not_yet"})
        promise = FollowUp.objects.get()
        promise.finish(owner, NOW)
        client.post(self.page(mail), {"said": "done"})
        promise.refresh_from_db()
        assert promise.confirmed_at is None

        plan(at=NOW)

        again = PromiseMail.objects.get(round=1)
        assert again.message.occasion == f"promise:{promise.pk}:1"
        Message.objects.update(state=State.SENT)
        client.post(self.page(again), {"said": "done"})
        promise.refresh_from_db()
        assert promise.confirmed_at == NOW

    def test_who_confirmed_may_find_later_that_it_was_not_done(self, mail: PromiseMail, client: Client) -> None:
        client.post(self.page(mail), {"said": "done"})
        client.post(self.page(mail), {"said": "not_yet"})
        promise = FollowUp.objects.get()
        assert (promise.is_open, promise.confirmed_at, promise.disputed) == (True, None, 1)

    @pytest.mark.parametrize("spoil", ["changed", "old", "not_sent", "erased", "nonsense"])
    def test_every_link_that_does_not_work_leads_to_the_same_page(
        self, mail: PromiseMail, amira: Contact, client: Client, spoil: str
    ) -> None:
        address = self.page(mail)
        if spoil == "changed":
            address = address[:-3] + ("AA/" if address[-3:] != "AA/" else "BB/")
        elif spoil == "old":
            Message.objects.update(dated_at=NOW - SAID_WITHIN)
        elif spoil == "not_sent":
            Message.objects.update(state=State.HELD)
        elif spoil == "erased":
            Contact.objects.filter(pk=amira.pk).delete()
        else:
            address = "/k/nonsense/"
        for answer in (client.get(address), client.post(address, {"said": "done"})):
            assert answer.status_code == 404
            assert "This link does not work" in answer.content.decode()
        assert not FollowUp.objects.confirmed().exists()

    @pytest.mark.parametrize("language", ["en", "de", "fr", "es", "sv", "ar", "ja"])
    def test_the_page_speaks_the_readers_language(self, mail: PromiseMail, client: Client, language: str) -> None:
        Contact.objects.update(language=language)
        shown = client.post(self.page(mail), {"said": "done"}).content.decode()
        assert f'<html lang="{language}"' in shown and "Send samples" in shown

    def test_it_is_shown_at_the_promise_and_counted(
        self, mail: PromiseMail, client: Client, owner: User, login: Login
    ) -> None:
        other = factories.follow_up(mail.follow_up.customer, title="Call back", is_promise=True, due_at=NOW)
        other.finish(owner, NOW)
        client.post(self.page(mail), {"said": "done"})
        browser = login(owner)

        page = " ".join(browser.get(reverse("promises")).content.decode().split())
        only = browser.get(reverse("promises"), {"figure": "confirmed"}).content.decode()
        timeline = browser.get(reverse("customer_timeline", args=[other.customer_id])).content.decode()

        assert "<strong>1</strong> <span> of 2 kept confirmed by the customer" in page
        assert "Send samples" in only and "Call back" not in only
        assert "Confirmed by <bdi>Amira Haddad</bdi>" in timeline

    @pytest.mark.django_db(transaction=True)
    def test_several_at_once_answer_once(self, mail: PromiseMail) -> None:
        def say() -> int:
            return Client().post(self.page(mail), {"said": "not_yet"}).status_code

        assert at_once(say, 4) == [200] * 4
        assert FollowUp.objects.get().disputed == 1
        assert Notification.objects.count() == 1
