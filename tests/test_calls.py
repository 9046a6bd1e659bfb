"""Back from a call that began with a tap on a number: one tap says how it went."""

import json
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from accounts.models import User
from customers.models import Contact, Customer
from interactions.models import FollowUp, Interaction, Outcome
from interactions.scheduling import due_in
from retention_crm.lib import clock
from tests import factories
from tests.browser import DESK, PHONE, Watched, tap_a_number

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]


@pytest.fixture
def amira(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira", phone="+46 8 555 12 34")


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def watched(request: pytest.FixtureRequest, chromium: Browser, site: str, owner: User) -> Watched:
    made = Watched(chromium, request.param, site)
    made.sign_in(owner)
    return made


@pytest.fixture
def on_phone(chromium: Browser, site: str, owner: User) -> Watched:
    made = Watched(chromium, PHONE, site)
    made.sign_in(owner)
    return made


def tap(page: Page, amira: Contact) -> None:
    page.goto(f"/customers/{amira.customer_id}/")
    tap_a_number(page, amira.phone)


def leave_and_come_back(page: Page) -> None:
    """As the browser tells a page that another program came to the front, and went."""
    for state in ("hidden", "visible"):
        page.evaluate(
            """(state) => {
                Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            state,
        )


def sheet_of(page: Page) -> Locator:
    return page.locator("#call-back")


def said(page: Page, words: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(words)


def waits(page: Page) -> Any:
    return page.evaluate("sessionStorage.getItem('retention.call')")


def test_talked_is_logged_at_once_and_the_next_step_is_offered(watched: Watched, amira: Contact) -> None:
    page = watched.page
    due = factories.follow_up(amira.customer, title="Ask about the offer")
    before = clock.now()
    tap(page, amira)
    expect(sheet_of(page)).to_be_hidden()
    leave_and_come_back(page)
    expect(sheet_of(page).get_by_role("heading", name="How did it go with Amira?")).to_be_visible()
    watched.picture("call-back")

    sheet_of(page).get_by_role("button", name="Talked five minutes").click()

    said(page, "Call logged for Lindqvist AB.")
    made = Interaction.objects.get()
    assert (made.kind, made.outcome, made.minutes, made.contact) == ("call", Outcome.HELD, 5, amira)
    assert before - timedelta(seconds=1) <= made.happened_at <= clock.now()
    expect(page.locator(f"#interaction-{made.pk}")).to_contain_text("5 minutes")
    expect(sheet_of(page).get_by_role("heading", name="And what is next with Amira?")).to_be_visible()
    watched.picture("call-next")
    sheet_of(page).get_by_role("button", name="Done: Ask about the offer").click()
    said(page, "Done: Ask about the offer")
    sheet_of(page).get_by_role("button", name="In a week").click()
    said(page, "Next: Get in touch again")
    due.refresh_from_db()
    assert due.done_at is not None
    assert FollowUp.objects.open().get().source == made
    expect(sheet_of(page)).to_be_hidden()
    assert waits(page) is None
    assert watched.complaints == []


def test_no_answer_is_one_key_and_can_be_taken_back(watched: Watched, amira: Contact) -> None:
    page = watched.page
    tap(page, amira)
    leave_and_come_back(page)
    expect(sheet_of(page)).to_be_focused()

    page.keyboard.press("n")

    said(page, "Call logged for Lindqvist AB: No answer.")
    expect(sheet_of(page)).to_be_hidden()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    said(page, "Taken back")
    assert not Interaction.objects.exists()
    assert watched.complaints == []


def test_postponed_moves_what_was_to_be_done(on_phone: Watched, amira: Contact, owner: User) -> None:
    page = on_phone.page
    due = factories.follow_up(amira.customer, title="Ask about the offer")
    tap(page, amira)
    leave_and_come_back(page)

    sheet_of(page).get_by_role("button", name="Postponed").click()

    said(page, "Moved to")
    due.refresh_from_db()
    assert due.due_at == due_in(1, owner, at=clock.now())
    assert Interaction.objects.get().outcome == Outcome.POSTPONED
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    said(page, "Taken back")
    due.refresh_from_db()
    assert due.due_at == factories.NOW


def test_it_is_asked_once_for_one_tap(on_phone: Watched, amira: Contact) -> None:
    page = on_phone.page
    tap(page, amira)
    leave_and_come_back(page)
    leave_and_come_back(page)
    expect(sheet_of(page)).to_have_count(1)
    sheet_of(page).get_by_role("button", name="I did not call").click()

    leave_and_come_back(page)
    expect(sheet_of(page)).to_be_hidden()
    page.reload()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(sheet_of(page)).to_be_hidden()
    assert not Interaction.objects.exists()


def test_it_survives_a_reload_but_not_an_hour(on_phone: Watched, amira: Contact) -> None:
    page = on_phone.page
    tap(page, amira)
    page.reload()
    expect(sheet_of(page)).to_be_visible()

    call = json.loads(waits(page)) | {"at": int(clock.now().timestamp() * 1000) - 3_600_001}
    page.evaluate("(call) => sessionStorage.setItem('retention.call', call)", json.dumps(call))
    page.reload()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(sheet_of(page)).to_be_hidden()
    assert waits(page) is None


def test_somebody_else_is_not_asked(on_phone: Watched, amira: Contact, teammate: User) -> None:
    page = on_phone.page
    tap(page, amira)
    on_phone.sign_in(teammate)
    page.reload()

    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(sheet_of(page)).to_be_hidden()
    assert waits(page) is None


def test_who_wants_to_write_gets_the_panel(on_phone: Watched, amira: Contact) -> None:
    page = on_phone.page
    tap(page, amira)
    leave_and_come_back(page)
    sheet_of(page).get_by_role("button", name="Write about it").click()

    panel = page.locator("#log-panel")
    expect(panel.get_by_role("radio", name="Call")).to_be_checked()
    expect(sheet_of(page)).to_be_hidden()
    panel.get_by_role("button", name="Save").click()
    said(page, "Call logged")
    assert waits(page) is None
