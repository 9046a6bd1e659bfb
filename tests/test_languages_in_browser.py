"""Every page of staff in a real browser: mirrored for a language from right to left, and with the long words of German.

There are no Arabic texts; what is looked at is the frame they would stand in.
"""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from accounts.models import Team, User
from customers.models import Customer
from tests import factories
from tests.access import PUBLIC, TABLE
from tests.access_rules import Side
from tests.browser import DESK, PHONE, Watched
from tests.test_access_matrix import side_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]


@pytest.fixture
def side(owner: User, north: Team) -> Side:
    customer = factories.customer(
        owner,
        name="Donaudampfschifffahrtsgesellschaft Österreich mbH",
        care_note="Spricht langsam, bitte Zeit lassen",
    )
    return side_of(customer, north, owner)


def pages(side: Side, person: User) -> Iterator[tuple[str, str]]:
    """Those the person may open; no files, and no parts of pages."""
    browser = Client()
    browser.force_login(person)
    for line in TABLE:
        if "GET" not in line.methods or line.ok != 200 or line.name in PUBLIC:
            continue
        address = reverse(line.name, args=line.arguments(side))
        response = browser.get(address)
        # What may stand in a frame is a part of a page, in the language of whoever it is for.
        is_page = response.headers.get("X-Frame-Options") == "DENY"
        if response.status_code == 200 and is_page and not response.streaming and b'id="main"' in response.content:
            yield line.name, address


def wider(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(
    ("language", "size"),
    [
        pytest.param("ar", DESK, marks=pytest.mark.slow),
        ("ar", PHONE),
        pytest.param("de", PHONE, marks=pytest.mark.slow),
    ],
    ids=["ar-desk", "ar-phone", "de-phone"],
)
def test_no_page_is_wider_than_the_screen(
    chromium: Browser, site: str, administrator: User, side: Side, language: str, size: tuple[int, int]
) -> None:
    User.objects.filter(pk=administrator.pk).update(language=language)
    watched = Watched(chromium, size, site)
    watched.sign_in(administrator)
    page = watched.page
    direction, found = ("rtl" if language == "ar" else "ltr"), {}
    for name, address in pages(side, administrator):
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, name
        assert page.evaluate("getComputedStyle(document.body).direction") == direction, name
        found[name] = wider(page)
    assert len(found) > 60
    assert {name: wide for name, wide in found.items() if wide} == {}
    assert watched.complaints == []


def test_the_rail_stands_where_reading_begins(chromium: Browser, site: str, owner: User, lindqvist: Customer) -> None:
    """So does the panel that slides in stand where it ends."""
    User.objects.filter(pk=owner.pk).update(language="ar")
    watched = Watched(chromium, DESK, site)
    watched.sign_in(owner)
    page = watched.page
    page.goto(reverse("customer", args=[lindqvist.pk]))
    rail, heading = page.locator(".rail").bounding_box(), page.get_by_role("heading", level=1).bounding_box()
    assert rail is not None
    assert heading is not None
    assert rail["x"] + rail["width"] == DESK[0]
    assert heading["x"] + heading["width"] > rail["x"] - 100
    page.keyboard.press("c")
    panel = page.locator("#log-panel")
    expect(panel.get_by_role("textbox").first).to_be_visible()
    page.wait_for_function("document.getElementById('log-panel').getBoundingClientRect().left <= 0")
    assert wider(page) == 0


@pytest.fixture
def lindqvist(owner: User) -> Customer:
    return factories.customer(owner, name="Lindqvist AB")
