"""The health of a customer in a real browser: the account, a judgement and its undo, and how it moved."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import User
from customers.models import Customer
from interactions.models import Kind
from retention.models import CustomerRisk, Judgement
from retention.scoring import rescore
from retention_crm.lib import clock
from tests import factories
from tests.browser import DESK, PHONE
from tests.test_plans_in_browser import open_page, toast

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]
both_sizes = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
# What comes into view is fetched and takes the place of what was there: nothing to hold on to while scrolling.
LOOK = "document.getElementById('qualities').scrollIntoView()"


@pytest.fixture
def followed(customer: Customer) -> Customer:
    """In touch every week until a month ago, looked at every few days, with a complaint since yesterday."""
    now = clock.now()
    for number in range(12):
        factories.interaction(customer, kind=Kind.CALL, happened_at=now - timedelta(days=30 + 7 * number))
    for days in range(110, 1, -5):
        rescore([customer.pk], at=now - timedelta(days=days))
    factories.complaint(customer, what="Late delivery", opened_at=now - timedelta(days=1))
    rescore([customer.pk], at=now)
    return customer


@both_sizes
def test_a_judgement_moves_the_score_and_is_taken_back(
    chromium: Browser, site: str, owner: User, followed: Customer, size: tuple[int, int]
) -> None:
    before = CustomerRisk.objects.get().health
    assert before is not None
    watched = open_page(chromium, site, owner, f"/customers/{followed.pk}/", size)
    page = watched.page
    expect(page.locator(".account-sum .num")).to_have_text(str(before))
    page.evaluate(LOOK)
    expect(page.get_by_text("Could be better").first).to_be_visible()
    page.get_by_role("heading", name="Lindqvist AB").scroll_into_view_if_needed()
    watched.picture("health-customer")
    page.get_by_role("link", name="Judge it yourself").click()
    panel = page.locator("#log-panel-body")
    panel.get_by_label("better than it looks (+5)", exact=True).check()
    panel.get_by_label("Why").fill("Their new buyer likes us")
    watched.picture("health-judge")
    panel.get_by_role("button", name="Save").click()
    expect(page.locator(".account-sum .num")).to_have_text(str(before + 5))
    expect(page.get_by_text("Their new buyer likes us")).to_be_visible()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator(".account-sum .num")).to_have_text(str(before))
    assert not Judgement.objects.open().exists()
    toast(page, "The judgement no longer counts")

    page.get_by_role("link", name="How it moved").click()
    expect(page.get_by_role("img")).to_be_visible()
    expect(page.locator(".health-moves > li").first).to_be_visible()
    watched.picture("health-moves")


@both_sizes
def test_what_is_to_be_done_next_opens_over_the_page(
    chromium: Browser, site: str, owner: User, followed: Customer, size: tuple[int, int]
) -> None:
    watched = open_page(chromium, site, owner, f"/customers/{followed.pk}/", size)
    page = watched.page
    page.evaluate(LOOK)
    page.get_by_role("link", name="Put the complaint right").click()
    panel = page.locator("#log-panel-body")
    panel.get_by_label("How was it put right?").fill("Sent again, at our cost")
    panel.get_by_role("button", name="Put right").click()
    # The page is shown anew, and this part of it once more when it comes into view.
    expect(page.get_by_role("link", name="Put right", exact=True)).to_have_count(0)
    page.evaluate(LOOK)
    expect(page.get_by_text("1 complaint put right.")).to_be_visible()
    assert watched.complaints == []
    page.goto(f"/customers/{followed.pk}/qualities/")
    watched.picture("health-qualities")


@both_sizes
def test_a_renewal_is_entered_and_decided(
    chromium: Browser, site: str, owner: User, manager: User, followed: Customer, size: tuple[int, int]
) -> None:
    watched = open_page(chromium, site, owner, f"/customers/{followed.pk}/", size)
    page = watched.page
    side = page.get_by_role("complementary", name="Context").locator("section", has_text="Renewals")
    side.get_by_role("link", name="Add").click()
    panel = page.locator("#log-panel-body")
    panel.get_by_label("What it is").fill("Service contract")
    panel.get_by_label("Renews or ends on").fill((clock.today("Europe/Stockholm") + timedelta(days=20)).isoformat())
    panel.get_by_label("Value of a year").fill("12000")
    watched.picture("renewal-new")
    panel.get_by_role("button", name="Save").click()
    expect(side.get_by_text("Service contract")).to_be_visible()
    watched.picture("renewal-on-customer")

    watched = open_page(chromium, site, manager, "/portfolio/", size)
    page = watched.page
    expect(page.get_by_role("heading", name="1 renewal in the next 90 days")).to_be_visible()
    watched.picture("renewal-portfolio")
    page.get_by_role("main").get_by_role("link", name="Renewals").click()
    watched.picture("renewals")
    page.locator(".row-item").hover()
    page.get_by_role("link", name="What came of it?").click()
    panel = page.locator("#log-panel-body")
    panel.get_by_label("What came of it").select_option("renewed")
    panel.get_by_role("button", name="Save").click()
    expect(page.get_by_text("No renewal is near")).to_be_visible()
    assert watched.complaints == []


@both_sizes
def test_a_segment_says_what_counts(
    chromium: Browser, site: str, administrator: User, followed: Customer, size: tuple[int, int]
) -> None:
    watched = open_page(chromium, site, administrator, f"/settings/segments/{followed.segment_id}/", size)
    watched.page.get_by_label("What counts as contact").select_option("purchases")
    watched.picture("segment-rules")
    watched.page.get_by_role("button", name="Save").click()
    expect(watched.page.get_by_text("Saved.")).to_be_visible()
    followed.segment.refresh_from_db()
    assert followed.segment.counts_as_contact == "purchases"
    contact = factories.contact(followed, is_champion=True)
    watched.page.goto(f"/contacts/{contact.pk}/edit/")
    watched.page.get_by_label("Left the company on").fill("2026-01-31")
    watched.picture("champion-left")
    watched.page.get_by_role("button", name="Save").click()
    expect(watched.page.get_by_text("Left on 31 January 2026")).to_be_visible()
