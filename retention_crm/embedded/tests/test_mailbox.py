import contextlib
import mailbox
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from retention_crm.embedded.places import PROJECT

pytestmark = pytest.mark.processes


@contextlib.contextmanager
def running_mailbox(directory: Path) -> Iterator[int]:
    """The mailbox as its own process; gives its port and expects it to end when asked."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        command = ["-m", "retention_crm.embedded.mailbox", "--directory", str(directory), "--fd", str(door.fileno())]
        process = subprocess.Popen([sys.executable, *command], cwd=PROJECT, pass_fds=[door.fileno()])
        try:
            yield door.getsockname()[1]
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.wait()


def test_a_mail_is_kept_whole_with_its_envelope(tmp_path: Path) -> None:
    directory = tmp_path / "with space" / "mailbox"
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Alles Gute, Zoë", "sales@example.com", "zoe@example.org"
    mail.set_content("Ahoj!\n.\n..a line of dots\nKonec")
    with running_mailbox(directory) as port, smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(mail, to_addrs=["zoe@example.org", "blind@example.org"])
    (kept,) = mailbox.Maildir(directory)
    assert kept["Return-Path"] == "<sales@example.com>"
    assert kept.get_all("Delivered-To") == ["zoe@example.org", "blind@example.org"]
    assert kept.get_payload() == "Ahoj!\n.\n..a line of dots\nKonec\n"
    assert b"\r" not in next((directory / "new").iterdir()).read_bytes()
    assert directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "content",
    [b"", b"no header at all", b"Subject: =?utf-8?q?=ff?=\r\n\r\n\xff\xfe", b"Subject: " + b"x" * 900 + b"\r\n\r\n"],
)
def test_a_broken_mail_is_kept_too(tmp_path: Path, content: bytes) -> None:
    directory = tmp_path / "mailbox"
    with running_mailbox(directory) as port, smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("a@example.com", ["b@example.com"], content)
        client.sendmail("a@example.com", ["c@example.com"], b"Subject: next\r\n\r\nfine")
    assert len(mailbox.Maildir(directory)) == 2


def test_many_mails_over_one_connection_are_all_kept(tmp_path: Path) -> None:
    directory = tmp_path / "mailbox"
    with running_mailbox(directory) as port, smtplib.SMTP("127.0.0.1", port) as client:
        for number in range(50):
            client.sendmail("a@example.com", ["b@example.com"], f"Subject: {number}\r\n\r\n.".encode())
    assert {mail["Subject"] for mail in mailbox.Maildir(directory)} == {str(number) for number in range(50)}
