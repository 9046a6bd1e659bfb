"""Reading the mailbox of bounces over TLS from a server that speaks the real protocol."""

import logging
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from accounts.models import Company
from customers.models import Contact, Customer
from interactions.models import FollowUp
from outreach import tasks
from outreach.bounces.mailbox import CannotRead, read_bounces
from outreach.models import Message, ProviderEvent, State
from outreach.tests.imap_server import CERTIFICATE, FOLDER, PASSWORD, USER, Mails, serving
from outreach.tests.test_notifications import ADDRESS, written
from retention_crm.environment import Environment, Mailbox
from tests import factories
from tests.factories import NOW

TRUSTING = ssl.create_default_context(cafile=str(CERTIFICATE))


@pytest.fixture
def mails() -> Iterator[Mails]:
    with serving() as mails:
        yield mails


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    settings.BOUNCE_ADDRESS = "bounces@example.com"


@pytest.fixture
def message(customer: Customer, company: Company) -> Message:
    contact: Contact = factories.contact(customer, name="Amira Haddad", email=ADDRESS)
    return factories.message(contact, state=State.SENT, sent_to=ADDRESS)


def box(mails: Mails) -> Mailbox:
    return Mailbox("localhost", mails.port, USER, PASSWORD, FOLDER)


def read(mails: Mails) -> Counter[str]:
    return read_bounces(box(mails), at=NOW, context=TRUSTING)


def test_bounces_are_noted_and_marked_as_seen(mails: Mails, message: Message) -> None:
    uids = [mails.add(written(name, message)) for name in ("postfix", "arrived", "out_of_office")]
    assert read(mails) == {"bounced": 1, "delivered": 1}
    assert [mails.flags[uid] for uid in uids] == [{"\\Seen"}] * 3
    assert message.provider_events.count() == 2
    assert FollowUp.objects.count() == 1
    assert read(mails) == {}
    assert mails.said.count("FETCH") == 3


def test_what_nobody_understands_is_left_unseen_and_told_of_once(
    mails: Mails, message: Message, caplog: pytest.LogCaptureFixture
) -> None:
    strange = [mails.add(written("a_letter", message)), mails.add(b"\xff\x00 nothing")]
    good = mails.add(written("gmail", message))
    with caplog.at_level(logging.WARNING):
        assert read(mails) == {"left": 2, "bounced": 1}
        assert read(mails) == {}
    assert [mails.flags[uid] for uid in strange] == [{"\\Flagged"}] * 2
    assert mails.flags[good] == {"\\Seen"}
    assert len(caplog.records) == 2
    assert "is left unread and flagged" in caplog.text


def test_a_line_that_breaks_loses_and_doubles_nothing(mails: Mails, message: Message) -> None:
    for name in ("postfix", "exim", "arrived"):
        mails.add(written(name, message))
    mails.drops_at = ("STORE", 2)
    with pytest.raises(CannotRead):
        read(mails)
    assert ProviderEvent.objects.count() == 2
    mails.drops_at = ("", 0)
    assert read(mails) == {"delivered": 1}
    assert ProviderEvent.objects.count() == 3
    assert all(flags == {"\\Seen"} for flags in mails.flags.values())


@pytest.mark.django_db(transaction=True)
def test_two_who_read_at_once_count_each_bounce_once(mails: Mails, message: Message) -> None:
    for name in ("postfix", "exim", "mailbox_full"):
        mails.add(written(name, message))
    start, total = threading.Barrier(2), Counter[str]()

    def reader() -> None:
        try:
            start.wait(10)
            total.update(read(mails))
        finally:
            connection.close()

    threads = [threading.Thread(target=reader) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert total == {"bounced": 2, "not_yet": 1}
    assert FollowUp.objects.count() == 1


def test_a_mail_that_is_moved_away_meanwhile_is_passed_over(mails: Mails, message: Message) -> None:
    mails.raw[mails.add(b"")] = b""
    assert read(mails) == {}


def test_a_huge_mail_is_read_only_as_far_as_its_report(mails: Mails, message: Message) -> None:
    mails.add(written("postfix", message) + b"x" * 3_000_000)
    assert read(mails) == {"bounced": 1}


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"folder": "Nowhere"}, {"port": 1}])
def test_a_mailbox_that_can_not_be_opened_says_so(mails: Mails, db: None, change: dict[str, Any]) -> None:
    with pytest.raises(CannotRead) as error:
        read_bounces(replace(box(mails), **change), at=NOW, context=TRUSTING)
    assert str(error.value)
    assert PASSWORD not in str(error.value)


def test_a_server_nobody_vouches_for_is_not_given_the_password(mails: Mails, db: None) -> None:
    with pytest.raises(CannotRead, match="certificate"):
        read_bounces(box(mails), at=NOW)
    assert mails.said == []


def test_the_task_reads_where_there_is_a_mailbox_and_never_fails(
    mails: Mails, message: Message, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.BOUNCE_MAILBOX = None
    tasks.read_bounces()
    settings.BOUNCE_MAILBOX = box(mails)
    with caplog.at_level(logging.WARNING):
        tasks.read_bounces()
    assert "The mailbox of bounces can not be read" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_bounce_read_days_later_is_due_from_then_on(mails: Mails, message: Message) -> None:
    mails.add(written("postfix", message))
    later = NOW + timedelta(days=4)
    read_bounces(box(mails), at=later, context=TRUSTING)
    assert FollowUp.objects.get().due_at > later
    assert ProviderEvent.objects.get().happened_at < NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("written_as", "found"),
    [
        ("imaps://u:p@mail.example.com", Mailbox("mail.example.com", 993, "u", "p", "INBOX")),
        ("imaps://u%40x:p%2Fq@h:1993/a%20b", Mailbox("h", 1993, "u@x", "p/q", "a b")),
        ("", None),
    ],
)
def test_the_setting_names_a_mailbox(monkeypatch: pytest.MonkeyPatch, written_as: str, found: Mailbox | None) -> None:
    monkeypatch.setenv("BOUNCE_MAILBOX", written_as)
    assert Environment().mailbox("BOUNCE_MAILBOX") == found


@pytest.mark.parametrize(
    "wrong", ["mail.example.com", "imap://u:p@h", "imaps://h/INBOX", "imaps://u@h", "imaps://u:secret@h:x"]
)
def test_a_setting_that_names_none_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("BOUNCE_MAILBOX", wrong)
    with pytest.raises(ImproperlyConfigured, match="imaps://") as error:
        Environment().mailbox("BOUNCE_MAILBOX")
    assert "secret" not in str(error.value)
