"""Merging in a real browser: side by side, chosen, taken back by the button beside the words, and on the timeline."""

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import Company, User
from customers.models import Customer, Tag
from tests import factories
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started"),
]


@pytest.fixture
def kept(company: Company, owner: User) -> Customer:
    made = factories.customer(owner, name="Lindqvist AB", care_note="Speaks slowly, give him time.", stage="friend")
    factories.contact(made, name="Nils Lindqvist", email="nils@lindqvist.example")
    made.tags.set(Tag.objects.named(["trade fair", "north"]))
    return made


@pytest.fixture
def lost(kept: Customer, owner: User) -> Customer:
    made = factories.customer(owner, name="Lindqvist", segment=kept.segment, care_note="Mornings.", stage="married")
    factories.contact(made, name="Karin Ek", email="karin@lindqvist.example")
    factories.interaction(made, notes="Asked for the new catalogue.")
    factories.follow_up(made, title="Send the catalogue")
    factories.complaint(made)
    made.tags.set(Tag.objects.named(["spring", "north"]))
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_merge_and_undo(
    chromium: Browser, site: str, owner: User, kept: Customer, lost: Customer, size: tuple[int, int], scheme: str
) -> None:
    watched = Watched(chromium, size, site)
    page = watched.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    watched.sign_in(owner)
    page.goto(f"/customers/{lost.pk}/merge/")
    page.get_by_role("link", name="Lindqvist AB").click()
    expect(page.get_by_role("radiogroup", name="Stage").get_by_label("Friend")).to_be_checked()
    watched.picture(f"merge-{scheme}")

    # By keys alone: the arrows choose within a row.
    page.get_by_role("radiogroup", name="Stage").get_by_label("Friend").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_role("heading", name="Lindqvist AB")).to_be_visible()
    assert Customer.objects.get().stage == "married"
    assert Customer.objects.get().tags.count() == 3
    toast = page.get_by_role("status").filter(has_text="Lindqvist is merged into Lindqvist AB.")
    page.wait_for_timeout(500)
    watched.picture(f"merged-{scheme}")
    toast.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("Lindqvist and Lindqvist AB are apart again.")).to_be_visible()
    expect(page.get_by_text("Asked for the new catalogue.")).to_be_visible()
    watched.picture(f"apart-{scheme}")
    assert set(Customer.objects.values_list("name", "stage")) == {("Lindqvist AB", "friend"), ("Lindqvist", "married")}
    assert {tag.name for tag in lost.tags.all()} == {"spring", "north"}
    assert watched.complaints == []


def test_taken_back_on_the_timeline_without_script(
    chromium: Browser, site: str, owner: User, kept: Customer, lost: Customer
) -> None:
    watched = Watched(chromium, DESK, site, script=False)
    page = watched.page
    watched.sign_in(owner)
    page.goto(f"/customers/{lost.pk}/merge/?into={kept.pk}")
    page.get_by_role("button", name="Merge", exact=True).click()
    page.goto(f"/customers/{kept.pk}/")
    page.get_by_role("link", name="Show what happened").click()

    page.get_by_role("button", name="Take the merge back").click()

    expect(page.get_by_text("Lindqvist and Lindqvist AB are apart again.")).to_be_visible()
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_possible_duplicates(
    chromium: Browser, site: str, owner: User, kept: Customer, lost: Customer, size: tuple[int, int], scheme: str
) -> None:
    alike = factories.alike(kept, lost, by_name=75)
    factories.alike(factories.contact(kept, name="N. Lindqvist"), kept.contacts.order_by("pk")[0], by_name=80)
    watched = Watched(chromium, size, site)
    page = watched.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    watched.sign_in(owner)
    page.goto("/customers/duplicates/")
    watched.picture(f"duplicates-{scheme}")
    row = page.get_by_role("listitem").filter(has_text="Lindqvist AB and Lindqvist The same")
    row.get_by_role("button", name="Not the same").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    alike.refresh_from_db()
    assert alike.apart_at is None
    row.get_by_role("link", name="Merge …").click()
    expect(page.get_by_role("heading", name="Merge Lindqvist into Lindqvist AB?")).to_be_visible()

    page.goto("/customers/new/")
    page.locator("#id_name").press_sequentially("Lindquist AB")
    expect(page.get_by_text("Perhaps here already:")).to_be_visible()
    page.locator("#id_contact-email").press_sequentially("KARIN@lindqvist.example")
    expect(page.locator("#alike").get_by_text("the same e-mail address")).to_be_visible()
    watched.picture(f"typed-{scheme}")
    page.get_by_role("button", name="Add customer").click()
    # It keeps nobody from saving; what is missing is said as ever.
    expect(page.locator("#id_contact-name")).to_be_focused()
    assert watched.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_delete_undo_and_restore(
    chromium: Browser, site: str, administrator: User, lost: Customer, size: tuple[int, int], scheme: str
) -> None:
    watched = Watched(chromium, size, site)
    page = watched.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    watched.sign_in(administrator)

    def delete() -> None:
        page.goto(f"/customers/{lost.pk}/delete/")
        page.get_by_role("button", name="Delete the customer").click()
        expect(page.get_by_text("Lindqvist is deleted, and lies in the trash")).to_be_visible()

    page.goto(f"/customers/{lost.pk}/delete/")
    watched.picture(f"delete-{scheme}")
    delete()
    watched.picture(f"deleted-{scheme}")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("“Lindqvist” is there again.")).to_be_visible()
    expect(page.get_by_text("Asked for the new catalogue.")).to_be_visible()

    delete()
    factories.trashed(Customer.objects.get(), name="Call, Lindqvist AB")
    page.goto("/settings/trash/")
    watched.picture(f"trash-{scheme}")
    row = page.get_by_role("listitem").filter(has_text="Customer").filter(has_text="kept until")
    row.filter(has_text="contacts: 1").get_by_role("button", name="Restore").click()
    expect(page.get_by_text("“Lindqvist” is there again.")).to_be_visible()
    page.goto("/settings/trash/")
    page.get_by_role("link", name="Delete for good …").click()
    watched.picture(f"for-good-{scheme}")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Nothing lies in the trash")).to_be_visible()
    assert Customer.objects.count() == 2
    assert watched.complaints == []
