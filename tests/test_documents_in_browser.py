"""Documents in a real browser: attached over the page, taken away as files, removed and brought back."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from accounts.models import User
from customers.models import Customer
from interactions.models import Document
from tests import factories
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]
OFFER = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_attach_take_away_remove_and_bring_back(
    chromium: Browser, site: str, owner: User, customer: Customer, size: tuple[int, int]
) -> None:
    factories.interaction(customer, notes="Talked about the offer", author=owner)
    watched = Watched(chromium, size, site)
    watched.sign_in(owner)
    page = watched.page
    page.goto(f"/customers/{customer.pk}/")
    page.get_by_role("link", name="Attach a document").first.click()
    files = page.locator("#log-panel-body input[type=file]")
    files.set_input_files(FilePayload(name="Evil.pdf", mimeType="application/pdf", buffer=b"MZ\x90\x00 not a pdf"))
    page.get_by_role("button", name="Attach", exact=True).click()
    expect(page.locator("#log-panel-body .invalid-feedback")).to_contain_text("Evil.pdf")
    watched.picture("document-refused")

    files = page.locator("#log-panel-body input[type=file]")
    files.set_input_files(FilePayload(name="Offer.pdf", mimeType="application/pdf", buffer=OFFER))
    page.get_by_role("button", name="Attach", exact=True).click()
    offer = page.get_by_role("link", name="Offer.pdf").first
    expect(offer).to_be_visible()
    watched.picture("document-attached")
    with page.expect_download() as waiting:
        offer.click()
    assert Path(waiting.value.path()).read_bytes() == OFFER

    page.get_by_role("button", name="Remove Offer.pdf").first.click()
    expect(page.get_by_role("link", name="Offer.pdf")).to_have_count(0)
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Offer.pdf").first).to_be_visible()
    assert bytes(Document.objects.get().content.data) == OFFER
    # Only the refusal, which is an answer with another status, is a complaint of the browser.
    assert [said for said in watched.complaints if "422" not in said] == []
