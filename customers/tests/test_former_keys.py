"""A merged customer is found by the number either of the two had elsewhere, when a file is brought again."""

from typing import Any

import pytest

from accounts.models import User
from customers.models import Customer, FormerKey
from customers.tests.importing import imported
from outreach.merging import merge, undo
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", ["1", "2"])
def test_who_was_merged_is_found_by_either_number_and_apart_again_by_the_own(
    manager: User, owner: User, number: str
) -> None:
    columns: dict[str, Any] = {"mapping": {"Number": "customer_key"}}
    imported(manager, "Company,Number,Name\nLindqvist AB,1,Anna\nLindkvist,2,Bo\n", **columns)
    kept, lost = Customer.objects.order_by("external_key")
    merged = merge(kept, lost, by=manager, at=NOW)
    again = f"Company,Number,Name,Care note\nThe Lindqvists,{number},Cecilia,Slowly\n"

    imported(manager, again, mode="overwrite", **columns)

    found = Customer.objects.get()
    assert (found, found.care_note) == (kept, "Slowly")
    assert sorted(found.contacts.values_list("name", flat=True)) == ["Anna", "Bo", "Cecilia"]
    undo(merged, by=manager, at=NOW)
    imported(manager, again.replace("Cecilia", "Dora"), **columns)
    assert Customer.objects.get(external_key__endswith=f":{number}").contacts.filter(name="Dora").exists()
    assert Customer.objects.count() == 2


def test_a_number_that_a_customer_of_somebody_else_had_is_not_given_twice(
    owner: User, outsider: User, manager: User
) -> None:
    customer = factories.customer(outsider)
    FormerKey.objects.create(customer=customer, key="import:plain:2")
    imported(owner, "Company,Number,Name\nLindkvist,2,Bo\n", mapping={"Number": "customer_key"})
    assert Customer.objects.get(name="Lindkvist").external_key is None
