"""The preview of a recap: whatever is typed, as each of those who are ticked would read it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import Interaction, Kind
from outreach.models import Message
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
def jonas(customer: Customer) -> Contact:
    return factories.contact(customer, name="Jonas Weber", language="de", tone="friendly", preferred_name="Jonas")


@pytest.fixture
def meeting(amira: Contact) -> Interaction:
    return factories.interaction(amira.customer, kind=Kind.MEETING, contact=amira, notes="They want two.")


def page(meeting: Interaction) -> str:
    return f"/interactions/{meeting.pk}/recap/preview/"


def posted(*to: Contact, text: str = "They want two.") -> dict[str, Any]:
    return {"contacts": [str(contact.pk) for contact in to], "text": text}


@pytest.mark.parametrize("text", ["\x00", "👩🏽‍💻 \u202e", "<script>", "{{" * 3000, "{sender} {nothing}"])
def test_the_preview_takes_whatever_is_typed(
    meeting: Interaction, amira: Contact, jonas: Contact, owner: User, login: Login, text: str
) -> None:
    answer = login(owner).post(page(meeting), posted(amira, jonas, text=text))
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert "<script>" not in shown
    assert "As Amira Haddad will get it" in shown
    assert "Hallo Jonas" in shown or "There is no text yet." in shown
    nobody = login(owner).post(page(meeting), {"text": text, "contacts": ["x"]}).content.decode()
    assert "Choose who is to get it" in nobody
    assert not Message.objects.exists()


def test_the_preview_reads_five_and_counts_the_others(meeting: Interaction, owner: User, login: Login) -> None:
    contacts = [factories.contact(meeting.customer) for _number in range(8)]
    shown = login(owner).post(page(meeting), posted(*contacts)).content.decode()
    assert shown.count("will get it") == 5 * 2
    assert "and 3 more" in shown
