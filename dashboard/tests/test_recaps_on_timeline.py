"""What the timeline says of the recap of a conversation, and who is led from there to sending one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company, User, Visibility
from customers.models import Contact, Customer
from interactions.models import Interaction, Kind
from outreach.models import Message, State
from outreach.recapping import plan_recaps
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def now(time_machine: Any, company: Company) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def amira(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad")


@pytest.fixture
def meeting(amira: Contact) -> Interaction:
    began = NOW - timedelta(minutes=10)
    return factories.interaction(
        amira.customer, kind=Kind.MEETING, contact=amira, notes="They want two.", happened_at=began
    )


def timeline(meeting: Interaction, browser: Client) -> str:
    return browser.get(f"/customers/{meeting.customer_id}/timeline/").content.decode()


def test_it_says_how_soon_the_recap_was_sent_and_leads_to_it(
    meeting: Interaction, amira: Contact, owner: User, login: Login
) -> None:
    browser = login(owner)
    assert "Send recap" in timeline(meeting, browser)
    ((message,), _refused) = plan_recaps(meeting, [amira], "Said", by=owner, at=NOW)
    assert "Recap on its way" in timeline(meeting, browser)
    Message.objects.update(state=State.SENT, finished_at=NOW + timedelta(minutes=2))
    shown = timeline(meeting, browser)
    assert "Recap sent, 12 minutes after the meeting" in shown
    assert f"/messages/{message.pk}/" in shown
    assert "Send it to somebody else" in shown
    Message.objects.update(state=State.CANCELLED)
    assert "Send recap" in timeline(meeting, browser)


@pytest.mark.parametrize(
    ("kind", "ago", "words"),
    [
        (Kind.CALL, timedelta(days=3), "Recap sent, 3 days after the call"),
        (Kind.VISIT, timedelta(minutes=1), "Recap sent, 1 minute after the visit"),
        (Kind.VISIT, timedelta(hours=-1), "Recap sent at once"),
    ],
)
def test_it_speaks_of_calls_and_visits(
    meeting: Interaction, amira: Contact, owner: User, login: Login, kind: Kind, ago: timedelta, words: str
) -> None:
    Interaction.objects.update(kind=kind, happened_at=NOW - ago)
    plan_recaps(meeting, [amira], "Said", by=owner, at=NOW)
    Message.objects.update(state=State.SENT, finished_at=NOW)
    assert words in timeline(meeting, login(owner))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.HELD, "Recap held"),
        (State.FAILED, "Recap refused"),
        (State.UNKNOWN, "not known whether it arrived"),
        (State.PROPOSED, "Recap waits for approval"),
    ],
)
def test_it_says_what_became_of_one_that_was_not_sent(
    meeting: Interaction, amira: Contact, owner: User, login: Login, state: State, words: str
) -> None:
    plan_recaps(meeting, [amira], "Said", by=owner, at=NOW)
    Message.objects.update(state=state, finished_at=NOW)
    assert words in timeline(meeting, login(owner))


def test_of_several_readers_each_is_named(meeting: Interaction, amira: Contact, owner: User, login: Login) -> None:
    other = factories.contact(meeting.customer, name="Jonas Weber")
    plan_recaps(meeting, [amira, other], "Said", by=owner, at=NOW)
    shown = timeline(meeting, login(owner))
    assert "(<bdi>Amira Haddad</bdi>)" in shown
    assert "(<bdi>Jonas Weber</bdi>)" in shown


def test_who_may_only_read_is_not_led_to_sending(
    meeting: Interaction, amira: Contact, owner: User, outsider: User, login: Login
) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    plan_recaps(meeting, [amira], "Said", by=owner, at=NOW)
    shown = timeline(meeting, login(outsider))
    assert "Recap on its way" in shown
    assert f"/interactions/{meeting.pk}/recap/" not in shown
