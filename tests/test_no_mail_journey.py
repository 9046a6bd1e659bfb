"""An address that takes no mail, in a real browser: said where somebody writes, with the way to mend it."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import How
from outreach.models import Message, Suppression
from retention_crm.lib import clock
from tests import factories
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started"),
]
SAID = "came back as undeliverable. Ask for a better address."


@pytest.fixture
def contact(company: Company, customer: Customer) -> Contact:
    made = factories.contact(customer, name="Amira Haddad", email="amira@lindqvist.example")
    Suppression.objects.suppress(made.email, "550 5.1.1 No such user", clock.now())
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_letter_an_answer_and_a_notice_say_it_and_an_address_mends_it(
    chromium: Browser, site: str, owner: User, contact: Contact, size: tuple[int, int], scheme: str
) -> None:
    customer = contact.customer
    wish = factories.wish(customer, contact=contact, text="Invoices by e-mail", wants_answer=True)
    row = factories.notice_for(customer, How.CALL, title="New prices", at=clock.now() - timedelta(hours=1))
    watched = Watched(chromium, size, site)
    page = watched.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    watched.sign_in(owner)

    page.goto(f"/wishes/{wish.pk}/close/")
    expect(page.get_by_text(SAID)).to_be_visible()
    watched.picture(f"no-mail-wish-{scheme}")
    page.goto(f"/messages/notices/customers/{row.pk}/how/")
    page.get_by_label("Mail", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(SAID)).to_have_count(2)
    watched.picture(f"no-mail-notice-{scheme}")

    page.goto(f"/customers/{customer.pk}/letter/")
    expect(page.get_by_role("heading", name="There is nobody to write to")).to_be_visible()
    watched.picture(f"no-mail-nobody-{scheme}")
    factories.contact(customer, name="Bo Ek")
    page.reload()
    page.locator("#id_contact").select_option(label="Amira Haddad")
    page.locator("#id_text").fill("Thank you for the visit.")
    page.get_by_role("button", name="Send it off").click()
    expect(page.locator("#error_1_id_contact")).to_contain_text(SAID)
    expect(page.locator("#id_text")).to_have_value("Thank you for the visit.")
    watched.picture(f"no-mail-letter-{scheme}")
    page.get_by_role("link", name="Edit Amira Haddad").click()
    page.get_by_label("E-mail address").fill("amira.haddad@lindqvist.example")
    page.get_by_role("button", name="Save").first.click()
    page.goto(f"/customers/{customer.pk}/letter/?contact={contact.pk}")
    page.get_by_role("button", name="Send it off").click()
    expect(page.get_by_text("The letter goes out in two minutes.")).to_be_visible()
    assert Message.objects.get().contact == contact
    assert not [text for text in watched.complaints if "422" not in text]
