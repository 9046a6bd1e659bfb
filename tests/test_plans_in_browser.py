"""Keeping and losing a customer in a real browser: a plan with a step, an approval, and the reason of a loss."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from customers.models import Customer
from interactions.models import FollowUp
from retention.models import Band, Cause, CustomerRisk, Loss, PlanState, RetentionPlan
from retention_crm.lib import clock
from tests import factories
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]
both_sizes = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


def open_page(chromium: Browser, site: str, person: User, address: str, size: tuple[int, int]) -> Watched:
    watched = Watched(chromium, size, site)
    watched.sign_in(person)
    watched.page.goto(address)
    return watched


def toast(page: Page, words: str) -> None:
    """It is said, and taken away again, so that it covers nothing."""
    said = page.locator("#toasts .toast", has_text=words)
    # One that is still coming in can not be sent away.
    expect(page.locator("#toasts .toast[data-started]:not(.showing)", has_text=words)).to_be_visible()
    said.get_by_role("button", name="Close").click()
    expect(said).to_be_hidden()


@pytest.fixture
def fading(customer: Customer) -> Customer:
    """At risk, with an open complaint and a promise that was not kept."""
    today, now = clock.today("Europe/Stockholm"), clock.now()
    CustomerRisk.objects.create(
        customer=customer,
        band=Band.AT_RISK,
        contact_days=9,
        rhythm_days=14.0,
        last_day=today - timedelta(days=41),
        value_last_year=18_200,
        reasons=[{"code": "silence", "size": 1.0}],
    )
    factories.complaint(customer, what="Late delivery", opened_at=now - timedelta(days=9))
    factories.follow_up(customer, title="Send samples", is_promise=True, due_at=now - timedelta(days=5))
    return customer


@both_sizes
def test_a_plan_is_begun_and_its_step_done(
    chromium: Browser, site: str, owner: User, fading: Customer, size: tuple[int, int]
) -> None:
    watched = open_page(chromium, site, owner, f"/customers/{fading.pk}/", size)
    page = watched.page
    page.get_by_role("link", name="Plan", exact=True).click()
    page.get_by_label("Carelessness").check()
    page.get_by_label("What we offer").fill("The next delivery free of charge")
    page.get_by_label("What it costs us").fill("120")
    watched.picture("plan-new")
    page.get_by_role("button", name="Save").click()
    toast(page, "The plan is there")
    expect(page.get_by_role("button", name="Begin")).to_be_disabled()

    page.get_by_role("link", name="Add a step").click()
    panel = page.locator("#log-panel-body")
    panel.get_by_label("What is to be done").fill("Apologise in person")
    day = clock.today(owner.time_zone) + timedelta(days=2)
    panel.get_by_label("Until").fill(day.isoformat())
    watched.picture("plan-step")
    panel.get_by_role("button", name="Save").click()
    toast(page, "Saved: Apologise in person")
    expect(page.get_by_text("0 of 1 step done")).to_be_visible()
    page.get_by_role("button", name="Begin").click()
    toast(page, "The plan is under way")
    watched.picture("plan-active")

    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.get_by_text("1 of 1 step done")).to_be_visible()
    toast(page, "Done: Apologise in person")
    assert FollowUp.objects.get(title="Apologise in person").done_by == owner
    page.get_by_role("link", name="Close the plan").click()
    panel.get_by_label("They stay").check()
    panel.get_by_label("What did we learn?").fill("Call before they do.")
    watched.picture("plan-close")
    panel.get_by_role("button", name="Close the plan").click()
    expect(page.get_by_text("Call before they do.")).to_be_visible()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    toast(page, "The plan is open again")
    assert RetentionPlan.objects.get().state == PlanState.ACTIVE
    page.goto(f"/customers/{fading.pk}/")
    watched.picture("plan-on-customer")
    assert watched.complaints == []


@both_sizes
def test_a_manager_finds_what_waits_and_approves_it(
    chromium: Browser, site: str, manager: User, fading: Customer, size: tuple[int, int]
) -> None:
    plan = factories.plan(
        fading, state=PlanState.WAITING, offer="Half the price for a year", offer_amount=9000, review_on="2020-01-01"
    )
    factories.plan_step(plan, title="Offer it in person", due_at=clock.now() + timedelta(days=2))
    watched = open_page(chromium, site, manager, "/portfolio/", size)
    page = watched.page
    watched.picture("plan-on-portfolio")
    page.get_by_role("link", name="1 plan waits for approval").click()
    watched.picture("plans")
    page.get_by_role("link", name=fading.name).click()
    watched.picture("plan-waiting")
    page.get_by_role("button", name="Approve").click()
    toast(page, "Approved")
    assert RetentionPlan.objects.get().approved_by == manager
    assert watched.complaints == []


@both_sizes
def test_why_they_left_is_said_and_found_among_the_losses(
    chromium: Browser, site: str, owner: User, manager: User, fading: Customer, size: tuple[int, int]
) -> None:
    factories.contact(fading, name="Amira Haddad")
    today = clock.today(owner.time_zone)
    for number, cause in enumerate([Cause.PRICE, Cause.PRICE, Cause.COMFORT, ""]):
        customer = factories.customer(owner, lost_on=today)
        factories.loss(customer, suspected=[cause] if cause else [], lost_on=today - timedelta(days=number), value=900)
    watched = open_page(chromium, site, owner, f"/customers/{fading.pk}/lost/", size)
    page = watched.page
    page.get_by_label("A competitor").check()
    page.get_by_label("What did they say themselves?").select_option(label="A competitor")
    page.get_by_label("Who said it?").select_option(label="Amira Haddad")
    page.get_by_label("In a word of your own").fill("Falk & Co")
    watched.picture("loss-ask")
    page.get_by_role("button", name="Mark as lost").click()
    toast(page, "is marked as lost")
    expect(page.get_by_text("confirmed by Amira Haddad")).to_be_visible()
    watched.picture("loss-on-customer")

    page.get_by_role("link", name="Change", exact=True).first.click()
    page.locator("#log-panel-body").get_by_label("What happened").fill("They were cheaper.")
    watched.picture("loss-panel")
    page.locator("#log-panel-body").get_by_role("button", name="Save").click()
    expect(page.get_by_text("They were cheaper.")).to_be_visible()
    assert Loss.objects.get(customer=fading).note == "They were cheaper."

    watched.sign_in(manager)
    page.goto("/portfolio/losses/")
    watched.picture("losses")
    page.get_by_role("row", name="A competitor").get_by_role("link", name="1", exact=True).first.click()
    expect(page.get_by_role("heading", name="Confirmed: A competitor")).to_be_visible()
    expect(page.locator("#list .stretched-link")).to_have_text([fading.name])
    assert watched.complaints == []


@both_sizes
def test_a_ready_play_becomes_a_plan(
    chromium: Browser, site: str, administrator: User, fading: Customer, size: tuple[int, int]
) -> None:
    watched = open_page(chromium, site, administrator, "/settings/plans/", size)
    page = watched.page
    watched.picture("plan-rules")
    page.get_by_role("link", name="Plays", exact=True).click()
    watched.picture("plays-none")
    page.get_by_role("button", name="Take over four ready plays").click()
    toast(page, "4 plays are added.")
    watched.picture("plays")
    page.get_by_role("link", name="We broke our word").click()
    page.get_by_label("What is to be done").last.fill("Thank them for their patience")
    page.get_by_label("Days from the start").last.fill("20")
    watched.picture("play")
    page.get_by_role("button", name="Save").click()
    toast(page, "Saved.")

    page.goto(f"/customers/{fading.pk}/plan/")
    watched.picture("plan-with-plays")
    page.get_by_role("listitem").filter(has_text="We broke our word").get_by_role("button", name="Take this").click()
    toast(page, "Look its steps over")
    expect(page.get_by_text("0 of 4 steps done")).to_be_visible()
    watched.picture("plan-from-play")
    assert watched.complaints == []
