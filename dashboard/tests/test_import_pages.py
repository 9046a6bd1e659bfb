"""The pages of an import: the file, the columns, what will happen, the report, and the refused lines."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Contact, Customer, Import, ImportState, Segment
from customers.tests.importing import checked, imported, refreshed, uploaded, work
from tests import factories

pytestmark = pytest.mark.django_db

type Login = Callable[[User], Client]


@pytest.fixture
def boss(login: Login, manager: User) -> Client:
    factories.segment(name="Regular")
    return login(manager)


def upload(browser: Client, content: bytes, name: str = "people.csv") -> Any:
    return browser.post(reverse("import_new"), {"file": SimpleUploadedFile(name, content)})


def filled(intake: Import, **changes: Any) -> dict[str, Any]:
    """The form of the columns as it comes, with these changes."""
    fields: dict[str, Any] = {
        "mode": "fill",
        "owner": intake.created_by_id,
        "segment": Segment.objects.get().pk,
        "since": "2026-11-01",
        "language": "en",
        "country": "SE",
    }
    for number, goes in enumerate(intake.mapping):
        fields[f"column_{number}"] = goes["target"]
        fields[f"order_{number}"] = goes["order"]
    return fields | changes


def test_from_the_file_to_the_report(boss: Client) -> None:
    response = upload(boss, b"Name,Email\nAnna,a@x.example\n")
    intake = Import.objects.get()
    assert response.url == reverse("import", args=[intake.pk])
    waiting = boss.get(response.url).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    assert "Reading the file" in waiting

    work()
    columns = reverse("import_columns", args=[intake.pk])
    assert boss.get(response.url).headers["Location"] == columns
    assert boss.get(response.url, headers={"HX-Request": "true"}).headers["HX-Redirect"] == columns
    assert boss.post(columns, filled(refreshed(intake))).headers["Location"] == response.url
    work()
    ready = boss.get(response.url).content.decode()
    assert "What will happen" in ready
    assert 'hx-trigger="every 1s"' not in ready

    boss.post(reverse("import_run", args=[intake.pk]))
    boss.post(reverse("import_run", args=[intake.pk]))
    work()
    assert "What happened" in boss.get(response.url).content.decode()
    assert Contact.objects.get().name == "Anna"
    boss.post(reverse("import_undo", args=[intake.pk]))
    work()
    assert "All of it: what was brought is gone" in boss.get(response.url).content.decode()
    assert not Customer.objects.exists()


def test_a_file_that_can_not_be_taken_says_so_at_the_field(boss: Client, settings: Any) -> None:
    settings.IMPORT_MAX_MB = 0
    large = upload(boss, b"Name\nAnna\n")
    assert (large.status_code, "0 are allowed" in large.content.decode()) == (422, True)
    assert "The file is empty." in upload(boss, b"").content.decode()
    assert "Choose a file first." in boss.post(reverse("import_new")).content.decode()
    assert not Import.objects.exists()


def test_a_file_that_can_not_be_read_can_be_discarded(boss: Client) -> None:
    upload(boss, b"%PDF-1.7 nothing else")
    work()
    intake = Import.objects.get()
    page = boss.get(reverse("import", args=[intake.pk])).content.decode()
    assert "This is no CSV file, no Excel workbook and no vCard." in page

    boss.post(reverse("import_discard", args=[intake.pk]))
    assert not Import.objects.exists()


def test_columns_that_make_no_sense_are_named(boss: Client, manager: User) -> None:
    intake = uploaded(manager, "Name,Title,Day,Mail\nAnna,Boss,03/04/1980,a@x.example\n")
    columns = reverse("import_columns", args=[intake.pk])

    def said(**changes: Any) -> str:
        response = boss.post(columns, filled(intake, **changes))
        assert response.status_code == 422
        return str(response.content.decode())

    assert "“Name” goes there already; only one column can." in said(column_1="name")
    assert "Are days like 03/04/1980 written day first or month first?" in said(column_2="birthday", order_2="")
    assert "Say which column has the name" in said(column_0="note", column_3="")
    assert "it must lie between 1900 and today" in said(since="2099-01-01")
    assert refreshed(intake).state == ImportState.MAPPING
    page = boss.get(columns).content.decode()
    assert "day first: 3 April 1980" in page
    assert "month first: 4 March 1980" in page
    assert "Left out, if you do not say where they go:" in page


def test_letters_that_look_wrong_are_read_again(boss: Client, manager: User) -> None:
    intake = uploaded(manager, "Imię;Name\nx;Łucja Żak\n".encode("cp1250"))
    assert "Łucja" not in str(intake.columns)

    data = {"encoding": "cp1250", "delimiter": ";"}
    boss.post(reverse("import_reread", args=[intake.pk]), data)
    work()

    assert "Łucja Żak" in str(refreshed(intake).columns)
    assert (intake.rows.count(), intake.state) == (1, ImportState.MAPPING)
    boss.post(reverse("import_reread", args=[intake.pk]), {"encoding": "nonsense"})
    assert refreshed(intake).state == ImportState.MAPPING


def test_refused_lines_come_back_whole_and_can_be_mended(boss: Client, manager: User) -> None:
    first = "Name;E-Mail;Phone;Notes\n=1+1;nobody;+46 70 1;Two\nlines\n".replace("Two\nlines", '"Two\nlines"')
    intake = imported(manager, first + 'Anna;a@x.example;;\nBo;;;;five\nCleo;;;"open\n', "Leute.csv")
    response = boss.get(reverse("import_refused", args=[intake.pk]))
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    assert 'filename="leute-refused.csv"' in response.headers["Content-Disposition"]
    header, *rows = csv.reader(io.StringIO(text), delimiter=";")
    assert header == ["Name", "E-Mail", "Phone", "Notes", "Why it was refused"]
    assert rows[0] == ["'=1+1", "nobody", "'+46 70 1", "Two\nlines", "“nobody” is no e-mail address."]
    assert rows[1] == ["Bo", "", "", "", "The line has 5 columns instead of 4. five"]
    assert rows[2][0] == 'Cleo;;;"open'

    again = imported(manager, text.replace("nobody;", "me@x.example;"))
    assert again.counts == {"created": 3, "customers": 3, "contacts": 3}
    assert Contact.objects.get(email="me@x.example").name == "=1+1"


@pytest.mark.parametrize("state", [ImportState.RUNNING, ImportState.DONE, ImportState.UNDONE])
def test_what_has_begun_is_not_discarded_nor_its_columns_changed(boss: Client, manager: User, state: str) -> None:
    intake = factories.intake(manager, state=state, began_at=factories.NOW)

    boss.post(reverse("import_discard", args=[intake.pk]))
    assert boss.get(reverse("import_columns", args=[intake.pk])).status_code == 302
    boss.post(reverse("import_reread", args=[intake.pk]), {"encoding": "utf-8", "delimiter": ","})
    assert refreshed(intake).state == state


def test_an_old_import_is_not_undone(boss: Client, manager: User) -> None:
    intake = imported(manager, "Name\nAnna\n")
    Import.objects.update(created_at="2020-01-01T00:00Z")

    response = boss.post(reverse("import_undo", args=[intake.pk]), follow=True)

    assert "can not be undone any more" in response.content.decode()
    assert "Undo this import" not in response.content.decode()
    assert Contact.objects.exists()


def test_text_of_a_file_is_shown_as_text(boss: Client, manager: User) -> None:
    intake = checked(manager, "Name,Notes\n<b>Anna</b>,{{ 7|add:7 }}<script>\n", name="<i>.csv")
    page = boss.get(reverse("import", args=[intake.pk])).content.decode()

    assert "&lt;b&gt;Anna&lt;/b&gt;" in page
    assert "{{ 7|add:7 }}&lt;script&gt;" in page
    assert "<i>.csv" not in page


def test_the_list_costs_the_same_for_one_and_three(boss: Client, manager: User) -> None:
    counts = []
    for more in (1, 2):
        for _import in range(more):
            factories.intake(factories.user(), state=ImportState.DONE, counts={"customers": 1, "refused": 2})
        with CaptureQueriesContext(connection) as queries:
            page = boss.get(reverse("imports")).content.decode()
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert page.count("people.csv") == 3


def test_staff_see_their_own_imports_only(login: Login, owner: User, manager: User) -> None:
    factories.intake(manager, file_name="theirs.csv")
    factories.intake(owner, file_name="mine.csv")
    page = login(owner).get(reverse("imports")).content.decode()

    assert "mine.csv" in page
    assert "theirs.csv" not in page


def test_what_was_brought_is_found_by_every_number_and_shown(boss: Client, manager: User) -> None:
    imported(
        manager,
        "Company,Name,Email,E-mail 2,Phone,Phone 2,Notes\n"
        "Lindqvist AB,Anna,a@x.example,second@y.example,08-123456,070-123 45 67,Plays the Çello\n",
    )
    for words in ("070-123 45 67", "second@y", "cello"):
        assert "Lindqvist AB" in boss.get(reverse("customers"), {"q": words}).content.decode(), words
    page = boss.get(reverse("customer", args=[Customer.objects.get().pk])).content.decode()
    for words in ("+46 70 123 45 67", "second@y.example", "Plays the Çello"):
        assert words in page
