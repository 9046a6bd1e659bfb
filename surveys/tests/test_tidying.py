"""What was begun and never finished is gone when its link is."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Company
from surveys.answering import keep_for_later
from surveys.models import Begun, Invitation
from surveys.tasks import forget
from surveys.tidying import forget_unfinished
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def begun(**fields: Any) -> Invitation:
    made = factories.invitation(**fields)
    assert made.survey.published is not None
    keep_for_later(made, made.survey.published, {"score": ["3"]}, 2, NOW)
    return made


def test_only_what_can_not_be_finished_any_more_is_gone(company: Company) -> None:
    open_ = begun(expires_at=NOW + DAY)
    begun(expires_at=NOW)
    begun(expires_at=NOW + DAY, revoked_at=NOW)

    assert [forget_unfinished(NOW), forget_unfinished(NOW)] == [2, 0]
    assert Begun.objects.get().invitation == open_
    assert Invitation.objects.count() == 3
    assert [forget_unfinished(NOW + DAY), Begun.objects.count()] == [1, 0]


def test_the_worker_does_it(company: Company) -> None:
    begun(expires_at=NOW)

    assert forget() == 1
