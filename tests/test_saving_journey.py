"""A customer who falls silent is kept, in a real browser: red, a plan from a play by rule, a call, green again, and the
plan closed as kept; the save odds count it."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from customers.models import Customer
from retention.assigning import assign_plays
from retention.models import Band, Cause, CustomerRisk, PlanOutcome, Play, PlayStep, RetentionPlan
from retention.scoring import rescore
from retention_crm.lib import clock
from tests import factories
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]
DAY = timedelta(days=1)


@pytest.fixture
def silent(customer: Customer) -> Customer:
    """Called every month for a year, and then no more; they turned red eight days ago, as we saw."""
    now = clock.now()
    play = Play.objects.create(name="Nobody called", causes=[Cause.COMFORT], automatic_since=now - 200 * DAY)
    PlayStep.objects.create(play=play, title="Ask how they are", after_days=1)
    for number in range(12):
        factories.interaction(customer, happened_at=now - (130 + 30 * number) * DAY)
    rescore([customer.pk], at=now - 120 * DAY)
    assert CustomerRisk.objects.get().band == Band.HEALTHY
    rescore([customer.pk], at=now - 8 * DAY)
    assert CustomerRisk.objects.get().band == Band.AT_RISK
    return customer


def toast(page: Page, words: str) -> None:
    said = page.locator("#toasts .toast", has_text=words)
    expect(page.locator("#toasts .toast[data-started]:not(.showing)", has_text=words)).to_be_visible()
    said.get_by_role("button", name="Close").click()
    expect(said).to_be_hidden()


def begin_the_plan(watched: Watched, customer: Customer) -> None:
    """From the bell, where it is said that the alert was of use."""
    page = watched.page
    page.goto("/notifications/")
    page.get_by_role("button", name="Useful", exact=True).click()
    expect(page.get_by_role("button", name="Useful", exact=True)).to_have_attribute("aria-pressed", "true")
    watched.picture("saving-bell")
    page.get_by_role("link", name="Turned red, and a play made a plan").click()
    expect(page.get_by_role("heading", name=f"Plan for {customer.name}")).to_be_visible()
    expect(page.get_by_text("from the play “Nobody called”")).to_be_visible()
    page.get_by_role("button", name="Begin").click()
    toast(page, "The plan is under way")


def call_them(watched: Watched, customer: Customer) -> None:
    page = watched.page
    page.get_by_role("link", name=customer.name).first.click()
    expect(page.locator(".customer-state")).to_contain_text("At risk")
    watched.picture("saving-red")
    page.locator("[data-log-here]").click()
    panel = page.locator("#log-panel")
    panel.get_by_label("Notes").fill("They thought we had forgotten them. All is well.")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_be_hidden()
    expect(page.locator(".customer-state")).to_contain_text("Healthy")
    expect(page.locator(".customer-state")).not_to_contain_text("At risk")
    watched.picture("saving-green")


def close_as_kept(watched: Watched, customer: Customer) -> None:
    page = watched.page
    page.get_by_role("link", name="Open the plan").click()
    page.get_by_role("button", name="Done", exact=True).click()
    toast(page, "Done: Ask how they are")
    page.get_by_role("link", name="Close the plan").click()
    closing = page.locator("#log-panel-body")
    closing.get_by_label("They stay").check()
    closing.get_by_role("button", name="Close the plan").click()
    toast(page, "The plan is closed: They stay")
    page.goto(f"/customers/{customer.pk}/timeline/?show=plans")
    expect(page.locator(".timeline .entry")).to_have_count(2)
    expect(page.locator("#timeline")).to_contain_text("Plan to keep them closed")


def see_the_odds(watched: Watched, customer: Customer) -> None:
    page = watched.page
    page.goto("/portfolio/")
    page.get_by_role("link", name="Save odds").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Of 1 plan that was tried, 1 kept the customer")
    row = page.get_by_role("row").filter(has_text="Nobody called")
    expect(row).to_contain_text(re.compile(r"1\s*/\s*1"))
    watched.picture("saving-odds")
    row.get_by_role("link", name="1", exact=True).first.click()
    expect(page.get_by_role("link", name=customer.name)).to_be_visible()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_customer_falls_silent_and_is_kept(
    chromium: Browser, site: str, owner: User, manager: User, silent: Customer, size: tuple[int, int]
) -> None:
    assert [assign_plays(at=clock.now() - 8 * DAY) for _time in range(2)] == [1, 0]
    alert = factories.notification(owner, silent, kind="red", created_at=clock.now() - 8 * DAY)
    watched = Watched(chromium, size, site)
    watched.sign_in(owner)
    begin_the_plan(watched, silent)
    call_them(watched, silent)
    close_as_kept(watched, silent)
    alert.refresh_from_db()
    plan = RetentionPlan.objects.get()
    assert (alert.is_useful, plan.outcome, plan.play) == (True, PlanOutcome.KEPT, Play.objects.get())

    watched.sign_in(manager)
    see_the_odds(watched, silent)
    assert watched.complaints == []
