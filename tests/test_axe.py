"""What a machine can tell of accessibility: axe finds nothing, in light and in dark, on any page links lead to."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from playwright.sync_api import Browser

from accounts.models import User
from customers.models import ConsentKind, Contact
from outreach.preferences import preference_token
from outreach.unsubscribing import unsubscribe_token
from surveys.models import Invitation
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started"),
]
LINK = re.compile(r'<a\b[^>]*?\bhref="(/[^"#]*)"')
DAILY = {"today", "customers", "customer", "log", "tomorrow", "portfolio", "message", "profile"}
FEWEST, FEWEST_OF_STAFF = 45, 25
SMALLEST = (320, 640)


@pytest.fixture
def administrator() -> User:
    call_command("seed_demo", "--customers", "30", "--seed", "7", verbosity=0)
    return User.objects.get(email="admin@example.com")


def pages(browser: Client) -> Iterator[tuple[str, str]]:
    """The names of all pages that links lead to from the first, each with the first address that was found."""
    waiting, seen = ["/"], {"/"}
    names: set[str] = set()
    while waiting:
        address = waiting.pop(0)
        try:
            name = resolve(urlsplit(address).path).url_name or ""
        except Resolver404:
            continue
        if name in names:
            continue
        response = browser.get(address)
        if response.status_code != 200 or not response.headers["Content-Type"].startswith("text/html"):
            continue
        names.add(name)
        yield name, address
        for found in map(unescape, LINK.findall(response.content.decode())):
            if found not in seen:
                seen.add(found)
                waiting.append(found)


def complaints(watched: Watched, address: str) -> list[str]:
    page = watched.page
    page.goto(address)
    # What is fetched when the page stands belongs to it.
    page.wait_for_load_state("networkidle")
    # What still fades into other colours would be measured on its way.
    page.add_style_tag(content="*, *::before, *::after { transition: none !important; animation: none !important }")
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for violation in Axe().run(page).response["violations"]:
            places = [node["target"] for node in violation["nodes"]][:3]
            found.append(f"{address} {scheme}: {violation['id']} {places}")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*found, *([f"{address} is {wider} px wider than the {watched.name}"] if wider > 0 else [])]


def looked_at(
    chromium: Browser, site: str, person: User | None, addresses: Iterable[str], size: tuple[int, int]
) -> list[str]:
    watched = Watched(chromium, size, site, strict=False)
    if person:
        watched.sign_in(person)
    return [line for address in addresses for line in complaints(watched, address)]


def test_axe_finds_nothing_on_the_pages_of_every_day(chromium: Browser, site: str, administrator: User) -> None:
    browser = Client()
    browser.force_login(administrator)
    daily = {name: address for name, address in pages(browser) if name in DAILY}
    assert len(daily) >= len(DAILY) - 1, daily
    assert looked_at(chromium, site, administrator, daily.values(), PHONE) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_on_any_page(
    chromium: Browser, site: str, administrator: User, size: tuple[int, int], language: str
) -> None:
    """Nor is any wider than the screen, in the language with the longer words either."""
    User.objects.filter(pk=administrator.pk).update(language=language)
    browser = Client()
    browser.force_login(administrator)
    found = dict(pages(browser))
    assert len(found) >= FEWEST, sorted(found)
    assert looked_at(chromium, site, administrator, found.values(), size) == []


@pytest.mark.slow
def test_axe_finds_nothing_on_the_pages_of_staff(chromium: Browser, site: str, administrator: User) -> None:
    person = User.objects.filter(role="staff", is_active=True).exclude(customers=None).earliest("pk")
    browser = Client()
    browser.force_login(person)
    found = dict(pages(browser))
    assert len(found) >= FEWEST_OF_STAFF, sorted(found)
    assert looked_at(chromium, site, person, found.values(), PHONE) == []


@pytest.mark.slow
def test_axe_finds_nothing_on_the_pages_of_customers(chromium: Browser, site: str, administrator: User) -> None:
    contact = Contact.objects.exclude(email="").earliest("pk")
    waiting = Invitation.objects.filter(response=None, revoked_at=None).latest("pk")
    answered = Invitation.objects.exclude(response=None).latest("pk")
    addresses = [
        *(reverse("survey_answer", args=[invitation.token]) for invitation in (waiting, answered)),
        reverse("survey_answer", args=["A" * 30]),
        reverse("preferences", args=[preference_token(contact.pk)]),
        reverse("unsubscribe", args=[unsubscribe_token(contact.pk, ConsentKind.GREETINGS)]),
        *(reverse(name) for name in ("login", "password_reset", "password_reset_done", "offline")),
    ]
    assert looked_at(chromium, site, None, addresses, SMALLEST) == []
