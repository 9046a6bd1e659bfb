"""How it stands with the first customers of the demo."""

import pytest

from customers.models import Contact
from dashboard.demo.showcase import SCENES
from dashboard.tests.demo_company import seed
from retention.models import CustomerRisk, HealthChange, Judgement, Renewal

pytestmark = pytest.mark.django_db


def test_there_is_something_of_everything_to_see() -> None:
    seed(20)
    first = CustomerRisk.objects.filter(pk__lte=len(SCENES))
    assert first.count() == len(SCENES)
    assert {"silence", "judgement", "champion_left"} <= {
        reason["code"] for risk in first for reason in risk.reasons if "points" in reason
    }
    assert HealthChange.objects.values("customer").distinct().count() > len(SCENES) / 2
    assert Renewal.objects.count() == 5
    assert Judgement.objects.count() == 1
    assert Contact.objects.get(is_champion=True).left_on is not None
