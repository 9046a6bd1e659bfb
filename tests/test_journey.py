"""The main path in a real browser, against real servers, workers and a real mailbox: log, remember, send, answer."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import FollowUp, Interaction
from outreach.accounting import account
from outreach.models import Message, State
from outreach.tasks import deliver, plan
from retention.tasks import rescore
from retention_crm.lib import clock
from surveys.models import Response
from tests import factories
from tests.browser import DESK, PHONE, Watched
from tests.celery_workers import worker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.main_path,
    pytest.mark.processes,
    pytest.mark.usefixtures("started"),
]

PASSWORD = "correct horse battery"
PATIENCE = 40
PROMISE = "Send the new price list"


@pytest.fixture
def mailbox(settings: Any, tmp_path: Path) -> Iterator[str]:
    """The mailbox of the demo, as `make run` starts it; gives its EMAIL_URL."""
    settings.MAILBOX_DIR = str(tmp_path / "mailbox")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "retention_crm.embedded.mailbox"]
        command += ["--directory", settings.MAILBOX_DIR, "--fd", str(listener.fileno())]
        process = subprocess.Popen(command, pass_fds=[listener.fileno()], cwd=Path(__file__).resolve().parents[1])
        try:
            yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.terminate()
            process.wait(timeout=10)


@contextmanager
def sending(site: str, email_url: str) -> Iterator[None]:
    with worker("journey", EMAIL_URL=email_url, SITE_URL=site):
        yield


def log_in(page: Page, person: User) -> None:
    page.goto("/login/")
    page.get_by_label("E-mail address").fill(person.email.upper())
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()


def until(condition: Callable[[], bool], tick: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        tick()
        time.sleep(0.3)


@pytest.fixture
def amira(owner: User, company: Company) -> Contact:
    """A customer who buys every six weeks, with one contact who may be asked; surveys go out at once."""
    factories.occasion(factories.survey(name="After a meeting", asks_after=()), delay_hours=0)
    at = clock.now()
    customer = factories.customer(
        owner, name="Haddad & Söhne", customer_since=clock.today("UTC", at).replace(day=1, month=1)
    )
    for days in (200, 160, 118, 80):
        factories.purchase(
            customer, "4500.00", happened_at=at - timedelta(days=days), created_at=at - timedelta(days=days)
        )
    return factories.contact(customer, name="Amira Haddad", email="amira@haddad.example")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_log_remember_send_answer(
    chromium: Browser,
    site: str,
    mailbox: str,
    broker: None,
    amira: Contact,
    owner: User,
    manager: User,
    size: tuple[int, int],
) -> None:
    staff = Watched(chromium, size, site)
    page = staff.page
    log_in(page, owner)
    log_a_meeting_with_a_promise(staff, amira)
    see_the_promise_on_today(staff)

    with sending(site, mailbox):
        until(
            lambda: Message.objects.filter(kind="survey", state=State.SENT).exists(),
            plan_and_send,
        )
        answer_from_the_mailbox(staff, chromium, site, size)
        until(lambda: Customer.objects.get().risk_stale_since is None, rescore.delay)

    see_the_follow_up_on_today(staff)
    boss = Watched(chromium, size, site)
    log_in(boss.page, manager)
    see_the_customer_on_the_portfolio(boss)
    assert account(at=clock.now()).balances
    assert staff.complaints == boss.complaints == []


def plan_and_send() -> None:
    """The journey goes by the real clock; surveys go out by day, and not on days off, so both rules are set aside."""
    plan.delay()
    waiting = Message.objects.filter(state=State.PLANNED)
    waiting.update(released_rules=["quiet_hours", "holiday"], due_at=clock.now())
    deliver.delay()


def log_a_meeting_with_a_promise(staff: Watched, amira: Contact) -> None:
    page = staff.page
    staff.picture("today-before")
    page.keyboard.press("c")
    panel = page.locator("#log-panel")
    look_ahead = panel.get_by_label("Which customer?")
    expect(look_ahead).to_be_focused()
    look_ahead.press_sequentially("hadd", delay=40)
    panel.get_by_role("link", name=amira.customer.name).click()
    panel.get_by_role("radio", name="Meeting", exact=True).check()
    panel.get_by_role("radio", name="Held", exact=True).check()
    panel.get_by_label("Notes").fill("Wants the new prices before the board meets.\n“Ganz wichtig!” 🙂 שלום")
    panel.get_by_role("radio", name="Tomorrow", exact=True).check()
    panel.get_by_label("What is to be done").fill(PROMISE)
    panel.get_by_label("I promised this to the customer").check()
    staff.picture("log-panel")
    address = page.url
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_be_hidden()
    assert page.url == address
    meeting = Interaction.objects.get(kind="meeting")
    assert (meeting.customer, meeting.author) == (amira.customer, User.objects.get(email="mia@example.com"))
    assert FollowUp.objects.get().is_promise


def see_the_promise_on_today(staff: Watched) -> None:
    """It is due tomorrow: it stands with the customer now, and on Today from tomorrow on."""
    page = staff.page
    page.goto(f"/customers/{Customer.objects.get().pk}/")
    expect(page.get_by_text(PROMISE).first).to_be_visible()
    staff.picture("customer")
    FollowUp.objects.update(due_at=clock.now())
    page.goto("/")
    section = page.get_by_role("region", name=re.compile("Promises due"))
    expect(section.get_by_text(PROMISE)).to_be_visible()
    staff.picture("today-promise")
    # Nobody is asked how we are doing before we have done what we promised.
    promise = FollowUp.objects.get()
    promise.finish(promise.assignee, clock.now())


def answer_from_the_mailbox(staff: Watched, chromium: Browser, site: str, size: tuple[int, int]) -> None:
    page = staff.page
    page.goto("/mailbox/")
    staff.picture("mailbox")
    page.get_by_role("link", name=re.compile("How are we doing")).click()
    staff.picture("mail")
    link = page.frame_locator("iframe").get_by_role("link", name=re.compile(r"^3\b")).get_attribute("href")
    assert link is not None and link.startswith(f"{site}/s/") and link.endswith("?score=3")
    customer = Watched(chromium, size, site)
    customer.page.goto(link)
    expect(customer.page.get_by_role("radio", name="3", exact=True)).to_be_checked()
    assert not Response.objects.exists()
    customer.picture("survey")
    customer.page.get_by_role("textbox").fill("Nobody called back.")
    customer.page.get_by_role("button", name="Send my answer").click()
    expect(customer.page.get_by_role("heading", name="Your answer has been saved")).to_be_visible()
    customer.picture("survey-thanks")
    assert Response.objects.get().score == 3
    assert customer.complaints == []


def see_the_follow_up_on_today(staff: Watched) -> None:
    page = staff.page
    page.goto("/")
    answers = page.get_by_role("region", name=re.compile("Unhappy answers"))
    expect(answers.get_by_text("Nobody called back.")).to_be_visible()
    staff.picture("today-answer")
    follow_up = FollowUp.objects.get(origin=FollowUp.Origin.SURVEY)
    assert follow_up.title == "Call Amira Haddad: scored 3"
    FollowUp.objects.filter(pk=follow_up.pk).update(due_at=clock.now())
    page.reload()
    expect(page.get_by_text("Call Amira Haddad: scored 3").first).to_be_visible()


def see_the_customer_on_the_portfolio(boss: Watched) -> None:
    page = boss.page
    page.goto("/portfolio/")
    row = page.get_by_role("listitem").filter(has_text="Haddad & Söhne")
    expect(row.first).to_be_visible()
    boss.picture("portfolio")


def test_the_answering_page_works_without_script(chromium: Browser, site: str, company: Company) -> None:
    invitation = factories.invitation(send_at=clock.now(), expires_at=clock.now() + timedelta(days=30))
    customer = Watched(chromium, PHONE, site, script=False)
    customer.page.goto(f"/s/{invitation.token}/?score=9")
    customer.page.get_by_role("radio", name="10", exact=True).check()
    customer.page.get_by_role("button", name="Send my answer").click()
    expect(customer.page.get_by_role("heading", name="Your answer has been saved")).to_be_visible()
    assert Response.objects.get().score == 10


def test_a_stranger_sees_the_login_only(chromium: Browser, site: str) -> None:
    stranger = Watched(chromium, PHONE, site)
    stranger.page.goto("/customers/")
    expect(stranger.page.get_by_role("heading", name="Log in")).to_be_visible()
    stranger.page.get_by_label("E-mail address").fill("nobody@example.com")
    stranger.page.get_by_label("Password").fill("wrong")
    stranger.page.get_by_role("button", name="Log in").click()
    expect(stranger.page.get_by_role("alert")).to_contain_text("do not open an active account")
    stranger.picture("login-refused")
