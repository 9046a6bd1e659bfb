"""Merging, taking apart, deleting and restoring by several people at the same moment: one of them does it."""

import pytest

from accounts.models import Company, User
from customers.models import Contact, Customer, Merge, Trashed
from outreach import merging
from outreach.merging import Gone, TooLate, merge
from outreach.removing import NotBack, empty, remove_customer, restore
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 4


@pytest.fixture
def contacts(company: Company, owner: User) -> tuple[Contact, Contact]:
    customer = factories.customer(owner)
    return factories.contact(customer), factories.contact(customer)


def test_one_merges_and_one_takes_it_back(contacts: tuple[Contact, Contact], owner: User) -> None:
    kept, lost = contacts

    def join() -> bool:
        try:
            merge(Contact.objects.get(pk=kept.pk), lost, by=owner, at=NOW)
        except Gone:
            return False
        return True

    def part() -> bool:
        try:
            merging.undo(Merge.objects.get(), by=owner, at=NOW)
        except TooLate:
            return False
        return True

    assert sorted(at_once(join, MANY)) == [False, False, False, True]
    assert sorted(at_once(part, MANY)) == [False, False, False, True]
    assert set(Contact.objects.all()) == {kept, lost}


def test_one_deletes_and_one_restores(contacts: tuple[Contact, Contact], owner: User) -> None:
    customer = contacts[0].customer

    def delete() -> bool:
        return remove_customer(Customer(pk=customer.pk, name=customer.name), by=owner, at=NOW) is not None

    def back() -> bool:
        try:
            restore(trashed, at=NOW)
        except NotBack:
            return False
        return True

    assert sorted(at_once(delete, MANY)) == [False, False, False, True]
    trashed = Trashed.objects.get()
    assert sorted(at_once(back, MANY)) == [False, False, False, True]
    assert set(customer.contacts.all()) == set(contacts)


def test_the_trash_is_emptied_once(company: Company, owner: User) -> None:
    for _number in range(3):
        factories.trashed(by=owner)
    assert sum(at_once(lambda: empty(at=NOW.replace(year=2027)), MANY)) == 3
