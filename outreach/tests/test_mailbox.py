"""The mailbox of the demo: readable, clickable, and never there in production."""

import mailbox
import os
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from outreach.mailbox import PAGE, Mailbox

Login = Callable[[User], Client]


@pytest.fixture
def maildir(tmp_path: Path, settings: Any) -> mailbox.Maildir:
    settings.MAILBOX_DIR = str(tmp_path / "mail box")
    settings.PRODUCTION = False
    return mailbox.Maildir(settings.MAILBOX_DIR, create=True)


def drop(maildir: mailbox.Maildir, number: int = 1) -> str:
    mail = EmailMessage()
    mail["Subject"] = f"Mail {number}"
    mail["From"] = '"Mia Berg" <mia@example.com>'
    mail["To"] = "Amira Haddad <amira@lindqvist.example>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("Hello\nhttps://crm.example.com/s/abc/?score=3\n<b>not bold</b>\n")
    mail.add_alternative(
        '<html><head><title>x</title></head><body><p>Hello</p><script>alert(1)</script>'
        '<a href="https://crm.example.com/s/abc/">answer</a></body></html>',
        subtype="html",
    )  # fmt: skip
    return place(maildir, mail.as_bytes(), number)


def place(maildir: mailbox.Maildir, content: bytes, number: int = 1) -> str:
    key = maildir.add(content)
    path = Path(maildir._path) / "new" / key
    os.utime(path, (1_780_000_000 + number, 1_780_000_000 + number))
    return key


def test_the_newest_mail_comes_first(maildir: Any, owner: User, login: Login) -> None:
    for number in (1, 3, 2):
        drop(maildir, number)
    page = login(owner).get("/mailbox/").content.decode()
    assert page.index("Mail 3") < page.index("Mail 2") < page.index("Mail 1")
    assert "amira@lindqvist.example" in page


def test_an_empty_mailbox_says_what_belongs_there(maildir: Any, owner: User, login: Login) -> None:
    assert "No mail yet" in login(owner).get("/mailbox/").content.decode()


def test_a_directory_that_is_not_there_yet_is_an_empty_mailbox(settings: Any, owner: User, login: Login) -> None:
    settings.MAILBOX_DIR, settings.PRODUCTION = "/nonexistent/mailbox", False
    assert "No mail yet" in login(owner).get("/mailbox/").content.decode()


def test_a_long_mailbox_has_pages(maildir: Any, owner: User, login: Login) -> None:
    for number in range(PAGE + 3):
        drop(maildir, number)
    browser = login(owner)
    first = browser.get("/mailbox/")
    assert len(first.context["heads"]) == PAGE
    second = browser.get("/mailbox/", {"before": first.context["next"]})
    assert [head.subject for head in second.context["heads"]] == ["Mail 2", "Mail 1", "Mail 0"]
    assert second.context["next"] == ""


@pytest.mark.parametrize("before", ["nothing", "../x", "\x00", "x" * 5000])
def test_a_page_that_does_not_exist_is_the_first(maildir: Any, owner: User, login: Login, before: str) -> None:
    drop(maildir)
    assert len(login(owner).get("/mailbox/", {"before": before}).context["heads"]) == 1


def test_a_mail_shows_its_text_with_links_to_click_and_its_headers(maildir: Any, owner: User, login: Login) -> None:
    key = drop(maildir)
    page = login(owner).get(f"/mailbox/{key}/").content.decode()
    assert 'href="https://crm.example.com/s/abc/?score=3"' in page
    assert "&lt;b&gt;not bold&lt;/b&gt;" in page
    assert "Auto-Submitted" in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "<script>alert" not in page


def test_the_html_part_is_a_page_that_can_do_nothing_but_be_looked_at(maildir: Any, owner: User, login: Login) -> None:
    key = drop(maildir)
    answer = login(owner).get(f"/mailbox/{key}/html/")
    page = answer.content.decode()
    assert page.startswith('<html><head><base target="_blank"><title>')
    assert 'href="https://crm.example.com/s/abc/"' in page
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_a_mail_that_was_read_elsewhere_is_still_found(maildir: Any, owner: User, login: Login) -> None:
    key = drop(maildir)
    message = maildir.get_message(key)
    message.set_subdir("cur")
    message.set_flags("RS")
    maildir[key] = message
    browser = login(owner)
    assert browser.get(f"/mailbox/{key}/").status_code == 200
    assert len(browser.get("/mailbox/").context["heads"]) == 1


@pytest.mark.parametrize(
    "key",
    ["..", ".", "..%2F..%2Fetc%2Fpasswd", "%2e%2e", "new", "*", "%3F", "[a-z]", ".hidden", "a:2,S", "x" * 500, "%00"],
)
def test_only_plain_names_of_mails_are_opened(maildir: Any, owner: User, login: Login, key: str) -> None:
    drop(maildir)
    Path(maildir._path, "new", ".hidden").write_text("Subject: hidden\n\nx")
    browser = login(owner)
    assert browser.get(f"/mailbox/{key}/").status_code == 404
    assert browser.get(f"/mailbox/{key}/html/").status_code == 404


def test_a_file_outside_the_mailbox_is_not_opened(maildir: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("Subject: secret\n\nx")
    box = Mailbox(maildir._path)
    for key in ("../secret", "../../secret", str(tmp_path / "secret"), "new/../../../secret"):
        assert box.open(key) is None


HOSTILE = {
    "empty": b"",
    "no headers": b"just text without any header",
    "only headers": b"Subject: x\nTo: y",
    "unknown charset": b"Subject: x\nContent-Type: text/plain; charset=klingon-8\n\nq\xffapla",
    "wrong bytes": b"Subject: \xff\xfe\nTo: =?utf-8?b?////?=\nContent-Type: text/plain; charset=utf-8\n\n\xff\x00\x01",
    "broken multipart": b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\nx",
    "no boundary": b"Subject: x\nContent-Type: multipart/mixed\n\nbody",
    "broken address": b'Subject: x\nTo: <<<>>>,,@@;:"\\\n\nbody',
    "broken transfer": b"Subject: x\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!not base64",
    "a script": b'Subject: <script>alert(1)</script>\nTo: "<script>" <a@b.example>\n\n<script>',
    "endless header": b"Subject: " + b"x" * 100_000 + b"\n\nbody",
    "direction": "Subject: \u202egnp.exe\nContent-Type: text/plain; charset=utf-8\n\n\u202ex".encode(),
    "broken date": b'Subject: x\nDate: yesterday\nMessage-ID: <\nContent-Type: text/html; charset="\n\n<p>x',
    "twice": b"Subject: one\nSubject: two\nReceived: a\nReceived: b\n\nx",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_whatever_lands_in_the_mailbox_is_shown_without_an_error(
    maildir: Any, owner: User, login: Login, what: str
) -> None:
    key = place(maildir, HOSTILE[what])
    browser = login(owner)
    assert browser.get("/mailbox/").status_code == 200
    page = browser.get(f"/mailbox/{key}/")
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()
    assert browser.get(f"/mailbox/{key}/html/").status_code in {200, 404}


def test_headers_that_come_twice_are_both_shown(maildir: Any) -> None:
    key = place(maildir, HOSTILE["twice"])
    letter = Mailbox(maildir._path).open(key)
    assert letter is not None
    assert [value for name, value in letter.headers if name == "Received"] == ["a", "b"]


def test_a_mail_without_html_has_no_frame(maildir: Any, owner: User, login: Login) -> None:
    key = place(maildir, b"Subject: plain\n\nonly text")
    browser = login(owner)
    assert "<iframe" not in browser.get(f"/mailbox/{key}/").content.decode()
    assert browser.get(f"/mailbox/{key}/html/").status_code == 404


@pytest.mark.parametrize("fault", [{"PRODUCTION": True}, {"MAILBOX_DIR": ""}])
def test_it_is_not_there_in_production_or_without_a_directory(
    maildir: Any, settings: Any, owner: User, login: Login, fault: dict[str, Any]
) -> None:
    key = drop(maildir)
    for name, value in fault.items():
        setattr(settings, name, value)
    for address in ("/mailbox/", f"/mailbox/{key}/", f"/mailbox/{key}/html/"):
        assert login(owner).get(address).status_code == 404


def test_it_needs_a_login(maildir: Any, client: Client, db: None) -> None:
    key = drop(maildir)
    for address in ("/mailbox/", f"/mailbox/{key}/", f"/mailbox/{key}/html/"):
        assert client.get(address).status_code == 302


def test_a_mail_of_the_product_can_be_read_in_it(maildir: Any, owner: User, login: Login) -> None:
    mail = EmailMessage()
    mail["Subject"] = "عيد ميلاد سعيد 🎂"
    mail["To"] = "Zoë <zoe@lindqvist.example>"
    mail.set_content("Grüße\n" * 3)
    key = place(maildir, mail.as_bytes())
    page = login(owner).get(f"/mailbox/{key}/").content.decode()
    assert "عيد ميلاد سعيد 🎂" in page
    assert "Zoë" in page
    assert "Grüße" in page
