"""Changing values where they stand, in a real browser: Enter saves, Escape cancels, and nothing typed is lost."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from accounts.models import User
from customers.models import Customer
from tests import factories
from tests.browser import DESK, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]


@pytest.fixture
def watched(chromium: Browser, site: str, owner: User, customer: Customer) -> Watched:
    factories.contact(customer, name="Jonas", phone="+46 8 555 12 34", email="jonas@lindqvist.example")
    made = Watched(chromium, DESK, site)
    made.sign_in(owner)
    made.page.goto(f"/customers/{customer.pk}/")
    return made


def change(page: Page, field: str) -> Locator:
    page.get_by_role("link", name=f"Change: {field}").click()
    return page.locator(".cell-form").get_by_label(field, exact=False)


def test_enter_saves_and_escape_cancels(watched: Watched, customer: Customer) -> None:
    page = watched.page
    box = change(page, "name")
    expect(box).to_be_focused()
    page.keyboard.type("Lindqvist & Söner")
    watched.picture("inline-edit")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Lindqvist & Söner")).to_be_visible()
    expect(page.get_by_role("link", name="Change: name")).to_be_focused()

    expect(change(page, "name")).to_be_focused()
    page.keyboard.type("Nonsense")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Lindqvist & Söner")).to_be_visible()
    expect(page.locator(".cell-form")).to_have_count(0)
    page.reload()
    expect(page.locator(".cell-form")).to_have_count(0)
    customer.refresh_from_db()
    assert customer.name == "Lindqvist & Söner"
    assert watched.complaints == []


def test_a_choice_is_made_with_keys_alone(watched: Watched, customer: Customer) -> None:
    page = watched.page
    page.get_by_role("link", name="Change: stage").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".cell-form select")).to_be_focused()
    page.keyboard.type("Engaged")
    page.keyboard.press("Enter")
    expect(page.locator(".cell-form")).to_have_count(0)
    expect(page.locator(".customer-head")).to_contain_text("Engaged")
    customer.refresh_from_db()
    assert customer.stage == "engaged"


def test_leaving_the_field_keeps_what_was_typed(watched: Watched, customer: Customer) -> None:
    """Also while the page is shown anew because something else was saved, and after it was loaded again."""
    page = watched.page
    change(page, "phone").fill("+46 8 777")
    page.get_by_role("heading", name="Timeline").click()
    kept = page.locator(".cell-form").get_by_label("Phone")
    expect(kept).to_have_value("+46 8 777")

    box = change(page, "name")
    box.fill("Lindqvist Group")
    box.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved: Name.")
    expect(page.get_by_role("heading", name="Lindqvist Group")).to_be_visible()
    expect(kept).to_have_value("+46 8 777")
    page.reload()
    expect(kept).to_have_value("+46 8 777")
    assert customer.contacts.get().phone == "+46 8 555 12 34"

    kept.press("Enter")
    expect(page.get_by_role("complementary", name="Context").get_by_role("link", name="+46 8 777")).to_be_visible()
    assert customer.contacts.get().phone == "+46 8 777"
    assert watched.complaints == []


def test_all_that_was_typed_is_open_again_however_many_places(watched: Watched) -> None:
    page = watched.page
    form = page.locator(".cell-form")
    typed = {
        "name": "Lindqvist Group",
        "how to treat them": "Slowly",
        "phone": "+46 8 777",
        "e-mail": "j@lindqvist.example",
    }
    for number, (field, words) in enumerate(typed.items(), start=1):
        page.get_by_role("link", name=f"Change: {field}").click()
        expect(form).to_have_count(number)
        page.locator(":focus").fill(words)
    page.reload()
    expect(form).to_have_count(len(typed))
    assert {box.input_value() for box in form.get_by_role("textbox").all()} == set(typed.values())


def test_what_is_wrong_is_said_where_it_was_typed(watched: Watched, customer: Customer) -> None:
    page = watched.page
    box = change(page, "e-mail")
    box.fill("jonas@nowhere")
    box.press("Enter")
    form = page.locator(".cell-form")
    expect(form).to_contain_text("valid e")
    expect(form.get_by_role("textbox")).to_have_value("jonas@nowhere")
    expect(form.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="jonas@lindqvist.example")).to_be_visible()
