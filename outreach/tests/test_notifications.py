"""Mails that came back, as the servers of the world write them; and what nobody should believe."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from accounts.models import Company
from customers.models import Contact, Customer
from outreach.bounces.addresses import bounce_address, key_of, message_pk_in, message_pk_of
from outreach.bounces.notifications import Unreadable, happenings
from outreach.bounces.noting import Happening, take_note
from outreach.models import Message, State, Suppression
from outreach.tests.reading import a_message, build
from outreach.transport import Transport
from tests import factories
from tests.factories import NOW

FOLDER = Path(__file__).parent / "bounces"
ADDRESS = "amira@lindqvist.example"


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    settings.BOUNCE_ADDRESS = "bounces@example.com"


@pytest.fixture
def contact(customer: Customer, company: Company) -> Contact:
    return factories.contact(customer, name="Amira Haddad", email=ADDRESS)


@pytest.fixture
def message(contact: Contact) -> Message:
    return factories.message(contact, state=State.SENT, sent_to=ADDRESS)


def written(name: str, message: Message, to: str = "") -> bytes:
    template = (FOLDER / f"{name}.eml").read_text("utf-8")
    filled = template.replace("{bounce_address}", to or bounce_address(message.pk))
    filled = filled.replace("{message_id}", f"{message.mail_key.hex}@crm.example.com")
    return filled.replace("\n", "\r\n").encode()


def read(raw: bytes) -> list[Happening]:
    return happenings(raw, at=NOW)


@pytest.mark.parametrize(
    ("name", "what", "words"),
    [
        ("postfix", "bounced", "5.1.1 550 5.1.1 <amira@lindqvist.example>: Recipient address rejected: User unknown"),
        ("exim", "bounced", "5.0.0 550 No such user here"),
        ("exim_of_old", "bounced", "Unrouteable address"),
        ("exchange", "bounced", "5.1.10 550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
        ("gmail", "bounced", "550-5.1.1 The email account that you tried to reach does not exist."),
        ("mailbox_full", "not_yet", "5.2.2 552 5.2.2 Quota exceeded"),
        ("postfix_delayed", "not_yet", "4.4.1 connect to mail.lindqvist.example"),
        ("arrived", "delivered", "2.0.0"),
        ("complaint", "complained", ""),
    ],
)
def test_each_server_is_understood(message: Message, name: str, what: str, words: str) -> None:
    [found] = read(written(name, message))
    assert (found.what, found.message, found.address) == (what, message, ADDRESS)
    assert words in found.words
    assert abs((found.happened_at - NOW).total_seconds()) < 60 * 60 * 5
    assert found.happened_at <= NOW


def test_what_came_back_ends_the_address_once(message: Message) -> None:
    raw = written("postfix", message)
    assert take_note(read(raw), at=NOW) == {"bounced": 1}
    assert take_note(read(raw), at=NOW) == {}
    assert Suppression.objects.among([ADDRESS]) == {ADDRESS}


@pytest.mark.parametrize("name", ["postfix", "exim", "exchange", "gmail", "complaint"])
def test_without_a_key_in_the_address_the_returned_mail_names_itself(message: Message, name: str) -> None:
    [found] = read(written(name, message, to="bounces@example.com"))
    assert found.message == message


@pytest.mark.parametrize("name", ["postfix", "exchange", "gmail"])
def test_a_server_that_writes_the_address_in_capitals_is_understood(message: Message, name: str) -> None:
    raw = written(name, message, to=bounce_address(message.pk).upper())
    assert read(raw)[0].message == message


@pytest.mark.parametrize("name", ["mailbox_full", "exim_of_old", "arrived"])
@pytest.mark.parametrize(
    "to", ["bounces@example.com", "bounces+1-00000000000000000000@example.com", "bounces+{}@example.com", "x@y.example"]
)
def test_nobody_is_believed_without_a_key(message: Message, name: str, to: str) -> None:
    with pytest.raises(Unreadable, match="no mail of ours"):
        read(written(name, message, to=to.format(f"{message.pk:x}-" + "0" * 20)))


def test_the_message_id_of_another_person_is_not_believed(message: Message) -> None:
    raw = written("postfix", message, to="bounces@example.com").replace(ADDRESS.encode(), b"bo@lindqvist.example")
    with pytest.raises(Unreadable):
        read(raw)


def test_an_automatic_reply_is_no_bounce(message: Message) -> None:
    assert read(written("out_of_office", message)) == []


def test_a_letter_is_left_for_people(message: Message) -> None:
    with pytest.raises(Unreadable, match="no delivery status"):
        read(written("a_letter", message))


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 26 Nov 2036 09:00:04 +0000", "Thu, 1 Jan 1970 00:00:00 +0000"])
def test_a_date_nobody_can_believe_is_now(message: Message, date: str) -> None:
    raw = written("postfix", message).replace(b"Date: Thu, 26 Nov 2026 09:00:04", f"Date: {date}\r\nX-Was: ".encode())
    assert read(raw)[0].happened_at == NOW


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\r\n\r\n", b"Content-Type: multipart/report\r\n\r\n", b"\xff" * 1000])
def test_what_is_hardly_a_mail_is_left(db: None, raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read(raw)


@effort(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_broken_mail_is_an_error(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(path.stem for path in FOLDER.glob("*.eml"))))
    raw = bytearray((FOLDER / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n"))
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(raw)))
        raw[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    with suppress(Unreadable):
        assert read(bytes(raw)) == []


@pytest.mark.parametrize("pk", [1, 255, 10**6, 2**63 - 1])
def test_a_key_names_its_message_and_no_other(pk: int, settings: Any) -> None:
    address = bounce_address(pk)
    assert len(address.split("@")[0]) <= 64
    for way in (address, address.upper(), f"<{address}>"):
        assert message_pk_in(way) == pk
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret-key-" * 4
    assert message_pk_in(address) == pk
    settings.SECRET_KEY_FALLBACKS = []
    assert message_pk_in(address) is None


@pytest.mark.parametrize("key", ["", "-", "1-", "-00", "1-0", "g-00", "1-" + "0" * 20, "é-1", "1" * 99 + "-0", "_1-0"])
def test_a_key_that_was_not_made_here_names_nothing(key: str) -> None:
    assert message_pk_of(key) is None
    assert message_pk_in(f"bounces+{key}@example.com") is None


def test_a_key_belongs_to_its_address(settings: Any) -> None:
    assert message_pk_in(f"other+{key_of(3)}@example.com") is None
    assert message_pk_in(f"bounces+{key_of(3)}@elsewhere.example") is None
    settings.BOUNCE_ADDRESS = ""
    assert bounce_address(3) == ""
    assert message_pk_in(f"+{key_of(3)}@example.com") is None


def test_a_mail_to_a_server_goes_back_to_its_own_address(contact: Contact, settings: Any) -> None:
    settings.EMAIL_PROVIDER = ""
    smtp = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"host": "localhost"}}
    settings.MAILERS = {"default": smtp}
    message = a_message(contact)
    mail = build(message)
    assert mail.bounce_to == bounce_address(message.pk)
    assert mail.sender == contact.customer.owner.email
    assert bounce_address(message.pk).encode() not in mail.wire()
    transport = Transport()
    try:
        assert transport.prepare(mail).sender == bounce_address(message.pk)
        mail.bounce_to = ""
        assert transport.prepare(mail).sender == contact.customer.owner.email
    finally:
        transport.close()
