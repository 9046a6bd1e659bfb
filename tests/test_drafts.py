"""What is typed in the log panel is kept on the device: for this customer and this person, until it is saved."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from accounts.models import User
from customers.models import Customer
from interactions.models import Interaction
from tests import factories
from tests.browser import DESK, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]
WORDS = "Wants the new prices before the board meets"


@pytest.fixture
def watched(chromium: Browser, site: str, owner: User) -> Watched:
    made = Watched(chromium, DESK, site)
    made.sign_in(owner)
    return made


def opened(page: Page, customer: Customer) -> Locator:
    page.goto(f"/customers/{customer.pk}/")
    page.keyboard.press("c")
    panel = page.locator("#log-panel")
    expect(panel.get_by_role("radio", name="Held")).to_be_focused()
    return panel


def type_something(page: Page, customer: Customer) -> None:
    panel = opened(page, customer)
    panel.get_by_role("radio", name="Meeting").check()
    panel.get_by_role("radio", name="In a week").check()
    panel.get_by_label("Notes").press_sequentially(WORDS)


def kept(page: Page) -> list[str]:
    found: list[str] = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('retention.draft.'))")
    return found


def test_what_was_typed_is_offered_again_and_gone_when_it_is_saved(watched: Watched, customer: Customer) -> None:
    page = watched.page
    type_something(page, customer)

    panel = opened(page, customer)
    bar = panel.get_by_role("status")
    expect(bar).to_have_text(re.compile(r"You had started this at \d\d:\d\d"))
    expect(panel.get_by_label("Notes")).to_have_value("")
    watched.picture("draft")
    page.keyboard.press("k")
    expect(panel.get_by_label("Notes")).to_have_value(WORDS)
    expect(panel.get_by_role("radio", name="Meeting")).to_be_checked()
    expect(panel.get_by_role("radio", name="In a week")).to_be_checked()
    panel.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Meeting logged")

    assert Interaction.objects.get().notes == WORDS
    assert kept(page) == []
    expect(opened(page, customer).get_by_role("status")).to_be_hidden()
    assert watched.complaints == []


def test_it_is_thrown_away_only_if_one_says_so(watched: Watched, customer: Customer) -> None:
    page = watched.page
    type_something(page, customer)
    panel = opened(page, customer)
    panel.get_by_label("Notes").press_sequentially("Something else")
    panel = opened(page, customer)
    panel.get_by_role("button", name="Go on").click()
    expect(panel.get_by_label("Notes")).to_have_value(WORDS)

    panel = opened(page, customer)
    panel.get_by_role("button", name="Throw away").click()
    assert kept(page) == []
    expect(opened(page, customer).get_by_role("status")).to_be_hidden()


def test_what_is_typed_before_going_on_stands_below(watched: Watched, customer: Customer) -> None:
    page = watched.page
    type_something(page, customer)
    panel = opened(page, customer)
    panel.get_by_label("Notes").press_sequentially("Called again")
    panel.get_by_role("button", name="Go on").click()

    expect(panel.get_by_label("Notes")).to_have_value(f"{WORDS}\nCalled again")


def test_it_belongs_to_one_customer(watched: Watched, customer: Customer, owner: User) -> None:
    page = watched.page
    type_something(page, customer)

    expect(opened(page, factories.customer(owner)).get_by_role("status")).to_be_hidden()
    expect(opened(page, customer).get_by_role("status")).to_be_visible()


def test_logging_out_takes_it_away(watched: Watched, customer: Customer) -> None:
    page = watched.page
    type_something(page, customer)
    assert len(kept(page)) == 1
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Menu of Mia Berg").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()

    assert kept(page) == []


def test_nobody_else_on_the_same_device_finds_it(watched: Watched, customer: Customer, teammate: User) -> None:
    """The session ended by itself, and a colleague logs in."""
    page = watched.page
    type_something(page, customer)
    watched.sign_in(teammate)

    expect(opened(page, customer).get_by_role("status")).to_be_hidden()
    assert kept(page) == []
