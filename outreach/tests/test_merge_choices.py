"""What stays when two become one is chosen side by side, and can be taken back from the page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Contact, Customer, CustomField, Merge
from tests import factories

type Login = Callable[[User], Client]


@pytest.fixture
def kept(company: Company, owner: User) -> Customer:
    return factories.customer(owner, name="Lindqvist AB", care_note="Slowly.", country="SE", stage="friend")


@pytest.fixture
def lost(kept: Customer, owner: User) -> Customer:
    return factories.customer(
        owner, name="Lindqvist", segment=kept.segment, care_note="Mornings.", country="", stage="married"
    )


def page(browser: Client, lost: Customer | Contact, kept: Customer | Contact) -> Any:
    return browser.get(reverse(f"{lost._meta.model_name}_merge", args=[lost.pk]), {"into": kept.pk})


def merge(browser: Client, lost: Customer | Contact, kept: Customer | Contact, **picks: str) -> Any:
    return browser.post(
        reverse(f"{lost._meta.model_name}_merge", args=[lost.pk]), {"into": kept.pk, **picks}, follow=True
    )


def texts(response: Any) -> list[str]:
    return [str(notice) for notice in response.context["messages"]]


def test_what_differs_stands_side_by_side_with_what_stays(
    login: Login, owner: User, kept: Customer, lost: Customer
) -> None:
    field = CustomField.objects.create(name="Machines")
    Customer.objects.filter(pk=lost.pk).set_custom({field.key: "3"})

    form = page(login(owner), lost, kept).context["form"]

    shown = {choice.name: (choice.kept, choice.lost, choice.default) for choice in form.differing}
    assert shown == {
        "name": ("Lindqvist AB", "Lindqvist", "kept"),
        "stage": ("Friend", "Married", "kept"),
        "country": ("Sweden", "", "kept"),
        "care_note": ("Slowly.", "Mornings.", "both"),
        f"custom_{field.key}": ("", "3", "lost"),
    }
    assert {choice.name for choice in form.same} == {"segment", "customer_since", "language", "time_zone"}


def test_what_was_chosen_stays_and_the_other_is_written_down(
    login: Login, owner: User, kept: Customer, lost: Customer
) -> None:
    field = CustomField.objects.create(name="Machines")
    Customer.objects.filter(pk=lost.pk).set_custom({field.key: "3"})
    Customer.objects.filter(pk=kept.pk).set_custom({field.key: "4", "f999999": "of a field that is gone"})
    picks = {"name": "lost", "stage": "lost", "country": "lost", "care_note": "lost", f"custom_{field.key}": "lost"}

    merge(login(owner), lost, kept, **picks)

    kept.refresh_from_db()
    assert (kept.name, kept.sort_key, kept.stage, kept.country) == ("Lindqvist", "lindqvist", "married", "")
    assert (kept.care_note, kept.custom) == ("Mornings.", {field.key: "3", "f999999": "of a field that is gone"})
    assert dict(Merge.objects.get().differences) == {
        "name": "Lindqvist AB",
        "stage": "Friend",
        "country": "Sweden",
        "how to treat them": "Slowly.",
        "Machines": "4",
    }


def test_of_contacts_what_is_filled_comes_before_what_is_empty(login: Login, owner: User, kept: Customer) -> None:
    one = factories.contact(kept, name="Anna", phone="", birthday_day=3, birthday_month=5)
    other = factories.contact(
        kept, name="Anna Berg", phone="070 1", birthday_day=3, birthday_month=5, birthday_year=1980
    )
    browser = login(owner)
    form = page(browser, other, one).context["form"]
    assert {choice.name: choice.default for choice in form.differing} == {
        "name": "kept",
        "email": "kept",
        "phone": "lost",
        "birthday": "lost",
    }

    merge(browser, other, one, name="lost", email="lost", birthday="kept")

    one.refresh_from_db()
    assert (one.name, one.email, one.phone, one.birthday_year) == ("Anna Berg", other.email, "070 1", None)


@pytest.mark.parametrize("pick", ["both", "neither", "x" * 5000, "\x00"])
def test_what_can_not_be_chosen_is_said_at_its_place(
    login: Login, owner: User, kept: Customer, lost: Customer, pick: str
) -> None:
    answer = merge(login(owner), lost, kept, name=pick)

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"name": ["Choose one of the two."]}
    assert Customer.objects.count() == 2


def test_the_other_can_be_kept_instead(login: Login, owner: User, kept: Customer, lost: Customer) -> None:
    shown = page(login(owner), lost, kept).content.decode()
    assert f"{reverse('customer_merge', args=[kept.pk])}?into={lost.pk}" in shown


def test_it_is_taken_back_by_the_button_beside_the_words(
    login: Login, owner: User, kept: Customer, lost: Customer
) -> None:
    browser = login(owner)
    shown = merge(browser, lost, kept, name="lost")
    address = reverse("merge_undo", args=[Merge.objects.get().pk])
    assert shown.content.decode().count(f'action="{address}"') == 1, "beside the words"
    assert browser.get(reverse("customer_timeline", args=[kept.pk])).content.decode().count(f'action="{address}"') == 1

    answer = browser.post(address, follow=True)

    assert answer.redirect_chain == [(reverse("customer", args=[lost.pk]), 302)]
    assert texts(answer) == ["Lindqvist and Lindqvist AB are apart again."]
    kept.refresh_from_db()
    assert kept.name == "Lindqvist AB"
    timeline = browser.get(reverse("customer_timeline", args=[kept.pk])).content.decode()
    assert "taken back" in timeline
    assert address not in timeline


def test_in_place_it_leads_to_the_one_that_is_back(login: Login, owner: User, kept: Customer, lost: Customer) -> None:
    browser = login(owner)
    merge(browser, lost, kept)
    address = reverse("merge_undo", args=[Merge.objects.get().pk])

    answer = browser.post(address, headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, reverse("customer", args=[lost.pk]))


def test_what_stays_as_it_was_changed_is_told(login: Login, owner: User, kept: Customer, lost: Customer) -> None:
    browser = login(owner)
    merge(browser, lost, kept, name="lost")
    Customer.objects.filter(pk=kept.pk).update(name="Lindqvist & Co")

    answer = browser.post(reverse("merge_undo", args=[Merge.objects.get().pk]), follow=True)

    assert texts(answer)[1] == "Changed since, and left as it is: name."


def test_the_second_who_takes_it_back_is_told(login: Login, owner: User, kept: Customer, lost: Customer) -> None:
    browser = login(owner)
    merge(browser, lost, kept)
    address = reverse("merge_undo", args=[Merge.objects.get().pk])
    browser.post(address)

    answer = browser.post(address, follow=True)

    assert texts(answer)[-1].startswith("This can not be taken back")
    assert Customer.objects.count() == 2
