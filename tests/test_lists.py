"""Keeping a list, changing many customers and beginning with sample data, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Company, Role, User
from customers.models import Contact, Customer, Tag
from dashboard.demo import sample
from dashboard.models import BulkChange
from outreach.planning import plan
from retention_crm.lib import clock
from surveys.models import Invitation
from tests import factories
from tests.browser import DESK, PHONE, Watched
from tests.celery_workers import worker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]
both_sizes = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
# A worker starts in some seconds, and longer where others work as well.
PATIENCE = 60_000


def open_page(chromium: Browser, site: str, person: User, address: str, size: tuple[int, int]) -> Watched:
    watched = Watched(chromium, size, site)
    watched.sign_in(person)
    watched.page.goto(address)
    return watched


def names(page: Page) -> list[str]:
    return [name.strip() for name in page.locator("#customer-list tbody .stretched-link").all_inner_texts()]


@pytest.fixture
def three(owner: User) -> list[Customer]:
    segment = factories.segment(name="A customers")
    made = [factories.customer(owner, name=f"{name} AB", segment=segment) for name in ("Berg", "Falk", "Lind")]
    Customer.objects.filter(pk=made[1].pk).update(stage="married")
    return made


# ---- A list that is kept ----


@both_sizes
def test_a_list_is_narrowed_kept_and_opens_first(
    chromium: Browser, site: str, owner: User, three: list[Customer], size: tuple[int, int]
) -> None:
    watched = open_page(chromium, site, owner, "/customers/", size)
    page = watched.page
    page.get_by_text("Filters", exact=True).click()
    page.get_by_role("combobox", name="Stage").select_option(label="Married")
    expect(page.locator("#customer-list tbody tr")).to_have_count(1)
    watched.picture("list-narrowed")

    page.get_by_role("link", name="Keep this list").click()
    page.get_by_label("Name").fill("My dear ones")
    page.get_by_label("My list of customers opens with it").check()
    watched.picture("list-keep")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved")

    page.goto("/")
    page.get_by_role("link", name="Customers", exact=True).click()
    expect(page.get_by_role("link", name="My dear ones")).to_have_attribute("aria-current", "true")
    assert names(page) == ["Falk AB"]
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.locator("#customer-list tbody tr")).to_have_count(3)
    page.get_by_role("link", name="My dear ones").click()
    expect(page.locator("#customer-list tbody tr")).to_have_count(1)
    assert watched.complaints == []


def test_a_header_sorts_and_the_menu_follows(chromium: Browser, site: str, owner: User, three: list[Customer]) -> None:
    watched = open_page(chromium, site, owner, "/customers/", DESK)
    page = watched.page
    header = page.get_by_role("columnheader", name="Customer")
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_label("Order")).to_be_hidden()

    header.get_by_role("link").press("Enter")

    expect(header).to_have_attribute("aria-sort", "descending")
    assert names(page) == ["Lind AB", "Falk AB", "Berg AB"]
    page.get_by_role("textbox", name="Search").press_sequentially("li", delay=40)
    expect(page.locator("#customer-list tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("sort=name_down"))
    watched.picture("list-sorted")
    assert watched.complaints == []


def test_a_phone_has_the_menu_of_orders(chromium: Browser, site: str, owner: User, three: list[Customer]) -> None:
    watched = open_page(chromium, site, owner, "/customers/", PHONE)
    page = watched.page

    page.get_by_label("Order").select_option(label="Name, Z to A")

    expect(page.locator("#customer-list tbody .stretched-link").first).to_have_text("Lind AB")
    expect(page.locator(".sort-link").first).to_be_hidden()
    watched.picture("list-phone")
    assert watched.complaints == []


# ---- Changing many ----


@both_sizes
def test_the_chosen_are_marked_and_it_is_taken_back(
    chromium: Browser, site: str, broker: None, owner: User, three: list[Customer], size: tuple[int, int]
) -> None:
    watched = open_page(chromium, site, owner, "/customers/", size)
    page = watched.page
    page.get_by_role("checkbox", name="Berg AB").check()
    page.get_by_role("checkbox", name="Lind AB").check()
    expect(page.locator("[data-chosen]")).to_contain_text("2 chosen")
    watched.picture("bulk-chosen")

    page.get_by_role("button", name="Change the chosen").click()
    expect(page.get_by_role("heading", name="Change 2 customers")).to_be_visible()
    page.get_by_label("Add a tag").check()
    page.get_by_label("Tag to add").fill("Fair")
    watched.picture("bulk-what")
    page.get_by_role("button", name="Change 2 customers").click()

    toast = page.locator("#toasts")
    expect(toast).to_contain_text("Tag “Fair” added: 2 customers.")
    assert set(Tag.objects.get().customers.all()) == {three[0], three[2]}
    watched.picture("bulk-done")
    with worker("bulk"):
        toast.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status").filter(has_text="Taken back.")).to_be_visible(timeout=PATIENCE)
    assert not Tag.objects.get().customers.exists()
    watched.picture("bulk-undone")
    assert watched.complaints == []


@both_sizes
def test_all_that_match_are_asked_by_a_survey_after_it_is_said_who_is_not(
    chromium: Browser, site: str, broker: None, owner: User, three: list[Customer], size: tuple[int, int]
) -> None:
    factories.survey(name="Autumn")
    for customer in three:
        factories.contact(customer, allows_surveys=customer != three[1])
    watched = open_page(chromium, site, owner, "/customers/", size)
    page = watched.page

    page.get_by_role("button", name="Change all 3 customers").click()
    page.get_by_label("Ask them by a survey").check()
    page.get_by_label("Survey", exact=True).select_option(label="Autumn")
    page.get_by_role("button", name="Change 3 customers").click()

    expect(page.get_by_role("heading", name="2 customers would be asked")).to_be_visible()
    expect(page.locator("dl.facts")).to_contain_text(re.compile(r"do not want surveys\s*1"))
    watched.picture("bulk-ask")
    assert not Invitation.objects.exists()
    page.get_by_role("button", name="Ask 2 customers").click()
    expect(page.locator("#toasts")).to_contain_text("Asked by the survey “Autumn”: 2 customers.")
    assert Contact.objects.filter(invitations__isnull=False).count() == 2
    plan(at=clock.now())

    with worker("asking"):
        page.locator("#toasts").get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status").filter(has_text="Taken back.")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("dl.facts")).to_contain_text(re.compile(r"not asked after all\s*2"))
    watched.picture("bulk-asked-no-more")
    assert not Invitation.objects.exists()
    assert watched.complaints == []


def test_the_chosen_are_taken_away_as_a_file(chromium: Browser, site: str, owner: User, three: list[Customer]) -> None:
    watched = open_page(chromium, site, owner, "/customers/", DESK)
    page = watched.page
    page.get_by_role("checkbox", name="Falk AB").check()

    with page.expect_download() as download:
        page.locator("[data-chosen]").get_by_role("button", name="CSV").click()

    written = download.value.path().read_text("utf-8-sig")
    assert "Falk AB" in written
    assert "Lind AB" not in written
    assert BulkChange.objects.count() == 0


# ---- The beginning ----


@both_sizes
def test_a_company_begins_looks_around_with_sample_data_and_is_rid_of_them(
    chromium: Browser, site: str, size: tuple[int, int], company: Company
) -> None:
    ada: Any = factories.user(Role.ADMINISTRATOR, name="Ada Holm", email="ada@example.com")
    watched = open_page(chromium, site, ada, "/", size)
    page = watched.page
    steps = page.get_by_role("region", name="First steps")
    expect(steps.get_by_role("link", name="Invite your people")).to_be_visible()
    watched.picture("first-steps")

    page.get_by_role("link", name="Or look around first, with sample data").click()
    page.get_by_role("button", name="Load sample data").click()
    expect(page.locator("#toasts")).to_contain_text("The sample data are there.")
    expect(page.get_by_role("note")).to_contain_text("no mail goes to them")
    expect(page.get_by_role("region", name=re.compile("Promises due"))).to_be_visible()
    watched.picture("first-sample-today")
    own = factories.customer(ada, name="Own Customer AB")
    page.goto("/customers/?q=own+customer")
    expect(page.get_by_text("Sample", exact=True)).to_have_count(0)

    page.get_by_role("link", name="Take them away").click()
    expect(page.get_by_text(f"{sample.CUSTOMERS} invented customers go")).to_be_visible()
    watched.picture("first-sample-remove")
    page.get_by_role("button", name="Take them away").click()
    expect(page.locator("#toasts")).to_contain_text("The sample data are gone.")
    expect(page.get_by_role("note")).to_have_count(0)
    assert Customer.objects.get() == own

    steps.get_by_role("button", name="Do not show again").click()
    expect(steps).to_have_count(0)
    page.goto("/settings/first-steps/")
    page.get_by_role("button", name="Show them on Today again").click()
    page.goto("/")
    expect(steps).to_be_visible()
    assert watched.complaints == []
