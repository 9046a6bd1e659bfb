"""A meeting in a real browser: planned with an invitation, found on Today, missed, and apologised for."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import User
from customers.models import Customer
from interactions.models import FollowUp, Meeting, Outcome
from outreach.models import Message
from retention_crm.lib import clock
from tests import factories
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_meeting_is_planned_missed_and_apologised_for(
    chromium: Browser, site: str, owner: User, customer: Customer, size: tuple[int, int]
) -> None:
    factories.contact(customer, name="Amira Haddad", email="amira@haddad.example")
    factories.contact(customer, name="Olof Ek", email="")
    watched = Watched(chromium, size, site)
    watched.sign_in(owner)
    page = watched.page
    page.goto(f"/customers/{customer.pk}/")
    page.get_by_role("link", name="Plan a meeting").click()
    page.get_by_label("What is it about?").fill("The year to come")
    begins = (clock.now() + timedelta(minutes=3)).astimezone(clock.zone(customer.time_zone))
    page.get_by_label("When").fill(begins.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Agenda").fill("Prices\nSamples")
    page.get_by_label("Olof Ek").check()
    watched.picture("meeting-new")
    page.get_by_role("button", name="Plan it and send an invitation to 1 person").click()
    expect(page.locator("#toasts")).to_contain_text("Planned for")
    watched.picture("meeting-planned")
    assert Message.objects.get(contact__name="Amira Haddad").kind == "meeting"

    page.goto("/")
    row = page.locator(".row-item", has_text="The year to come")
    expect(row).to_contain_text("Samples")
    watched.picture("meeting-today")
    row.get_by_role("link", name="We missed it").click()
    panel = page.locator("#log-panel-body")
    expect(panel.get_by_label("Missed by us")).to_be_checked()
    watched.picture("meeting-missed")
    panel.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Plan the call").click()
    expect(page.locator("#toasts")).to_contain_text("Next: Call and apologise")
    expect(row).to_have_count(0)
    meeting = Meeting.objects.get()
    assert meeting.interaction and meeting.interaction.outcome == Outcome.MISSED_BY_US
    assert FollowUp.objects.get().source == meeting.interaction
    assert watched.complaints == []
