"""Headers nothing can break."""

import email.policy
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.assembling import Mail, deliverable, mailbox, words
from outreach.tests.reading import html_of, read, text_of

LINE = "\r\n"
NAMES = st.text(max_size=120).map(str.strip)


def read_back(name: str, value: str) -> EmailMessage:
    """A mail with that one header, as a reader's program parses it."""
    parsed: EmailMessage = message_from_bytes(f"{name}: {value}{LINE}{LINE}".encode(), policy=email.policy.default)
    return parsed


@settings(max_examples=400, deadline=None)
@given(NAMES)
def test_any_name_comes_back_from_a_header_as_one_person(name: str) -> None:
    parsed = read_back("To", mailbox(name, "a@b.example", "To"))
    assert [address.addr_spec for address in parsed["To"].addresses] == ["a@b.example"]
    assert list(parsed.keys()) == ["To"]


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=300))
def test_any_subject_comes_back_on_one_header(subject: str) -> None:
    parsed = read_back("Subject", words(subject, "Subject"))
    assert list(parsed.keys()) == ["Subject"]


@pytest.mark.parametrize("subject", ["Grüße " * 30, "名前" * 90, "🎂" * 60, "plain", "a =?utf-8?q?b?= c", "x" * 300])
def test_a_subject_is_read_as_it_was_written(subject: str) -> None:
    header = words(subject, "Subject")
    assert all(len(line) <= 78 for line in f"Subject: {header}".split(LINE))
    parsed = read_back("Subject", header)
    assert parsed["Subject"] == subject.strip()


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("a@b.example", "a@b.example"),
        (" a@b.example\n", "a@b.example"),
        ("a+b@müller.example", "a+b@xn--mller-kva.example"),
        ("a@b", None),
        ("a\x00@b.example", None),
        ('"a b"@c.example', None),
        ("a@" + "b" * 250 + ".example", None),
    ],
)
def test_addresses_are_taken_or_refused(address: str, written: str | None) -> None:
    assert deliverable(address) == written


def letter(text: str, html: str = "<p>Hello</p>") -> Mail:
    lines = [("Subject", "Hello"), ("From", "a@b.example"), ("To", "c@d.example")]
    return Mail(
        sender="a@b.example", lines=lines, boundary="=_1", html=html, subject="Hello", body=text, to=["c@d.example"]
    )


def as_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@settings(max_examples=400, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), st.text(alphabet="a=. \t\n\rü名", max_size=300))
def test_any_text_is_read_as_it_was_written(text: str, html: str) -> None:
    mail = letter(text, html)
    assert all(len(line) <= 76 for line in mail.wire().split(b"\r\n\r\n", 1)[1].split(b"\r\n"))
    parsed = read(mail)
    # Between the end of a part and the boundary there is one end of a line that may belong to either.
    assert text_of(parsed).removesuffix("\n") == as_lines(text).removesuffix("\n")
    assert html_of(parsed).removesuffix("\n") == as_lines(html).removesuffix("\n")


@pytest.mark.parametrize(
    ("text", "encoding"), [("plain", "quoted-printable"), ("Grüße", "quoted-printable"), ("名前は", "base64")]
)
def test_a_text_is_encoded_the_shorter_way(text: str, encoding: str) -> None:
    assert f"Content-Transfer-Encoding: {encoding}".encode() in letter(text).wire()


def test_half_a_character_spoils_nothing_but_itself() -> None:
    assert text_of(read(letter("a\ud83cb"))) == "a?b"
