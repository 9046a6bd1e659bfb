"""Headers nothing can break."""

import email.policy
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.assembling import deliverable, mailbox, words

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
