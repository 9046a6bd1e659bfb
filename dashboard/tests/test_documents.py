"""Documents of what happened: what is taken, who may have it, and that nothing in it runs as a page of ours."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook

from accounts.models import User
from customers.models import Customer
from customers.removing import bring_back, remove
from interactions.attaching import LARGEST_MB, MOST_AT_ONCE, document_name, forget_removed
from interactions.models import Document, DocumentContent, Interaction
from interactions.tasks import forget_removed_documents
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 30


def spreadsheet() -> bytes:
    made = io.BytesIO()
    Workbook().save(made)
    return made.getvalue()


def archive() -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w") as bundle:
        bundle.writestr("run.exe", "MZ")
    return made.getvalue()


@pytest.fixture
def meeting(customer: Customer) -> Interaction:
    return factories.interaction(customer, kind="meeting", notes="Went through the offer")


def send(browser: Client, to: Interaction, *files: tuple[str, bytes]) -> Any:
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    return browser.post(reverse("document_new", args=[to.pk]), {"documents": sent}, headers=HTMX)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("Offer.pdf", PDF),
        ("Site.PNG", PNG),
        ("Prices.xlsx", spreadsheet()),
        ("Minutes.txt", "Grüße an alle".encode()),
        ("BMW.txt", b"BMW called; PK wants MZ"),
        ("Список.csv", b"a;b\n1;2"),
    ],
)
def test_what_is_attached_comes_back_byte_by_byte(
    name: str, data: bytes, owner: User, meeting: Interaction, login: Login
) -> None:
    browser = login(owner)
    response = send(browser, meeting, (name, data))
    assert response.status_code == 200 and "1 document is kept." in response.content.decode()
    made = Document.objects.get()
    assert (made.name, made.size, made.added_by) == (name, len(data), owner)
    got = browser.get(reverse("document", args=[made.pk]))
    assert b"".join(got) == data and got["Content-Length"] == str(len(data))


def test_it_is_saved_and_never_shown_as_a_page(owner: User, meeting: Interaction, login: Login) -> None:
    made = factories.document(meeting, name='We"ird\r\nname.txt', data=b"<script>alert(1)</script>")
    response = login(owner).get(reverse("document", args=[made.pk]))
    assert response["Content-Disposition"].startswith("attachment;") and "\n" not in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("page.html", b"<script>", "of a kind that is not taken"),
        ("picture.svg", b"<svg onload=alert(1)>", "of a kind that is not taken"),
        ("setup.exe", b"MZ", "of a kind that is not taken"),
        ("offer", PDF, "of a kind that is not taken"),
        ("offer.pdf", b"<html><script>", "not what its name says"),
        ("offer.pdf", PNG, "not what its name says"),
        ("prices.xlsx", b"MZ\x90\x00", "not what its name says"),
        ("notes.txt", b"MZ\x90\x00\x03", "not what its name says"),
        ("empty.pdf", b"", "is empty"),
        ("big.pdf", PDF + b"0" * LARGEST_MB * 1024 * 1024, f"larger than {LARGEST_MB} MB"),
    ],
)
def test_what_is_not_taken_is_named_with_the_reason(
    name: str, data: bytes, words: str, owner: User, meeting: Interaction, login: Login
) -> None:
    response = send(login(owner), meeting, ("good.pdf", PDF), (name, data))
    shown = response.content.decode()
    assert response.status_code == 422 and words in shown and name in shown
    assert not Document.objects.exists()


def test_no_file_and_too_many(owner: User, meeting: Interaction, login: Login) -> None:
    browser = login(owner)
    assert "Choose a file." in send(browser, meeting).content.decode()
    many = [(f"{number}.pdf", PDF) for number in range(MOST_AT_ONCE + 1)]
    assert f"at most {MOST_AT_ONCE} files" in send(browser, meeting, *many).content.decode()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\Users\\mia\\offer.pdf", "offer.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("evil\u202efdp.txt", "evilfdp.txt"),
        ("a\x00b.pdf", "ab.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("", "document"),
    ],
)
def test_a_name_is_the_file_s_own_and_misleads_nobody(sent: str, kept: str) -> None:
    assert document_name(sent) == kept


def test_the_page_shows_them_where_they_belong(owner: User, meeting: Interaction, login: Login) -> None:
    factories.document(meeting, name="Offer <b>.pdf")
    browser = login(owner)
    shown = browser.get(reverse("customer_timeline", args=[meeting.customer_id])).content.decode()
    entry, side = shown.index("Went through the offer"), shown.index(">Documents</h2>")
    assert entry < shown.index("Offer &lt;b&gt;.pdf") < side < shown.rindex("Offer &lt;b&gt;.pdf")
    part = browser.get(reverse("customer_timeline", args=[meeting.customer_id]), headers=HTMX).content.decode()
    assert part.count("Offer &lt;b&gt;.pdf</bdi>") == 1


def test_the_page_costs_the_same_with_one_and_with_three(owner: User, meeting: Interaction, login: Login) -> None:
    browser = login(owner)
    address = reverse("customer_timeline", args=[meeting.customer_id])

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get(address)
        return len(seen)

    factories.document(meeting)
    first = queries()
    factories.document(meeting)
    factories.document(factories.interaction(meeting.customer))
    assert queries() == first


def test_removing_takes_it_away_at_once_and_can_be_taken_back(owner: User, meeting: Interaction, login: Login) -> None:
    browser, made = login(owner), factories.document(meeting)
    response = browser.post(reverse("document_remove", args=[made.pk]), headers=HTMX)
    assert reverse("document_restore", args=[made.pk]) in response.content.decode()
    assert browser.get(reverse("document", args=[made.pk])).status_code == 404
    assert "Offer.pdf" not in browser.get(reverse("customer", args=[meeting.customer_id])).content.decode()
    browser.post(reverse("document_restore", args=[made.pk]), headers=HTMX)
    assert b"".join(browser.get(reverse("document", args=[made.pk]))) == b"%PDF-1.7"


def test_what_was_removed_is_forgotten_after_thirty_days(meeting: Interaction) -> None:
    kept = factories.document(meeting)
    fresh = factories.document(meeting, removed_at=NOW - timedelta(days=30))
    factories.document(meeting, removed_at=NOW - timedelta(days=30, seconds=1))
    assert (forget_removed(NOW), forget_removed(NOW)) == (1, 0)
    assert set(Document.objects.all()) == {kept, fresh}
    assert DocumentContent.objects.count() == 2
    assert forget_removed_documents() == 0


def test_a_customer_back_from_the_trash_has_its_documents(owner: User, meeting: Interaction) -> None:
    data = bytes(range(256)) * 40
    made = factories.document(meeting, data=data)
    trashed = remove(meeting.customer, name="Lindqvist AB", by=owner, at=NOW)
    assert not Document.objects.exists() and not DocumentContent.objects.exists()
    bring_back(trashed)
    assert bytes(Document.objects.select_related("content").get(pk=made.pk).content.data) == data
