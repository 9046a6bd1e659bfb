"""Kindnesses of the demo: something of each to see on the first day."""

import pytest

from accounts.models import Company, User
from customers.models import Customer, Perk
from dashboard.demo.people import LOGINS
from dashboard.kindness import kindness
from dashboard.tests.demo_company import AT, ON, seed
from interactions.appreciating import above_limit, appreciation_of
from interactions.models import Interaction
from outreach.models import Message, State
from outreach.planning import plan
from retention.models import Loss

pytestmark = pytest.mark.django_db


def test_there_is_something_of_each_kindness_to_see() -> None:
    seed(60)
    star, company = User.objects.get(email=LOGINS[0]), Company.current()
    assert Perk.objects.open(ON).count() == 3
    assert (Perk.objects.used().count(), Perk.objects.expired(ON).count()) == (1, 1)
    found = kindness([star.pk], company, on=ON)
    assert len(found.perks) == 1
    assert any(loss.back_if for loss in found.left)
    assert Customer.objects.filter(referred_by__isnull=False).count() == 3
    assert Loss.objects.competitors()
    assert above_limit(Interaction.objects.exclude(limit_reason=""), company).exists()
    first = Customer.objects.select_related("segment").get(pk=1)
    assert appreciation_of(first, company, on=ON).allowance is not None
    plan(at=AT)
    introductions = Message.objects.filter(kind="introduction")
    assert {message.state for message in introductions} == {State.PROPOSED}
    assert not Message.objects.filter(occasion__startswith="thank-you:referral").exists()
