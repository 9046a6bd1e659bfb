"""What staff read in mails is in their own language."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Customer
from outreach.models import MessageKind
from outreach.tests.reading import a_message, build, html_of, read, text_of
from tests import factories
from tests.factories import NOW


@pytest.fixture(autouse=True)
def site(settings: Any, company: Company) -> None:
    settings.SITE_URL = "https://crm.example.com"
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"


def test_a_digest_is_in_the_language_of_its_reader(customer: Customer, owner: User) -> None:
    owner.language = "de"
    factories.follow_up(customer, title="Preisliste", is_promise=True, due_at=NOW + timedelta(hours=4))
    quiet = factories.customer(owner, name="Haddad & Söhne")
    factories.interaction(quiet, happened_at=NOW - timedelta(days=41))
    mail = read(build(a_message(None, MessageKind.OVERDUE_DIGEST, recipient=owner), NOW))
    assert mail["Subject"].startswith("Donnerstag, 26. November: 1 Sache zu erledigen")
    text = text_of(mail)
    assert text.startswith("Guten Morgen Mia Berg,")
    assert "Zugesagt für heute, 14:00." in text
    assert "Seit 41 Tagen still; vereinbart war alle 30 Tage." in text
    assert '<html lang="de"' in html_of(mail)


def test_a_digest_has_the_dates_of_its_reader(customer: Customer, owner: User) -> None:
    owner.day_format = "d/m/Y"
    factories.follow_up(customer, title="Price list", due_at=NOW - timedelta(days=2))
    mail = read(build(a_message(None, MessageKind.OVERDUE_DIGEST, recipient=owner), NOW))
    assert mail["Subject"].startswith("Thursday, 26/11: 1 thing to do")
    assert "Planned for Tuesday, 24/11." in text_of(mail)


@pytest.mark.parametrize("kind", [MessageKind.OVERDUE_DIGEST, MessageKind.WEEKLY])
def test_colleagues_of_two_languages_are_told_in_one_batch(kind: str, customer: Customer, manager: User) -> None:
    """The second mail is not in the language of the first."""
    factories.complaint(customer)
    factories.interaction(customer, happened_at=NOW - timedelta(days=80))
    factories.follow_up(customer, assignee=manager, due_at=NOW)
    message = a_message(None, kind, recipient=manager)
    said = []
    for language in ("de", "en"):
        manager.language = language
        said.append(text_of(read(build(message, NOW)))[:11])
    assert said == ["Guten Morge", "Good mornin"]
