"""Kindnesses in a real browser: gestures and perks, who brought whom, a word to who left, and an introduction."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Company, User
from customers.models import Customer, OwnerChange, Perk, Segment
from outreach.models import Message, State
from outreach.planning import plan
from retention.models import Loss
from retention_crm.lib import clock
from tests import factories
from tests.browser import DESK, PHONE, Watched
from tests.test_plans_in_browser import open_page, toast

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]
both_sizes = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
# What comes into view is fetched and takes the place of what was there: nothing to hold on to while scrolling.
LOOK = "document.getElementById('gestures-part').scrollIntoView()"


def in_both_lights(watched: Watched, name: str) -> None:
    watched.picture(name)
    watched.page.emulate_media(color_scheme="dark")
    watched.picture(f"{name}-dark")
    watched.page.emulate_media(color_scheme="light")


def look_at_gestures(page: Page, words: str) -> None:
    """Until it says so: the page is shown anew when something was saved, and this part of it once it is in view."""
    for _try in range(40):
        page.evaluate(LOOK)
        if page.locator("#gestures-part", has_text=words).count():
            break
        page.wait_for_timeout(250)
    expect(page.locator("#gestures-part")).to_contain_text(words)


@both_sizes
def test_a_dear_gesture_says_why_and_a_perk_is_granted_and_used(
    chromium: Browser, site: str, owner: User, manager: User, customer: Customer, size: tuple[int, int]
) -> None:
    Company.objects.update(gesture_limit=50)
    Segment.objects.update(gesture_budget=200)
    watched = open_page(chromium, site, owner, f"/customers/{customer.pk}/", size)
    page = watched.page
    page.locator("[data-log-here]").click()
    panel = page.locator("#log-panel")
    expect(panel.get_by_text("Gestures this year")).to_be_hidden()
    panel.locator("label", has_text="Gesture").first.click()
    expect(panel.get_by_text("Gestures this year: 0.00 of 200.00 EUR.")).to_be_visible()
    panel.get_by_label("Notes").fill("A basket for their jubilee")
    panel.get_by_label("Amount in EUR").fill("60")
    panel.get_by_label("What it was").select_option("gift")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_text("One gesture may cost 50.00 EUR.")).to_be_visible()
    in_both_lights(watched, "gesture-above-limit")
    panel.get_by_label("Why, if it costs more").fill("Thirty years together")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_be_hidden()
    look_at_gestures(page, "Gestures this year: 60.00 of 200.00 EUR.")

    page.get_by_role("link", name="Grant a perk").click()
    form = page.locator("#log-panel-body")
    form.get_by_label("What they get").fill("10 % off spare parts")
    form.get_by_label("Until").fill((clock.today("Europe/Stockholm") + timedelta(days=5)).isoformat())
    watched.picture("perk-new")
    form.get_by_role("button", name="Grant it").click()
    look_at_gestures(page, "10 % off spare parts")
    in_both_lights(watched, "gestures-on-customer")

    page.goto("/")
    expect(page.get_by_role("heading", name="Perks that end soon")).to_be_visible()
    in_both_lights(watched, "kindness-today")
    page.locator(".row-item", has_text="10 % off").hover()
    page.get_by_role("button", name="Used").click()
    expect(page.get_by_role("heading", name="Perks that end soon")).to_be_hidden()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Perks that end soon")).to_be_visible()
    assert Perk.objects.get().used_on is None

    watched = open_page(chromium, site, manager, "/portfolio/perks/", size)
    expect(watched.page.get_by_text("Thirty years together")).to_be_visible()
    in_both_lights(watched, "perks")
    assert watched.complaints == []


@both_sizes
def test_who_brought_whom_is_said_on_a_page_and_worth_something(
    chromium: Browser, site: str, owner: User, manager: User, customer: Customer, size: tuple[int, int]
) -> None:
    new = factories.customer(owner, name="Kovács Kft")
    factories.purchase(new, "1200", happened_at=clock.now() - timedelta(days=3))
    watched = open_page(chromium, site, owner, f"/customers/{customer.pk}/", size)
    page = watched.page
    look_at_gestures(page, "Whom did they bring?")
    page.get_by_role("link", name="Whom did they bring?").click()
    panel = page.locator("#log-panel-body")
    panel.get_by_role("searchbox").fill("Kov")
    expect(panel.get_by_role("button", name="Choose Kovács Kft")).to_be_visible()
    watched.picture("referral-new")
    panel.get_by_role("button", name="Choose Kovács Kft").click()
    toast(page, "Lindqvist AB brought Kovács Kft.")
    look_at_gestures(page, "Brought 1 customer, worth 1,200 EUR to date")
    in_both_lights(watched, "referral-on-customer")
    assert Customer.objects.get(pk=new.pk).referred_by == customer

    watched = open_page(chromium, site, manager, "/portfolio/referrals/", size)
    expect(watched.page.get_by_text("brought 1 customer, worth 1,200 EUR to date")).to_be_visible()
    in_both_lights(watched, "referrals")
    assert watched.complaints == []


@both_sizes
def test_who_leaves_is_listened_to_and_spoken_to_again(
    chromium: Browser, site: str, owner: User, manager: User, customer: Customer, size: tuple[int, int]
) -> None:
    factories.loss(factories.customer(owner), competitor="Brandt & Söhne")
    watched = open_page(chromium, site, owner, f"/customers/{customer.pk}/lost/", size)
    page = watched.page
    page.get_by_label("Whom did they go to?").fill("brandt & söhne")
    page.get_by_role("button", name="Mark as lost").click()
    expect(page.get_by_text("went to Brandt & Söhne")).to_be_visible()
    page.get_by_role("link", name="Note a last conversation").click()
    panel = page.locator("#log-panel-body")
    panel.get_by_label("What did you miss with us?").fill("A call now and then")
    panel.get_by_label("What would bring you back?").fill("One person to speak to")
    panel.get_by_label("May we call you again?").select_option("yes")
    panel.get_by_label("When?").fill(clock.today("Europe/Stockholm").isoformat())
    watched.picture("exit-interview")
    panel.get_by_role("button", name="Save").click()
    expect(page.get_by_text("One person to speak to")).to_be_visible()
    in_both_lights(watched, "lost-customer")

    page.goto("/")
    expect(page.get_by_role("heading", name="A friendly word to who left")).to_be_visible()
    in_both_lights(watched, "friendly-word")
    page.locator(".row-item", has_text="One person to speak to").hover()
    page.get_by_role("button", name="Leave them alone").click()
    expect(page.get_by_role("heading", name="A friendly word to who left")).to_be_hidden()
    assert Loss.objects.get(customer=customer).may_call == "no"

    watched = open_page(chromium, site, manager, "/portfolio/losses/", size)
    expect(watched.page.get_by_role("heading", name="By competitor")).to_be_visible()
    watched.page.get_by_role("row", name="Brandt").get_by_role("link", name="2").click()
    expect(watched.page.get_by_role("heading", name="Went to Brandt & Söhne")).to_be_visible()
    in_both_lights(watched, "losses-by-competitor")
    assert watched.complaints == []


@both_sizes
def test_a_hand_over_is_announced_and_stopped_by_its_undo(
    chromium: Browser,
    site: str,
    owner: User,
    teammate: User,
    administrator: User,
    customer: Customer,
    size: tuple[int, int],
) -> None:
    factories.contact(customer, name="Amira Haddad")
    watched = open_page(chromium, site, administrator, f"/settings/people/{owner.pk}/hand-over/", size)
    page = watched.page
    page.get_by_label("Who takes over?").select_option(label=str(teammate))
    expect(page.get_by_label("Introduce the new colleague by mail")).to_be_checked()
    in_both_lights(watched, "hand-over")
    page.locator("form.form-narrow").get_by_role("button", name="Hand over").click()
    expect(page.locator("#toasts")).to_contain_text("looks after the customers of")
    change = OwnerChange.objects.get()
    plan(at=clock.now())
    assert Message.objects.get().state == State.PROPOSED

    watched = open_page(chromium, site, teammate, "/messages/tomorrow/", size)
    expect(watched.page.locator(".ahead-row")).to_contain_text("Introduction of a new owner")
    in_both_lights(watched, "introduction-tomorrow")
    watched.page.get_by_role("link", name="Amira Haddad", exact=True).click()
    frame = watched.page.frame_locator("iframe").first
    expect(
        frame.get_by_text(f"I am {teammate.name}").or_(frame.get_by_text(f"my name is {teammate.name}"))
    ).to_be_visible()
    expect(frame.get_by_text(owner.name).first).to_be_visible()
    in_both_lights(watched, "introduction-mail")
    assert watched.complaints == []

    watched = open_page(chromium, site, administrator, f"/settings/people/{owner.pk}/hand-over/", size)
    watched.page.get_by_role("button", name="Take back").click()
    expect(watched.page.locator("#toasts")).to_contain_text("looks after")
    plan(at=clock.now())
    assert Message.objects.get().state == State.CANCELLED
    change.refresh_from_db()
    assert Customer.objects.get().owner == owner


@both_sizes
def test_what_nobody_looks_after_is_given_away_by_a_manager(
    chromium: Browser, site: str, teammate: User, manager: User, size: tuple[int, int]
) -> None:
    factories.follow_up(factories.customer(teammate))
    User.objects.filter(pk=teammate.pk).update(is_active=False)
    watched = open_page(chromium, site, manager, "/", size)
    page = watched.page
    page.get_by_role("link", name="Give to a colleague").click()
    in_both_lights(watched, "left-behind")
    page.get_by_role("button", name="Give it to them").click()
    expect(page.get_by_role("heading", name="Everything is in somebody's hands")).to_be_visible()
    assert Customer.objects.get().owner == manager
    assert watched.complaints == []
