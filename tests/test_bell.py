"""The bell in a real browser: opened, read, marked, kept up to date, by keyboard, on a phone and without script."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from accounts.models import User
from customers.models import Customer
from outreach.models import Notification, NotificationChoice, NotificationKind
from retention_crm.lib import clock
from tests import factories
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]


@pytest.fixture
def told(owner: User, teammate: User, customer: Customer) -> list[Notification]:
    """Three that are new and one that was seen, the newest first."""
    contact = factories.contact(customer, name="Amira Haddad")
    at, about = clock.now(), (owner, customer)
    kinds = NotificationKind
    return [
        factories.notification(
            *about, kind=kinds.ANSWER, occasion="urgent:answer:1", contact=contact, number=3, created_at=at
        ),
        factories.notification(
            *about,
            kind=kinds.PROMISE,
            occasion="urgent:promise:1:1",
            words="Send the new price list to the board before it meets on Friday",
            created_at=at - timedelta(hours=3),
        ),
        factories.notification(
            owner,
            kind=kinds.GIVEN,
            occasion=f"given:{owner.pk}:{teammate.pk}:1",
            number=12,
            by=teammate,
            created_at=at - timedelta(days=2),
        ),
        factories.notification(
            *about, occasion="urgent:complaint:1", words="The machine burnt", created_at=at - timedelta(3), seen_at=at
        ),
    ]


def watched(browser: Browser, site: str, person: User, size: tuple[int, int] = DESK, *, script: bool = True) -> Watched:
    made = Watched(browser, size, site, script=script)
    made.sign_in(person)
    return made


def bell(page: Page, words: str) -> Locator:
    return page.get_by_role("button", name=words, exact=True)


def pictures(seen: Watched, name: str) -> None:
    """In the dark and in the light."""
    seen.page.emulate_media(color_scheme="dark")
    seen.picture(f"{name}-dark")
    seen.page.emulate_media(color_scheme="light")
    seen.picture(f"{name}-light")


def opened(page: Page, words: str) -> Locator:
    bell(page, words).click()
    menu = page.locator("#bell-menu")
    expect(menu.get_by_role("heading", name="Notifications")).to_be_visible()
    return menu


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_menu_shows_the_newest_and_leads_to_them(
    chromium: Browser, site: str, owner: User, customer: Customer, told: list[Notification], size: tuple[int, int]
) -> None:
    seen = watched(chromium, site, owner, size)
    page = seen.page
    page.goto("/settings/")
    assert page.locator("#bell-menu li").count() == 0
    menu = opened(page, "Notifications, 3 new")
    expect(menu.get_by_role("listitem")).to_have_count(4)
    expect(menu.get_by_role("listitem").first).to_contain_text("Unhappy answer: Lindqvist AB")
    expect(menu.get_by_text("New", exact=True)).to_have_count(3)
    pictures(seen, "bell-menu")

    menu.get_by_role("link", name="Unhappy answer").click()

    expect(page).to_have_url(re.compile(f"/customers/{customer.pk}/$"))
    menu = opened(page, "Notifications, 2 new")
    menu.get_by_role("button", name="Mark all as seen").click()
    expect(bell(page, "Notifications")).to_be_visible()
    expect(menu.get_by_text("New", exact=True)).to_have_count(0)
    assert not Notification.objects.unseen().exists()
    assert seen.complaints == []


def test_it_is_opened_and_left_with_keys_alone(
    chromium: Browser, site: str, owner: User, told: list[Notification]
) -> None:
    seen = watched(chromium, site, owner)
    page = seen.page
    page.goto("/")
    button = bell(page, "Notifications, 3 new")
    button.focus()
    page.keyboard.press("Space")
    menu = page.locator("#bell-menu")
    expect(menu.get_by_role("link", name="Unhappy answer")).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(menu.get_by_role("button", name="Mark all as seen")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(button).to_be_focused()
    assert seen.complaints == []


def test_what_is_new_is_counted_again_when_one_comes_back_and_when_something_was_saved(
    chromium: Browser, site: str, owner: User, customer: Customer
) -> None:
    seen = watched(chromium, site, owner)
    page = seen.page
    page.goto(f"/customers/{customer.pk}/")
    expect(bell(page, "Notifications")).to_be_visible()

    factories.notification(owner, customer)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(bell(page, "Notifications, 1 new")).to_be_visible()

    for _number in range(10):
        factories.notification(owner, customer)
    page.keyboard.press("c")
    panel = page.locator("#log-panel")
    expect(panel.get_by_role("radio", name="Held")).to_be_focused()
    panel.get_by_role("radio", name="No answer").check()
    panel.get_by_role("button", name="Save").click()
    expect(bell(page, "Notifications, more than 9 new")).to_be_visible()
    expect(page.locator(".bell-number")).to_have_text("9+")
    assert seen.complaints == []


def test_coming_back_after_the_session_ended_or_without_a_network_disturbs_nobody(
    chromium: Browser, site: str, owner: User, customer: Customer
) -> None:
    seen = watched(chromium, site, owner)
    page = seen.page
    page.goto(f"/customers/{customer.pk}/edit/")
    page.get_by_label("Name").first.fill("Half typed")
    page.context.clear_cookies()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_timeout(300)
    page.context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_timeout(300)
    expect(page.get_by_label("Name").first).to_have_value("Half typed")
    expect(page.locator("#toasts .toast")).to_have_count(0)
    expect(bell(page, "Notifications")).to_be_visible()


def test_without_script_it_is_a_link_to_the_page(
    chromium: Browser, site: str, owner: User, customer: Customer, told: list[Notification]
) -> None:
    seen = watched(chromium, site, owner, PHONE, script=False)
    page = seen.page
    page.goto("/")
    page.get_by_role("link", name="Notifications, 3 new").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Notifications")
    page.get_by_role("link", name="Promise not kept").click()
    expect(page).to_have_url(re.compile(f"/customers/{customer.pk}/$"))
    page.goto("/notifications/")
    page.get_by_role("button", name="Mark all as seen").click()
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()
    assert not Notification.objects.unseen().exists()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_of_all_and_the_choice_of_ways(
    chromium: Browser, site: str, owner: User, told: list[Notification], size: tuple[int, int]
) -> None:
    seen = watched(chromium, site, owner, size)
    page = seen.page
    page.goto("/notifications/")
    pictures(seen, "bell-page")
    page.get_by_role("main").get_by_role("link", name="What I hear of").click()
    pictures(seen, "bell-ways")
    page.get_by_role("group", name="An unhappy answer").get_by_label("Off").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved")
    assert NotificationChoice.objects.get().kind == NotificationKind.ANSWER
    page.goto("/settings/me/notifications/")
    expect(page.get_by_role("group", name="An unhappy answer").get_by_label("Off")).to_be_checked()
    assert seen.complaints == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_alert_is_called_useful_in_the_menu_which_stays_open(
    chromium: Browser, site: str, owner: User, told: list[Notification], size: tuple[int, int]
) -> None:
    opened = watched(chromium, site, owner, size)
    page = opened.page
    page.goto("/")
    page.locator("#bell").click()
    row = page.locator("#bell-menu .bell-row", has_text="Promise not kept in time")
    row.get_by_role("button", name="Not useful").click()
    expect(row.get_by_role("button", name="Not useful")).to_have_attribute("aria-pressed", "true")
    row.get_by_role("button", name="Useful", exact=True).click()
    expect(row.get_by_role("button", name="Useful", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(row.get_by_role("button", name="Not useful")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#bell")).to_contain_text("2 new")
    opened.picture("bell-judged")
    told[1].refresh_from_db()
    assert told[1].is_useful is True and told[1].seen_at is not None
    assert opened.complaints == []
