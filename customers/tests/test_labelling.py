"""Tags and the company's own fields: what is kept, and what stands where nobody touched it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from customers.labelling import label
from customers.models import Customer, CustomField, Tag

type Login = Callable[[User], Client]
Kind = CustomField.Kind

pytestmark = pytest.mark.django_db


def field(name: str, kind: str = Kind.TEXT, **fields: Any) -> CustomField:
    return CustomField.objects.create(name=name, kind=kind, **fields)


def form_of(customer: Customer, **labels: Any) -> dict[str, Any]:
    """What the page of a customer posts, with these tags and fields."""
    plain = {
        "name": customer.name,
        "owner": customer.owner_id,
        "segment": customer.segment_id,
        "stage": customer.stage,
        "customer_since": customer.customer_since.isoformat(),
        "language": customer.language,
        "time_zone": customer.time_zone,
    }
    return plain | {f"labels-{name}": value for name, value in labels.items()}


def saved(browser: Client, customer: Customer, **labels: Any) -> Customer:
    response = browser.post(reverse("customer_edit", args=[customer.pk]), form_of(customer, **labels))
    assert response.status_code == 302, response.context["labels"].errors
    return Customer.objects.get(pk=customer.pk)


def errors(browser: Client, customer: Customer, **labels: Any) -> dict[str, list[str]]:
    response = browser.post(reverse("customer_edit", args=[customer.pk]), form_of(customer, **labels))
    assert response.status_code == 200
    return dict(response.context["labels"].errors)


def names(customer: Customer) -> list[str]:
    return [tag.name for tag in customer.tags.all()]


def test_new_tags_are_made_and_old_ones_found_whatever_their_case_and_accents(
    owner: User, customer: Customer, login: Login
) -> None:
    tag = Tag.objects.create(name="Café")

    saved(login(owner), customer, new_tags="CAFE, Trade fair ,, trade FAIR")

    assert names(customer) == ["Café", "Trade fair"]
    assert Tag.objects.count() == 2
    assert tag in customer.tags.all()


def test_a_tag_that_is_unticked_is_taken_away_and_stays_for_others(
    owner: User, customer: Customer, login: Login
) -> None:
    drop, keep = Tag.objects.named(["keep", "drop"])
    customer.tags.set([keep, drop])

    saved(login(owner), customer, tags=[keep.pk])

    assert names(customer) == ["keep"]
    assert Tag.objects.filter(name="drop").exists()


def test_a_tag_too_long_is_named_and_nothing_is_saved(owner: User, customer: Customer, login: Login) -> None:
    (words,) = errors(login(owner), customer, new_tags="short, " + "x" * 41)["new_tags"]

    assert "is too long for a tag; it may have 40 characters" in words
    assert not Tag.objects.exists()


@pytest.mark.parametrize(
    ("kind", "written", "stored", "words"),
    [
        (Kind.TEXT, "  Two\u202e shifts ", "Two shifts", "Two shifts"),
        (Kind.NUMBER, "1200.50", "1200.5", "1,200.5"),
        (Kind.NUMBER, "1000", "1000", "1,000"),
        (Kind.NUMBER, "-0", "0", "0"),
        (Kind.DATE, "2027-03-01", "2027-03-01", "1 March 2027"),
        (Kind.CHOICE, "gold", "gold", "gold"),
        (Kind.YES_NO, "yes", True, "Yes"),
        (Kind.YES_NO, "no", False, "No"),
    ],
)
def test_each_kind_of_field_is_kept_and_shown(
    owner: User, customer: Customer, login: Login, kind: str, written: str, stored: Any, words: str
) -> None:
    own = field("Contract", kind, choices=["gold", "silver"])
    browser = login(owner)

    after = saved(browser, customer, **{f"own_{own.pk}": written})

    assert after.custom == {own.key: stored}
    assert words in browser.get(reverse("customer", args=[customer.pk])).content.decode()
    form = browser.get(reverse("customer_edit", args=[customer.pk])).context["labels"]
    assert form.fields[f"own_{own.pk}"].prepare_value(form[f"own_{own.pk}"].initial) is not None
    assert saved(browser, after, **{f"own_{own.pk}": written}).custom == after.custom


@pytest.mark.parametrize(
    ("kind", "written", "message"),
    [
        (Kind.NUMBER, "many", "digits only"),
        (Kind.NUMBER, "1e400", "digits"),
        (Kind.NUMBER, "NaN", "digits only"),
        (Kind.DATE, "2027-13-01", "valid date"),
        (Kind.CHOICE, "bronze", "valid choice"),
        (Kind.YES_NO, "perhaps", "valid choice"),
        (Kind.TEXT, "x" * 501, "Nothing is lost"),
    ],
)
def test_what_a_field_can_not_hold_is_said_at_the_field(
    owner: User, customer: Customer, login: Login, kind: str, written: str, message: str
) -> None:
    own = field("Contract", kind, choices=["gold"])

    found = errors(login(owner), customer, **{f"own_{own.pk}": written})

    assert message in found[f"own_{own.pk}"][0]
    assert Customer.objects.get().custom == {}


def test_only_what_was_changed_is_written(owner: User, customer: Customer, login: Login) -> None:
    """Somebody else may have written another field since the page was opened."""
    mine, theirs = field("Mine"), field("Theirs")
    Customer.objects.filter(pk=customer.pk).set_custom({mine.key: "old", theirs.key: "new"})

    # The page shows both as they were; only one is typed into.
    after = saved(login(owner), customer, **{f"own_{mine.pk}": "typed", f"own_{theirs.pk}": "new"})

    assert after.custom == {mine.key: "typed", theirs.key: "new"}


def test_an_emptied_field_is_not_known_any_more(customer: Customer) -> None:
    label(customer, tags=None, new_tags=[], custom={"1": "x", "2": "y"})
    label(customer, tags=None, new_tags=[], custom={"1": None})

    assert customer.custom == {"2": "y"}


def test_a_choice_that_is_none_any_more_stays_until_it_is_changed(
    owner: User, customer: Customer, login: Login
) -> None:
    own = field("Level", Kind.CHOICE, choices=["gold"])
    Customer.objects.filter(pk=customer.pk).set_custom({own.key: "bronze"})

    assert saved(login(owner), customer, **{f"own_{own.pk}": "bronze"}).custom == {own.key: "bronze"}
    assert saved(login(owner), customer, **{f"own_{own.pk}": "gold"}).custom == {own.key: "gold"}
    assert "own" in str(errors(login(owner), customer, **{f"own_{own.pk}": "bronze"}))


def test_a_field_that_is_not_in_use_is_neither_asked_nor_shown_and_loses_nothing(
    owner: User, customer: Customer, login: Login
) -> None:
    own = field("Secret plan", is_used=False)
    Customer.objects.filter(pk=customer.pk).set_custom({own.key: "kept"})

    saved(login(owner), customer)

    assert Customer.objects.get().custom == {own.key: "kept"}
    assert "Secret plan" not in login(owner).get(reverse("customer", args=[customer.pk])).content.decode()


def test_numbers_are_shown_as_the_reader_writes_them() -> None:
    own = field("Machines", Kind.NUMBER)

    with translation.override("de"):
        assert own.in_words("1200.5") == "1.200,5"
    assert own.restored(own.stored(Decimal("1E+3"))) == 1000


# ---- Settings ----


def test_the_kind_of_a_field_is_chosen_once(administrator: User, login: Login) -> None:
    own = field("Machines", Kind.NUMBER)

    login(administrator).post(
        reverse("custom_field", args=[own.pk]), {"name": "Presses", "kind": "text", "position": 3}
    )

    own.refresh_from_db()
    assert (own.name, own.kind, own.position, own.is_used) == ("Presses", Kind.NUMBER, 3, False)


def test_a_choice_needs_something_to_choose_from(administrator: User, login: Login) -> None:
    browser, url = login(administrator), reverse("custom_field_new")

    response = browser.post(url, {"name": "Level", "kind": "choice", "position": 0, "choices": " \n"})
    assert "Write down what can be chosen" in str(response.context["form"].errors)
    browser.post(url, {"name": "Level", "kind": "choice", "position": 0, "choices": "gold\n\n silver \ngold"})
    assert CustomField.objects.get().choices == ["gold", "silver"]


@pytest.mark.parametrize("name", ["trade FAIR", "Tráde fair"])
def test_a_tag_gets_no_name_another_one_has(administrator: User, login: Login, name: str) -> None:
    _fair, other = Tag.objects.create(name="Trade fair"), Tag.objects.create(name="Other")
    browser = login(administrator)

    response = browser.post(reverse("tag", args=[other.pk]), {"name": name})

    assert "There is a tag of this name already." in str(response.context["form"].errors)
    assert browser.post(reverse("tag", args=[other.pk]), {"name": "OTHER"}).status_code == 302


def test_a_deleted_tag_is_gone_from_customers_and_nothing_else(
    administrator: User, customer: Customer, login: Login
) -> None:
    tag = Tag.objects.create(name="Trade fair")
    customer.tags.add(tag)
    browser = login(administrator)

    assert "taken from 1 customer" in browser.get(reverse("tag_delete", args=[tag.pk])).content.decode()
    browser.post(reverse("tag_delete", args=[tag.pk]))

    assert names(customer) == []
    assert Customer.objects.filter(pk=customer.pk).exists()
