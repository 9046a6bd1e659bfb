"""What a machine can tell of accessibility: axe finds nothing, in light and in dark, on any page links lead to."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.test import Client
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser

from accounts.models import User
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started"),
]
LINK = re.compile(r'<a\b[^>]*?\bhref="(/[^"#]*)"')
DAILY = {"today", "customers", "customer", "log", "tomorrow", "portfolio", "message", "profile"}
FEWEST = 45


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
    # What still fades into other colours would be measured on its way.
    page.add_style_tag(content="*, *::before, *::after { transition: none !important; animation: none !important }")
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for violation in Axe().run(page).response["violations"]:
            places = [node["target"] for node in violation["nodes"]][:3]
            found.append(f"{address} {scheme}: {violation['id']} {places}")
    return found


def looked_at(chromium: Browser, site: str, person: User, addresses: list[str], size: tuple[int, int]) -> list[str]:
    watched = Watched(chromium, size, site, strict=False)
    watched.sign_in(person)
    return [line for address in addresses for line in complaints(watched, address)]


def test_axe_finds_nothing_on_the_pages_of_every_day(chromium: Browser, site: str, administrator: User) -> None:
    browser = Client()
    browser.force_login(administrator)
    daily = {name: address for name, address in pages(browser) if name in DAILY}
    assert len(daily) >= len(DAILY) - 1, daily
    assert looked_at(chromium, site, administrator, list(daily.values()), PHONE) == []


@pytest.mark.slow
def test_axe_finds_nothing_on_any_page(chromium: Browser, site: str, administrator: User) -> None:
    browser = Client()
    browser.force_login(administrator)
    found = dict(pages(browser))
    assert len(found) >= FEWEST, sorted(found)
    assert looked_at(chromium, site, administrator, list(found.values()), DESK) == []
