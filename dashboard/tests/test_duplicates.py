"""The list of possible duplicates, and the look while somebody types."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Alike, Customer
from tests import factories

type Login = Callable[[User], Client]


def pair(owner: User, other_owner: User | None = None, **fields: Any) -> Alike:
    one = factories.customer(owner, name="Lindqvist AB")
    return factories.alike(one, factories.customer(other_owner or owner, name="Lindquist AB"), **fields)


def shown(browser: Client, **asked: Any) -> list[Alike]:
    page = browser.get(reverse("duplicates"), asked)
    assert page.status_code == 200
    return [row.alike for row in page.context["pairs"]]


def test_pairs_say_why_and_lead_to_both_side_by_side(company: Company, login: Login, owner: User) -> None:
    alike = pair(owner, by_phone=True, by_name=80)

    page = login(owner).get(reverse("duplicates")).content.decode()

    assert "The same e-mail address · the same telephone number · a similar name" in page
    assert f"{reverse('customer_merge', args=[alike.high])}?into={alike.low}" in page


def test_two_contacts_lead_to_their_own_page(company: Company, login: Login, owner: User) -> None:
    one = factories.contact(factories.customer(owner))
    alike = factories.alike(one, factories.contact(one.customer))
    page = login(owner).get(reverse("duplicates")).content.decode()
    assert f"{reverse('contact_merge', args=[alike.high])}?into={alike.low}" in page


def test_only_those_of_which_one_may_change_both(
    company: Company, login: Login, owner: User, outsider: User, manager: User
) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    mine, mixed = pair(owner), pair(owner, outsider)
    assert shown(login(owner)) == [mine]
    assert shown(login(outsider)) == []
    assert set(shown(login(manager))) == {mine, mixed}
    assert login(owner).post(reverse("alike_apart", args=[mixed.pk])).status_code == 403


def test_the_best_evidence_comes_first_page_by_page(
    company: Company, login: Login, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.duplicates.PAGE_SIZE", 2)
    weak, best = pair(owner, by_email=False, by_name=70), pair(owner, by_name=90)
    good, equal = pair(owner), pair(owner)
    browser = login(owner)

    first = browser.get(reverse("duplicates"))
    second = browser.get(reverse("duplicates"), {"after": first.context["following"]})
    back = browser.get(reverse("duplicates"), {"before": second.context["preceding"]})

    pages = [[row.alike for row in page.context["pairs"]] for page in (first, second, back)]
    assert pages == [[best, equal], [good, weak], [best, equal]]
    assert shown(browser, after="nonsense") == [best, equal]


def test_the_list_takes_the_same_number_of_queries_for_one_and_for_three(
    company: Company, login: Login, owner: User
) -> None:
    browser = login(owner)
    counts = []
    for number in (1, 2):
        for _number in range(number):
            pair(owner)
            one = factories.contact(factories.customer(owner))
            factories.alike(one, factories.contact(one.customer))
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("duplicates"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_pair_of_which_one_is_gone_is_not_shown(company: Company, login: Login, owner: User) -> None:
    alike = pair(owner)
    Customer.objects.filter(pk=alike.high).delete()
    browser = login(owner)
    assert shown(browser) == []
    assert "Nobody seems to be here twice" in browser.get(reverse("duplicates")).content.decode()
    assert browser.post(reverse("alike_apart", args=[alike.pk])).status_code == 404


def test_not_the_same_is_remembered_and_can_be_taken_back(company: Company, login: Login, owner: User) -> None:
    alike, browser = pair(owner), login(owner)

    page = browser.post(reverse("alike_apart", args=[alike.pk]), follow=True)

    assert page.redirect_chain == [(reverse("duplicates"), 302)]
    undo = reverse("alike_together", args=[alike.pk])
    assert f'action="{undo}"' in page.content.decode()
    assert shown(browser) == []
    alike.refresh_from_db()
    assert alike.apart_by == owner
    browser.post(undo)
    assert shown(browser) == [alike]


def test_in_place_the_list_hears_of_it(company: Company, login: Login, owner: User) -> None:
    alike, browser = pair(owner), login(owner)
    answer = browser.post(reverse("alike_apart", args=[alike.pk]), headers={"HX-Request": "true"})
    assert "saved" in answer.headers["HX-Trigger"]
    part = browser.get(reverse("duplicates"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Nobody seems to be here twice" in part


def test_who_is_typed_is_looked_for_and_nothing_is_saved(company: Company, login: Login, owner: User) -> None:
    there = factories.contact(factories.customer(owner, name="Lindqvist AB"), name="Anna Berg", email="a@example.com")
    browser, address = login(owner), reverse("customer_alike")

    new = browser.post(address, {"name": "Ito", "contact-email": "A@example.com"}).content.decode()
    contact = browser.post(f"{address}?of=contact&beside=", {"name": "anna berg"}).content.decode()
    own = browser.post(f"{address}?of=contact&beside={there.pk}", {"name": "anna berg"}).content.decode()

    assert reverse("customer", args=[there.customer_id]) in new
    assert "the same e-mail address" in new
    assert "a contact of that name" in contact
    assert "Perhaps" not in own
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("typed", ["", "\x00", "x" * 100_000, "%", "\u202e"])
def test_anything_can_be_typed(company: Company, login: Login, owner: User, typed: str) -> None:
    names = ("name", "contact-name", "contact-email", "contact-phone")
    answer = login(owner).post(f"{reverse('customer_alike')}?beside=x", dict.fromkeys(names, typed))
    assert answer.status_code == 200
