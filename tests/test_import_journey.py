"""Bringing customers in a real browser, with a real worker: a file with errors, mended, brought again, taken back."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Company, User
from customers.models import Contact, Customer, CustomField, Tag
from customers.tasks import carry_on_imports
from tests import browser, factories
from tests.browser import DESK, PHONE, Watched
from tests.celery_workers import worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.processes]

PATIENCE = 40_000
PEOPLE = """Firma;Ansprechpartner;E-Mail;Telefon;Handy;Geburtstag;Notizen;Interne Nummer;Schlagworte;Vertragsende
Lindqvist AB;Anna Berg;anna@lindqvist.example;08-123 45 67;070-123 45 67;17.05.1980;Mag Tee;A-1;Messe, VIP;31.12.2027
Lindqvist AB;Bo Ek;bo@lindqvist.example;08-123 45 68;;17.05.;;A-2;Messe;
;Cleo Dahl;cleo.example.com;;;--02-29;;A-3;;05.06.27
Südwind GmbH;Jürgen Groß;juergen@suedwind.example;;;31.02.1975;"Zwei Zeilen,
eine davon lang";A-4;;
Haddad & Söhne;Amira Haddad;amira@haddad.example;;;1604-07-09;=1+1;A-5;;
"""


@pytest.fixture(scope="module", autouse=True)
def started() -> Iterator[Browser]:
    """The browser's driver runs an event loop in this thread, which Django takes for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch, browser.running() as running:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        expect.set_options(timeout=PATIENCE)
        yield running


@pytest.fixture
def chromium(started: Browser) -> Iterator[Browser]:
    yield started
    for context in started.contexts:
        context.close()


@pytest.fixture
def site(live_server: LiveServer, settings: Any) -> str:
    settings.SITE_URL = live_server.url
    return str(live_server.url)


def log_in(page: Page, person: User) -> None:
    page.goto("/login/")
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_file_with_errors_is_mended_and_taken_back(
    chromium: Browser,
    site: str,
    broker: None,
    company: Company,
    manager: User,
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    Company.objects.update(country="SE")
    factories.segment(name="Regular")
    CustomField.objects.create(name="Vertragsende", kind=CustomField.Kind.DATE)
    file = tmp_path / "kunden.csv"
    file.write_bytes(PEOPLE.encode("cp1252"))
    boss = Watched(chromium, size, site)
    page = boss.page
    log_in(page, manager)

    with worker("import", SITE_URL=site):
        page.goto("/customers/")
        page.get_by_role("link", name="Import", exact=True).click()
        expect(page.get_by_role("heading", name="Nothing imported yet")).to_be_visible()
        boss.picture("imports-empty")
        page.get_by_role("link", name="Import a file").first.click()
        choose(boss, file)
        name_the_columns(boss)
        see_what_will_happen(boss)
        run(boss)
        see_who_is_there(boss)
        mended = mend(boss, tmp_path)
        bring_again(boss, mended)
        assert Customer.objects.count() == 4
        undo(boss)

    assert not Customer.objects.filter(name="Cleo Dahl").exists()
    assert Contact.objects.count() == 3
    assert set(Tag.objects.values_list("name", flat=True)) == {"Messe", "VIP"}
    assert boss.complaints == []


def choose(boss: Watched, file: Path) -> None:
    page = boss.page
    expect(page.get_by_label("File")).to_be_visible()
    boss.picture("import-new")
    page.get_by_label("File").set_input_files(str(file))
    page.get_by_role("button", name="Read the file").click()
    carry_on_imports.delay()


def name_the_columns(boss: Watched) -> None:
    page = boss.page
    expect(page.get_by_role("heading", name="Where the columns go")).to_be_visible()
    boss.picture("import-columns")
    for column, target in (
        ("Firma", "company"),
        ("Handy", "phone"),
        ("Notizen", "note"),
        ("Interne Nummer", ""),
        ("Schlagworte", "tags"),
    ):
        expect(page.get_by_label(column, exact=True)).to_have_value(target)
    expect(page.get_by_label("Vertragsende", exact=True).locator("option:checked")).to_have_text("Vertragsende")
    page.get_by_label("Interne Nummer").select_option("contact_key")
    page.get_by_role("button", name="Check all lines").click()
    carry_on_imports.delay()


def see_what_will_happen(boss: Watched) -> None:
    page = boss.page
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
    boss.picture("import-ready")
    counts = page.locator(".import-counts")
    expect(counts).to_contain_text(re.compile(r"2\s+new customers"))
    expect(counts).to_contain_text(re.compile(r"3\s+new contacts"))
    expect(counts).to_contain_text(re.compile(r"2\s+lines refused"))
    expect(page.get_by_text("“cleo.example.com” is no e-mail address.").first).to_be_visible()
    expect(page.get_by_text("9 July (no year)")).to_be_visible()
    expect(page.get_by_text("Messe, VIP")).to_be_visible()
    expect(page.get_by_text("31 December 2027")).to_be_visible()
    assert not Customer.objects.exists()


def run(boss: Watched) -> None:
    page = boss.page
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    boss.picture("import-running")
    carry_on_imports.delay()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    boss.picture("import-done")


def see_who_is_there(boss: Watched) -> None:
    page = boss.page
    report = page.url
    page.goto("/customers/?q=070-123 45 67")
    page.get_by_role("link", name="Lindqvist AB").click()
    for words in ("Anna Berg", "+46 8 123 45 67", "+46 70 123 45 67", "Mag Tee", "VIP", "31 December 2027"):
        expect(page.get_by_text(words).first).to_be_visible()
    boss.picture("imported-customer")
    page.goto(report)


def mend(boss: Watched, directory: Path) -> Path:
    page = boss.page
    with page.expect_download() as download:
        page.get_by_role("link", name="Get the refused lines").click()
    assert download.value.suggested_filename == "kunden-refused.csv"
    content = Path(download.value.path()).read_text(encoding="utf-8-sig")
    lines = content.splitlines()
    assert lines[0].endswith("Why it was refused")
    assert len(content.split("is no")) == 3
    mended = directory / "mended.csv"
    mended.write_text(content.replace("cleo.example.com;", "cleo@example.com;").replace("31.02.", "28.02."), "utf-8")
    return mended


def bring_again(boss: Watched, file: Path) -> None:
    page = boss.page
    page.goto("/customers/import/new/")
    choose(boss, file)
    expect(page.get_by_label("Interne Nummer")).to_have_value("contact_key")
    expect(page.get_by_label("Why it was refused")).to_have_value("")
    page.get_by_role("button", name="Check all lines").click()
    carry_on_imports.delay()
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
    run(boss)


def undo(boss: Watched) -> None:
    page = boss.page
    page.get_by_role("button", name="Undo this import").click()
    carry_on_imports.delay()
    expect(page.get_by_text("All of it: what was brought is gone")).to_be_visible()
    boss.picture("import-undone")
    page.goto("/customers/import/")
    boss.picture("imports")
