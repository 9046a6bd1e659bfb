"""Logging without a network, in a real browser with its worker: kept on the device, and delivered once."""

import re
import time

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from accounts.models import User
from customers.models import Customer
from interactions.models import FollowUp, Interaction, Outcome
from tests import factories
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]
WORDS = "Wants the new prices before the board meets"


@pytest.fixture
def watched(chromium: Browser, site: str, owner: User, customer: Customer) -> Watched:
    """On the page of the customer, with the worker at work."""
    made = Watched(chromium, PHONE, site)
    made.sign_in(owner)
    look_at(made.page, customer)
    return made


def look_at(page: Page, customer: Customer) -> None:
    page.goto(f"/customers/{customer.pk}/")
    page.evaluate("() => navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller")


def cut(page: Page) -> None:
    page.context.set_offline(True)


def mend_the_line(page: Page) -> None:
    page.context.set_offline(False)


def open_log(page: Page) -> Locator:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Log").click()
    panel = page.locator("#log-panel")
    expect(panel.get_by_role("radio", name="No answer")).to_be_visible()
    return panel


def said(page: Page, words: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(words)


def outbox(page: Page) -> Locator:
    return page.locator("#outbox")


def notes_kept(page: Page) -> int:
    found: int = page.evaluate("window.outbox.all().then((notes) => notes.length)")
    return found


def test_what_is_saved_without_a_network_is_delivered_once_when_it_is_back(
    watched: Watched, customer: Customer, owner: User
) -> None:
    page = watched.page
    panel = open_log(page)
    panel.get_by_label("Notes").fill(WORDS)
    panel.get_by_role("radio", name="Tomorrow").check()
    cut(page)
    panel.get_by_role("button", name="Save").click()

    said(page, "kept on this device")
    expect(outbox(page).get_by_role("status")).to_have_text("1 note waits for the network.")
    expect(panel).to_be_hidden()
    assert not Interaction.objects.exists()
    watched.picture("waiting")
    mend_the_line(page)
    said(page, "Call logged for Lindqvist AB.")
    expect(outbox(page)).to_be_hidden()

    made = Interaction.objects.get()
    assert (made.customer, made.author, made.notes) == (customer, owner, WORDS)
    assert FollowUp.objects.get().source == made
    expect(page.locator(f"#interaction-{made.pk}")).to_contain_text(WORDS)
    page.reload()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    assert notes_kept(page) == 0 and Interaction.objects.count() == 1


def test_the_panel_opens_without_a_network_for_the_customer_one_looks_at(watched: Watched, customer: Customer) -> None:
    page = watched.page
    cut(page)
    panel = open_log(page)
    expect(panel.get_by_role("heading", name="Lindqvist AB")).to_be_visible()
    expect(panel.get_by_label("Which customer?")).to_be_hidden()
    panel.get_by_role("radio", name="No answer").check()
    panel.get_by_label("Notes").fill(WORDS)
    page.wait_for_timeout(400)
    watched.picture("log-without-network")
    panel.get_by_role("button", name="Keep for later").click()
    said(page, "kept on this device")

    mend_the_line(page)
    said(page, "Call logged for Lindqvist AB: No answer.")
    made = Interaction.objects.get()
    assert (made.customer, made.outcome, made.notes) == (customer, Outcome.NO_ANSWER, WORDS)


def test_a_reply_that_was_lost_is_asked_for_again_and_recorded_once(watched: Watched, customer: Customer) -> None:
    """The server has saved it, and the line breaks before it can say so."""
    page = watched.page
    saved: list[int] = []

    def break_after(route: Route) -> None:
        saved.append(route.fetch().status)
        route.abort("connectionreset")

    panel = open_log(page)
    panel.get_by_label("Notes").fill(WORDS)
    page.route("**/log/", break_after)
    page.route("**/log/deliver/", lambda route: route.abort("connectionreset"))
    panel.get_by_role("button", name="Save").click()
    expect(outbox(page).get_by_role("status")).to_have_text("1 note waits for the network.")
    assert saved == [200] and Interaction.objects.count() == 1

    page.unroute_all()
    page.reload()
    said(page, "Call logged for Lindqvist AB.")
    expect(outbox(page)).to_be_hidden()
    assert Interaction.objects.get().notes == WORDS
    assert notes_kept(page) == 0


def test_a_delivery_whose_reply_was_lost_is_recorded_once(watched: Watched, customer: Customer) -> None:
    page = watched.page
    saved: list[int] = []

    def break_after(route: Route) -> None:
        saved.append(route.fetch().status)
        route.abort("connectionreset")

    panel = open_log(page)
    cut(page)
    panel.get_by_role("button", name="Save").click()
    said(page, "kept on this device")
    page.route("**/log/deliver/", break_after)
    mend_the_line(page)
    expect(outbox(page).get_by_role("status")).to_have_text("1 note waits for the network.")
    for _tenth in range(100):
        if saved:
            break
        page.wait_for_timeout(100)
    assert saved and set(saved) == {200}

    page.unroute_all()
    page.reload()
    said(page, "Call logged for Lindqvist AB.")
    assert Interaction.objects.count() == 1 and notes_kept(page) == 0


def test_what_is_refused_says_why_and_can_be_mended(watched: Watched, customer: Customer, owner: User) -> None:
    page = watched.page
    panel = open_log(page)
    panel.get_by_label("Notes").fill(WORDS)
    panel.get_by_role("radio", name="Tomorrow").check()
    cut(page)
    panel.get_by_role("button", name="Save").click()
    said(page, "kept on this device")
    page.evaluate(
        """async () => {
            const [note] = await window.outbox.all();
            note.fields = note.fields.filter(([name]) => name !== "happened_at");
            note.fields.push(["happened_at", "2199-01-01T10:00"]);
            await window.outbox.put(note);
        }"""
    )
    mend_the_line(page)

    refused = outbox(page).get_by_role("listitem")
    expect(refused).to_contain_text("This lies in the future")
    expect(refused).to_contain_text(WORDS)
    expect(refused).to_contain_text("Lindqvist AB")
    watched.picture("refused")
    assert not Interaction.objects.exists()
    held: list[Route] = []
    page.route("**/log/?customer=*", lambda route: held.append(route))
    refused.get_by_role("button", name="Mend").click()
    expect(panel.get_by_text("One moment")).to_be_visible()
    expect(panel.get_by_label("Notes")).to_have_count(0)
    held.pop().continue_()
    expect(panel.get_by_label("Notes")).to_have_value(WORDS)
    expect(panel.get_by_role("radio", name="Tomorrow")).to_be_checked()
    panel.get_by_text("With whom, when, their mood, a wish").click()
    panel.get_by_label("When", exact=True).first.fill("2026-01-05T10:00")
    panel.get_by_role("button", name="Save").click()
    said(page, "Call logged for Lindqvist AB.")

    assert Interaction.objects.get().notes == WORDS
    expect(outbox(page)).to_be_hidden()
    assert notes_kept(page) == 0


def test_a_customer_who_is_not_ones_own_any_more_is_refused_and_thrown_away(
    watched: Watched, customer: Customer, outsider: User
) -> None:
    page = watched.page
    panel = open_log(page)
    panel.get_by_label("Notes").fill(WORDS)
    cut(page)
    panel.get_by_role("button", name="Save").click()
    said(page, "kept on this device")
    Customer.objects.update(owner=outsider)
    mend_the_line(page)

    refused = outbox(page).get_by_role("listitem")
    expect(refused).to_contain_text("not yours to change")
    page.on("dialog", lambda dialog: dialog.accept())
    refused.get_by_role("button", name="Throw away").click()
    expect(outbox(page)).to_be_hidden()
    assert notes_kept(page) == 0 and not Interaction.objects.exists()


def test_what_one_wrote_is_not_sent_in_the_name_of_another(
    watched: Watched, customer: Customer, owner: User, teammate: User
) -> None:
    page = watched.page
    panel = open_log(page)
    panel.get_by_label("Notes").fill(WORDS)
    cut(page)
    panel.get_by_role("button", name="Save").click()
    said(page, "kept on this device")
    watched.sign_in(teammate)
    mend_the_line(page)
    page.wait_for_timeout(500)
    assert not Interaction.objects.exists()
    page.goto("/")

    expect(outbox(page)).to_contain_text("1 note of Mia Berg waits on this device")
    expect(outbox(page)).not_to_contain_text("for the network")
    assert WORDS not in page.content()
    watched.picture("of-another")
    assert not Interaction.objects.exists() and notes_kept(page) == 1
    watched.sign_in(owner)
    page.goto("/")
    said(page, "Call logged for Lindqvist AB.")
    assert Interaction.objects.get().author == owner


def test_it_waits_until_one_has_logged_in_again(watched: Watched, customer: Customer, owner: User) -> None:
    page = watched.page
    panel = open_log(page)
    panel.get_by_label("Notes").fill(WORDS)
    cut(page)
    panel.get_by_role("button", name="Save").click()
    said(page, "kept on this device")
    page.context.clear_cookies(name="sessionid")
    mend_the_line(page)
    page.wait_for_timeout(500)
    assert not Interaction.objects.exists() and notes_kept(page) == 1
    watched.sign_in(owner)
    look_at(page, customer)

    said(page, "Call logged for Lindqvist AB.")
    assert Interaction.objects.count() == 1


def test_any_other_page_says_that_there_is_no_network_and_takes_a_note(
    watched: Watched, customer: Customer, owner: User
) -> None:
    page = watched.page
    cut(page)
    page.goto("/customers/")
    expect(page.get_by_role("heading", name="There is no network")).to_be_visible()
    watched.picture("offline")
    page.get_by_label("Which customer?").fill("lindq")
    page.get_by_role("radio", name="Meeting").check()
    page.get_by_label("Notes").fill(WORDS)
    page.get_by_role("button", name="Keep for later").click()
    expect(page.get_by_text("1 note waits for the network.")).to_be_visible()

    mend_the_line(page)
    refused = outbox(page).get_by_role("listitem")
    expect(refused).to_contain_text("Choose which customer this is about.")
    refused.get_by_role("button", name="Mend").click()
    panel = page.locator("#log-panel")
    panel.get_by_role("link", name="Lindqvist AB").click()
    expect(panel.get_by_label("Notes")).to_have_value(WORDS)
    expect(panel.get_by_role("radio", name="Meeting")).to_be_checked()
    panel.get_by_role("button", name="Save").click()
    said(page, "Meeting logged for Lindqvist AB.")
    expect(outbox(page)).to_be_hidden()
    assert Interaction.objects.get().notes == WORDS


def test_how_a_call_went_is_kept_as_well(watched: Watched, customer: Customer) -> None:
    page = watched.page
    factories.contact(customer, name="Amira Haddad", phone="+46 8 555 12 34")
    look_at(page, customer)
    page.evaluate(
        "document.addEventListener('click', (event) => event.target.closest('a[data-call]') && event.preventDefault())"
    )
    page.get_by_role("link", name="+46 8 555 12 34").first.click()
    cut(page)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.get_by_role("button", name="No answer").click()
    said(page, "kept on this device")
    mend_the_line(page)

    said(page, "Call logged for Lindqvist AB: No answer.")
    made = Interaction.objects.get()
    assert made.contact is not None and made.contact.name == "Amira Haddad"


def test_nothing_of_a_customer_is_kept_by_the_worker(watched: Watched, customer: Customer) -> None:
    page = watched.page
    kept: list[str] = page.evaluate(
        """async () => {
            const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
            const requests = (await Promise.all(caches_.map((cache) => cache.keys()))).flat();
            return requests.map((request) => new URL(request.url).pathname);
        }"""
    )

    assert "/offline/" in kept
    assert all(address == "/offline/" or re.match(r"/static/[\w./-]+$", address) for address in kept)


def test_a_new_version_takes_over_and_the_old_one_leaves_nothing(
    chromium: Browser, site: str, owner: User, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(chromium, DESK, site)
    watched.sign_in(owner)
    page = watched.page
    look_at(page, customer)
    names = "() => caches.keys()"
    before = page.evaluate(names)
    assert len(before) == 1
    monkeypatch.setattr("dashboard.public_views.worker_version", lambda page: "another")
    page.evaluate("() => navigator.serviceWorker.getRegistration().then((found) => found.update())")

    deadline = time.monotonic() + 10
    while page.evaluate(names) != ["retention-another"]:
        assert time.monotonic() < deadline, "the old version left something"
        page.wait_for_timeout(100)
    cut(page)
    page.goto("/customers/")
    expect(page.get_by_role("heading", name="There is no network")).to_be_visible()
    assert watched.complaints == [] or all("ERR_INTERNET_DISCONNECTED" in entry for entry in watched.complaints)


def test_a_page_loaded_past_the_worker_is_looked_after_all_the_same(watched: Watched, customer: Customer) -> None:
    """As with Shift and the button that loads anew: without the worker nothing would be there when the line is cut."""
    page = watched.page
    page.context.new_cdp_session(page).send("Page.reload", {"ignoreCache": True})
    page.wait_for_load_state()
    page.wait_for_function("() => navigator.serviceWorker.controller")

    cut(page)
    page.reload()

    expect(page.get_by_role("heading", name="There is no network")).to_be_visible()
