"""Logging in a few seconds, in a real browser: with keys at a desk, with a thumb on a phone."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from accounts.models import User
from customers.models import Customer
from interactions.models import CheckInAnswer, CheckInQuestion, Interaction, Outcome
from tests import factories
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]


@pytest.fixture
def lindqvist(owner: User) -> Customer:
    customer = factories.customer(owner, name="Lindqvist AB", care_note="Speaks slowly, give him time")
    factories.contact(
        customer, name="Amira Haddad", preferred_name="Amira", phone="+46 8 555 12 34", best_time="mornings"
    )
    factories.follow_up(customer, title="Send samples", is_promise=True)
    factories.complaint(customer, what="Delivered late")
    return customer


def open_page(chromium: Browser, site: str, person: User, address: str, size: tuple[int, int] = DESK) -> Watched:
    watched = Watched(chromium, size, site)
    watched.sign_in(person)
    watched.page.goto(address)
    return watched


def page_of(customer: Customer) -> str:
    return f"/customers/{customer.pk}/"


def said(page: Page, words: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(words)


# ---- With keys ----


def test_a_call_without_an_answer_takes_three_keys(
    chromium: Browser, site: str, owner: User, lindqvist: Customer
) -> None:
    """Nothing waits for the panel: what is typed meanwhile counts."""
    watched = open_page(chromium, site, owner, page_of(lindqvist))
    page = watched.page
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()

    for key in ("c", "n", "Enter"):
        page.keyboard.press(key)

    said(page, "Call logged for Lindqvist AB: No answer.")
    made = Interaction.objects.get()
    assert (made.kind, made.outcome, made.author) == ("call", Outcome.NO_ANSWER, owner)
    expect(page.locator(f"#interaction-{made.pk}")).to_contain_text("No answer")
    assert page.url.endswith(page_of(lindqvist))
    expect(page.locator("#log-panel")).to_be_hidden()
    assert watched.complaints == []


def test_from_anywhere_the_name_is_typed_at_once(
    chromium: Browser, site: str, owner: User, lindqvist: Customer
) -> None:
    watched = open_page(chromium, site, owner, "/customers/")
    page = watched.page
    page.keyboard.press("m")
    page.keyboard.type("lindq", delay=20)
    panel = page.locator("#log-panel")
    expect(panel.get_by_role("link", name="Lindqvist AB")).to_be_visible()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("radio", name="Meeting")).to_be_checked()
    page.keyboard.press("t")
    page.keyboard.type("can we now talk?")
    watched.picture("quick-log-writing")
    page.keyboard.press("Control+Enter")

    said(page, "Meeting logged for Lindqvist AB.")
    assert Interaction.objects.get().notes == "can we now talk?"
    assert watched.complaints == []


def test_words_typed_while_the_panel_is_on_its_way_are_words(
    chromium: Browser, site: str, owner: User, lindqvist: Customer
) -> None:
    """After "t" they are the text and no longer keys: "e" would make it an e-mail."""
    watched = open_page(chromium, site, owner, page_of(lindqvist))
    page = watched.page
    held: list[Route] = []
    page.route("**/log/?*", lambda route: held.append(route))
    page.keyboard.press("m")
    page.keyboard.type("twe met, even")
    page.keyboard.press("Enter")
    panel = page.locator("#log-panel")
    expect(panel.get_by_text("One moment")).to_be_visible()
    held.pop().continue_()
    expect(panel.get_by_label("Notes")).to_have_value("we met, even\n")
    expect(panel.get_by_role("radio", name="Meeting")).to_be_checked()
    assert watched.complaints == []


def test_what_is_open_and_how_to_treat_them_is_seen_before_the_box(
    chromium: Browser, site: str, owner: User, lindqvist: Customer
) -> None:
    watched = open_page(chromium, site, owner, page_of(lindqvist))
    page = watched.page
    page.keyboard.press("c")
    panel = page.locator("#log-panel")
    expect(panel.get_by_role("radio", name="Held")).to_be_focused()
    for words in ("Speaks slowly", "Amira", "Formal", "mornings", "Send samples", "Delivered late"):
        expect(panel.get_by_text(re.compile(words)).first).to_be_visible()
    page.wait_for_timeout(400)
    watched.picture("quick-log")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert watched.complaints == []


def test_keys_are_letters_while_one_writes_and_do_nothing_when_switched_off(
    chromium: Browser, site: str, owner: User, lindqvist: Customer
) -> None:
    watched = open_page(chromium, site, owner, "/settings/me/")
    page = watched.page
    page.get_by_role("textbox", name="Name").press_sequentially("cm")
    expect(page.locator("#log-panel")).to_be_hidden()
    page.reload()
    page.get_by_label("Single keys").uncheck()
    page.get_by_role("button", name="Save").click()
    page.goto(page_of(lindqvist))
    page.keyboard.press("c")
    page.wait_for_timeout(500)
    expect(page.locator("#log-panel")).to_be_hidden()
    page.get_by_role("link", name="Log", exact=True).first.click()
    expect(page.locator("#log-panel").get_by_label("Notes")).to_be_focused()
    page.keyboard.type("n")
    expect(page.locator("#log-panel").get_by_role("radio", name="Held")).to_be_checked()


# ---- With a thumb ----


def test_on_a_phone_the_bar_at_the_bottom_logs_for_the_customer_one_looks_at(
    chromium: Browser, site: str, owner: User, lindqvist: Customer
) -> None:
    watched = open_page(chromium, site, owner, page_of(lindqvist), PHONE)
    page = watched.page
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Log").click()
    panel = page.locator("#log-panel")
    panel.get_by_role("radio", name="No answer").check()
    page.wait_for_timeout(400)
    watched.picture("quick-log")
    panel.get_by_role("button", name="Save").click()

    said(page, "Call logged for Lindqvist AB: No answer.")
    assert Interaction.objects.get().outcome == Outcome.NO_ANSWER
    assert watched.complaints == []


def test_a_save_pressed_twice_logs_once_and_is_taken_back_with_one_tap(
    chromium: Browser, site: str, owner: User, lindqvist: Customer
) -> None:
    watched = open_page(chromium, site, owner, page_of(lindqvist), PHONE)
    page = watched.page
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Log").click()
    page.locator("#log-panel").get_by_role("button", name="Save").dblclick()
    said(page, "Call logged for Lindqvist AB.")
    assert Interaction.objects.count() == 1
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    said(page, "Taken back: Call, Lindqvist AB.")
    assert not Interaction.objects.exists()
    assert watched.complaints == []


# ---- Questions to ask ----


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_questions_are_fetched_when_somebody_wants_to_ask(
    chromium: Browser, site: str, owner: User, lindqvist: Customer, size: tuple[int, int]
) -> None:
    question = CheckInQuestion.objects.create(text="What do you need next?")
    watched = open_page(chromium, site, owner, page_of(lindqvist), size)
    page = watched.page
    page.evaluate("document.body.dispatchEvent(new CustomEvent('log', { detail: 'call' }))")
    panel = page.locator("#log-panel")
    panel.get_by_label("Notes").fill("A long talk")
    panel.get_by_label("They wait for an answer").check()
    expect(panel.get_by_label("What do you need next?")).to_have_count(0)

    panel.get_by_text("With whom, when, their mood, a wish").click()
    panel.get_by_label("What do you need next?").fill("A second machine")
    expect(panel.get_by_label("Notes")).to_have_value("A long talk")
    watched.picture("questions")
    panel.get_by_role("button", name="Save").click()

    said(page, "Call logged for Lindqvist AB.")
    answer = CheckInAnswer.objects.select_related("interaction").get()
    assert (answer.question, answer.text, answer.interaction.is_owed) == (question, "A second machine", True)
    expect(page.locator(f"#interaction-{answer.interaction_id}")).to_contain_text("A second machine")
    assert watched.complaints == []
