"""Who moved a customer from one stage to another is kept, whatever way they did it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from customers import changing
from customers.models import Customer, StageChange
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]


def test_a_new_stage_is_noted_with_the_former_one(owner: User, customer: Customer) -> None:
    customer.stage = "engaged"
    changing.save_customer(customer, by=owner, at=NOW, changed=["stage"])
    made = StageChange.objects.get()
    assert (made.former, made.stage, made.changed_by, made.changed_at) == ("acquaintance", "engaged", owner, NOW)


def test_the_same_stage_and_a_new_customer_are_no_change(owner: User, customer: Customer) -> None:
    changing.save_customer(customer, by=owner, at=NOW, changed=["stage", "name"])
    new = Customer(
        name="New", owner=owner, segment=customer.segment, stage="friend", customer_since=customer.customer_since
    )
    changing.save_customer(new, by=owner, at=NOW)
    assert not StageChange.objects.exists()


def test_the_timeline_says_so(owner: User, customer: Customer, login: Callable[[User], Client]) -> None:
    browser = login(owner)
    browser.post(reverse("customer_field", args=[customer.pk, "stage"]), {"stage": "engaged"})
    shown = browser.get(reverse("customer_timeline", args=[customer.pk]), {"show": "owner"}).content.decode()
    assert "Stage: Engaged" in shown and "before: Acquaintance" in shown and "Mia Berg" in shown
