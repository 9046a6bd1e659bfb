"""Every page of staff in a real browser: mirrored for a language from right to left, and with the long words of German.

There are no Arabic texts; what is looked at is the frame they would stand in.
"""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from accounts.models import Team, User
from customers.models import Customer
from tests import factories
from tests.access import PUBLIC, TABLE, Side
from tests.browser import DESK, PHONE, Watched
from tests.test_access_matrix import side_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]
# Files, parts of pages, and what is another's own.
NO_PAGES = frozenset(
    {
        *("customers_export", "contact_card", "message_html", "import_refused", "find_notes", "customer_timeline"),
        *("notice_find", "saved_view_edit", "saved_view_delete"),
    }
)


@pytest.fixture
def side(owner: User, north: Team) -> Side:
    customer = factories.customer(
        owner,
        name="Donaudampfschifffahrtsgesellschaft Österreich mbH",
        care_note="Spricht langsam, bitte Zeit lassen",
    )
    return side_of(customer, north, owner)


def pages(side: Side) -> Iterator[tuple[str, str]]:
    for line in TABLE:
        if "GET" in line.methods and line.ok == 200 and line.name not in {*PUBLIC, *NO_PAGES}:
            yield line.name, reverse(line.name, args=line.arguments(side))


def wider(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(
    ("language", "size"), [("ar", DESK), ("ar", PHONE), ("de", PHONE)], ids=["ar-desk", "ar-phone", "de-phone"]
)
def test_no_page_is_wider_than_the_screen(
    chromium: Browser, site: str, administrator: User, side: Side, language: str, size: tuple[int, int]
) -> None:
    User.objects.filter(pk=administrator.pk).update(language=language)
    watched = Watched(chromium, size, site)
    watched.sign_in(administrator)
    page = watched.page
    direction, found = ("rtl" if language == "ar" else "ltr"), {}
    for name, address in pages(side):
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, name
        assert page.evaluate("getComputedStyle(document.body).direction") == direction, name
        if wide := wider(page):
            found[name] = wide
    assert found == {}
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
