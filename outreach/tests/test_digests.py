"""What colleagues are told in the morning, and managers of customers who were left alone."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Customer
from outreach.composing import Unwritable
from outreach.models import Message, MessageKind, State
from outreach.tests.reading import a_message, build, html_of, read, text_of
from tests import factories
from tests.factories import NOW

SITE = "https://crm.example.com"


@pytest.fixture(autouse=True)
def site(settings: Any, company: Company) -> None:
    settings.SITE_URL = SITE
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"


def digest(reader: User, at: datetime = NOW) -> EmailMessage:
    return read(build(a_message(None, MessageKind.OVERDUE_DIGEST, recipient=reader), at))


def test_the_digest_lists_what_is_due_and_who_has_gone_quiet(customer: Customer, owner: User) -> None:
    factories.follow_up(customer, title="Send the price list", is_promise=True, due_at=NOW + timedelta(hours=4))
    factories.follow_up(customer, title="Ask about the fair", due_at=NOW - timedelta(days=2))
    factories.follow_up(customer, title="Tomorrow's matter", due_at=NOW + timedelta(days=1))
    quiet = factories.customer(owner, name="Haddad & Söhne")
    factories.interaction(quiet, happened_at=NOW - timedelta(days=41))
    factories.interaction(customer, happened_at=NOW - timedelta(days=3))
    mail = digest(owner)
    text = text_of(mail)
    assert mail["Subject"] == "Thursday 26 November: 2 things to do, 1 customer gone quiet"
    assert mail["To"].addresses[0].addr_spec == "mia@example.com"
    assert mail["From"].addresses[0].addr_spec == "crm@example.com"
    assert mail["Reply-To"] is None
    assert mail["List-Unsubscribe"] is None
    assert "Lindqvist AB: Send the price list\n  Promised for today, 14:00.\n" in text
    assert "Lindqvist AB: Ask about the fair\n  Planned for Tuesday 24 November.\n" in text
    assert "Tomorrow's matter" not in text
    assert f"- Haddad & Söhne\n  Quiet for 41 days; agreed was every 30 days.\n  {SITE}/customers/{quiet.pk}/" in text
    assert "Haddad &amp; Söhne" in html_of(mail)
    assert f'href="{SITE}/customers/{quiet.pk}/"' in html_of(mail)


def test_the_digest_goes_by_the_readers_own_day(customer: Customer, owner: User) -> None:
    owner.time_zone = "Pacific/Auckland"
    owner.save()
    factories.interaction(customer, happened_at=NOW)
    factories.follow_up(customer, title="Early in Auckland", due_at=NOW + timedelta(hours=14))
    late = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
    mail = digest(owner, late)
    assert mail["Subject"].startswith("Friday 27 November")
    assert "Early in Auckland" in text_of(mail)


def test_a_digest_with_nothing_left_in_it_is_not_written(customer: Customer, owner: User) -> None:
    factories.interaction(customer, happened_at=NOW)
    with pytest.raises(Unwritable) as refused:
        digest(owner)
    assert refused.value.reason == "nothing_to_say"


def test_a_long_digest_is_cut_and_counts_the_rest(owner: User) -> None:
    group = factories.segment(10)
    for number in range(23):
        factories.customer(owner, name=f"Quiet {number:02}", segment=group)
    text = text_of(digest(owner))
    assert "Gone quiet (23)" in text
    assert text.count("agreed was every 10 days") == 20
    assert f"- and 3 more\n  {SITE}/" in text


def test_names_in_a_digest_stay_text(owner: User) -> None:
    factories.customer(owner, name='<img src=x onerror="1"> {list} {{x}}')
    mail = digest(owner)
    assert '<img src=x onerror="1"> {list} {{x}}' in text_of(mail)
    assert "<img" not in html_of(mail)
    assert "{list} {{x}}" in html_of(mail)


def test_a_manager_hears_of_each_customer_once(owner: User, manager: User) -> None:
    quiet = factories.customer(owner, name="Kovács Kft")
    factories.interaction(quiet, happened_at=NOW - timedelta(days=46))
    message = a_message(None, MessageKind.ESCALATION, recipient=manager)
    mail = read(build(message))
    assert mail["Subject"] == "Please look into it: 1 customer"
    assert "- Kovács Kft\n  Quiet for 46 days; agreed was every 30 days. Looked after by Mia Berg.\n" in text_of(mail)
    Message.objects.filter(pk=message.pk).update(state=State.SENT, finished_at=NOW)
    with pytest.raises(Unwritable) as refused:
        build(a_message(None, MessageKind.ESCALATION, recipient=manager), NOW + timedelta(days=1))
    assert refused.value.reason == "nothing_to_say"
