"""The portfolio and what stands behind it in a real browser: how good the list is, who stays, who turned red."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect

from accounts.models import User
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started"),
]
both_sizes = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


@pytest.fixture
def manager() -> User:
    call_command("seed_demo", "--customers", "250", "--seed", "7", verbosity=0)
    return User.objects.get(email="manager@example.com")


@both_sizes
def test_figures_lead_to_their_lists(chromium: Browser, site: str, manager: User, size: tuple[int, int]) -> None:
    watched = Watched(chromium, size, site)
    watched.sign_in(manager)
    page = watched.page
    page.goto("/portfolio/")
    watched.picture("portfolio")
    panel = page.get_by_role("complementary").filter(has_text="How good is this list?")
    number = panel.get_by_role("link", name="customers").inner_text().split()[0]
    panel.get_by_role("link", name="customers").click()
    expect(page.get_by_role("heading", name="Everybody who was at risk")).to_be_visible()
    assert page.locator("#list .row-item").count() == min(int(number), 25)
    page.get_by_text("As a table").click()
    expect(page.locator(".chart-table").first).to_be_visible()
    watched.picture("list-quality")

    page.goto("/portfolio/")
    page.get_by_role("link", name="in a week").click()
    watched.picture("portfolio-week")
    page.get_by_role("link", name="No longer at risk").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("no longer at risk")
    page.goto("/portfolio/")
    page.get_by_role("link", name="Who looks after how many").click()
    watched.picture("portfolio-people")
    page.goto("/portfolio/")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Owner").select_option(index=1)
    expect(page).to_have_url(re.compile(r"owner=\d+"))
    expect(page.get_by_label("Owner")).to_be_visible()
    expect(page.get_by_role("link", name="Clear filters")).to_be_visible()
    assert watched.complaints == []


@both_sizes
def test_retention_is_narrowed_printed_and_taken_away(
    chromium: Browser, site: str, manager: User, size: tuple[int, int]
) -> None:
    watched = Watched(chromium, size, site)
    watched.sign_in(manager)
    page = watched.page
    page.goto("/portfolio/")
    page.get_by_role("link", name="Who stays").click()
    watched.picture("retention")
    page.get_by_label("Cohorts by").select_option(label="Quarters")
    expect(page.get_by_role("rowheader", name="quarter").first).to_be_visible()
    assert "by=quarter" in page.url
    with page.expect_download() as download:
        page.locator("section", has_text="By when they came").get_by_role("link", name="As CSV").click()
    assert download.value.suggested_filename.startswith("retention-cohorts-")
    page.emulate_media(media="print")
    expect(page.locator("form.filters")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    watched.picture("retention-printed")
    assert watched.complaints == []
