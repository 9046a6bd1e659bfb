"""A job is done by one at a time; another job is none of its business."""

import pytest
from django.db import transaction

from retention_crm.lib.alone import Job, alone, is_alone
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def inside(job: Job) -> bool:
    with alone(job) as found:
        return found


def in_a_transaction(job: Job) -> bool:
    with transaction.atomic():
        return is_alone(job)


def test_another_connection_is_kept_out_until_the_end_of_the_block() -> None:
    with alone(Job.REBUILD) as first:
        assert first
        assert at_once(lambda: inside(Job.REBUILD), 1) == [False]
        assert at_once(lambda: inside(Job.IMPORTS), 1) == [True]
    assert at_once(lambda: inside(Job.REBUILD), 1) == [True]


def test_another_transaction_is_kept_out_until_the_end_of_the_first() -> None:
    with transaction.atomic():
        assert is_alone(Job.SPOTTING)
        assert at_once(lambda: in_a_transaction(Job.SPOTTING), 1) == [False]
        assert at_once(lambda: in_a_transaction(Job.NOTE_WORDS), 1) == [True]
    assert at_once(lambda: in_a_transaction(Job.SPOTTING), 1) == [True]
