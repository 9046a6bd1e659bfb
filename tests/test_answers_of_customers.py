"""In a real browser: a customer corrects a recap, and says that a promise is not done yet."""

import pytest
from django.db.models import F
from playwright.sync_api import Browser, expect

from accounts.models import Company, User
from customers.models import Customer
from interactions.models import FollowUp
from outreach.agreeing import correction_token
from outreach.composing import Composer
from outreach.confirming import token_for
from outreach.models import AgreedVersion, Correction, Message
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


@both_sizes
def test_a_recap_is_corrected_and_taken_over(
    chromium: Browser, site: str, owner: User, customer: Customer, size: tuple[int, int]
) -> None:
    recap = factories.recap(factories.contact(customer, name="Amira Haddad"), "Two machines in red.")
    Message.objects.update(dated_at=clock.now(), finished_at=clock.now())
    # Whoever has the link has no session, and needs no script.
    reader = Watched(chromium, size, site, script=False)
    reader.page.goto(f"/r/{correction_token(recap.pk)}/")
    expect(reader.page.get_by_text("Two machines in red.")).to_be_visible()
    reader.picture("recap-answer")
    reader.page.get_by_label("What was agreed instead?").fill("Two machines in blue.")
    reader.page.get_by_role("button", name="Send").click()
    expect(reader.page.get_by_text("Thank you. We have it")).to_be_visible()
    assert Correction.objects.count() == 1

    staff = Watched(chromium, size, site)
    staff.sign_in(owner)
    staff.page.goto("/")
    staff.page.get_by_role("link", name="Decide what is agreed").click()
    expect(staff.page.get_by_text("Two machines in blue.")).to_be_visible()
    staff.picture("correction")
    staff.page.get_by_label("What was agreed").fill("Two machines in blue.")
    staff.page.get_by_role("button", name="This is what was agreed").click()
    expect(staff.page.get_by_role("heading", name="Send recap", exact=True)).to_be_visible()
    assert AgreedVersion.objects.get().text == "Two machines in blue."
    staff.page.goto(f"/customers/{customer.pk}/timeline/")
    expect(staff.page.get_by_text("Agreed anew, version 2")).to_be_visible()
    staff.picture("agreed-anew")
    assert reader.complaints == staff.complaints == []


@both_sizes
def test_a_promise_is_not_done_yet_and_is_on_today_again(
    chromium: Browser, site: str, owner: User, customer: Customer, size: tuple[int, int]
) -> None:
    mail = factories.promise_mail(factories.contact(customer, name="Amira Haddad"), title="Send samples")
    FollowUp.objects.update(done_at=clock.now(), due_at=F("created_at"))
    Message.objects.update(dated_at=clock.now(), finished_at=clock.now())
    reader = Watched(chromium, size, site, script=False)
    reader.page.goto(f"/k/{token_for(mail.pk)}/?said=not_yet")
    assert FollowUp.objects.get().done_at
    reader.picture("promise-answer")
    reader.page.get_by_label("What is missing?").fill("Half of them")
    reader.page.get_by_role("button", name="Not done yet").click()
    expect(reader.page.get_by_text("We will see to it")).to_be_visible()

    staff = Watched(chromium, size, site)
    staff.sign_in(owner)
    staff.page.goto("/")
    row = staff.page.locator(".row-item", has_text="Send samples")
    expect(row).to_contain_text("Not done yet, they say")
    staff.picture("promise-disputed")
    row.get_by_role("button", name="Done").click()
    expect(row).to_have_count(0)
    staff.page.goto("/notifications/")
    expect(staff.page.get_by_text("Send samples: Half of them")).to_be_visible()
    assert reader.complaints == staff.complaints == []


@both_sizes
def test_a_recap_goes_out_in_the_form_the_customer_likes(
    chromium: Browser, site: str, owner: User, customer: Customer, size: tuple[int, int]
) -> None:
    amira = factories.contact(customer, name="Amira Haddad")
    notes = "We spoke of March.\nDecision: two machines\nThey: send the drawings"
    met = factories.interaction(customer, kind="meeting", contact=amira, notes=notes)
    staff = Watched(chromium, size, site)
    staff.sign_in(owner)
    page = staff.page
    page.goto(f"/interactions/{met.pk}/recap/")
    page.get_by_role("link", name="Format and order of the headings").click()
    page.get_by_label("Amira Haddad").select_option(label="Mail with a PDF")
    page.get_by_label("Decisions").fill("Beschlüsse")
    staff.picture("recap-style")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Mail with a PDF")).to_be_visible()
    expect(page.get_by_label("What it says")).to_have_value(
        "We spoke of March.\n\nBeschlüsse:\n- two machines\n\nWhat you do:\n- send the drawings"
    )
    staff.picture("recap-send")
    page.get_by_role("button", name="Send recap to 1 person").click()
    expect(page.locator("#toasts")).to_contain_text("The recap goes out")
    message = Message.objects.get()
    composer = Composer(company=Company.current(), at=clock.now())
    composer.prepare([message])
    mail = composer.build(message)
    assert mail.attached and mail.attached.name.endswith(".pdf")
    assert staff.complaints == []
