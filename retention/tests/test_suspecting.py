"""What speaks for a cause: each fact beside the one it is about, for many customers in as many queries as for one."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from customers.models import Customer, OwnerChange
from interactions.models import Kind, Outcome
from retention.models import Cause, CustomerRisk
from retention.suspecting import evidence, evidence_of
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db
ZONE = "Europe/Stockholm"


def facts(customer: Customer) -> dict[Cause, list[str]]:
    return evidence_of(customer.pk, zone=ZONE, at=NOW)


def ago(days: int) -> Any:
    return NOW - timedelta(days=days)


def test_nothing_happened_speaks_for_nothing(customer: Customer) -> None:
    assert facts(customer) == {}


def test_open_complaints_speak_for_carelessness(customer: Customer) -> None:
    factories.complaint(customer, what="Late delivery", opened_at=ago(10))
    factories.complaint(customer, what="Settled", opened_at=ago(10), resolved_at=ago(2), outcome="Replaced")
    factories.complaint(what="Of somebody else")

    assert facts(customer) == {Cause.CARELESSNESS: ["Open complaint since 16 November: Late delivery"]}


@pytest.mark.parametrize(
    ("score", "comment", "days", "words"),
    [
        (3, "Nobody called back", 8, ["Answered 3 of 10 on 18 November: “Nobody called back”"]),
        (6, "", 400, []),
        (6, "", 340, ["Answered 6 of 10 on 21 December 2025."]),
        (7, "", 8, []),
    ],
)
def test_bad_answers_speak_for_carelessness(
    customer: Customer, score: int, comment: str, days: int, words: list[str]
) -> None:
    invitation = factories.invitation(factories.contact(customer))
    factories.response(invitation, score, comment=comment, answered_at=ago(days))

    assert facts(customer).get(Cause.CARELESSNESS, []) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"due_at": ago(3)}, ["Promise not kept, due on 23 November: Samples"]),
        ({"due_at": ago(3), "done_at": ago(1)}, ["Promise kept late, due on 23 November: Samples"]),
        ({"due_at": ago(3), "done_at": ago(4)}, []),
        ({"due_at": ago(3), "is_promise": False}, []),
        ({"due_at": ago(-3)}, []),
        ({"due_at": ago(500), "done_at": ago(400)}, []),
    ],
)
def test_promises_that_were_not_kept_in_time_are_a_broken_word(
    customer: Customer, fields: dict[str, Any], words: list[str]
) -> None:
    factories.follow_up(customer, **({"title": "Samples", "is_promise": True} | fields))

    assert facts(customer).get(Cause.BROKEN_WORD, []) == words


def test_an_appointment_we_missed_is_a_broken_word(customer: Customer) -> None:
    factories.interaction(customer, kind=Kind.MEETING, outcome=Outcome.MISSED_BY_US, happened_at=ago(5))
    factories.interaction(customer, kind=Kind.MEETING, outcome=Outcome.MISSED_BY_THEM, happened_at=ago(4))

    assert facts(customer)[Cause.BROKEN_WORD] == ["We missed an appointment on 21 November."]


@pytest.mark.parametrize(
    ("quiet", "bought", "causes"),
    [(20, 0, set()), (46, 5, {Cause.COMFORT}), (46, 0, {Cause.COMFORT, Cause.INACTIVITY})],
)
def test_silence_longer_than_usual_speaks_for_comfort(
    customer: Customer, quiet: int, bought: int, causes: set[Cause]
) -> None:
    known = {"contact_days": 5, "rhythm_days": 30.0, "value_last_year": bought}
    CustomerRisk.objects.create(customer=customer, last_day=TODAY - timedelta(days=quiet), **known)

    found = facts(customer)

    assert set(found) == causes
    assert not causes or found[Cause.COMFORT] == ["Quiet for 46 days; usually 30."]


def test_mails_alone_are_no_personal_contact(customer: Customer) -> None:
    factories.interaction(customer, kind=Kind.CALL, happened_at=ago(181))
    factories.interaction(customer, kind=Kind.EMAIL, happened_at=ago(2))
    assert facts(customer) == {Cause.NO_PERSONAL_CONTACT: ["Nobody has spoken to them since 29 May."]}

    factories.interaction(customer, kind=Kind.VISIT, happened_at=ago(180))
    assert facts(customer) == {}


def test_who_lost_their_person_lost_personal_contact(customer: Customer, owner: User, teammate: User) -> None:
    for days in (30, 400):
        OwnerChange.objects.create(customer=customer, former=teammate, owner=owner, changed_at=ago(days))

    words = "Another person looks after them since 27 October: Mia Berg instead of Tom Falk."
    assert facts(customer) == {Cause.NO_PERSONAL_CONTACT: [words]}


def test_a_wish_nobody_answered_speaks_for_an_outdated_offer(customer: Customer) -> None:
    factories.wish(customer, text="Smaller boxes", said_at=ago(40))
    factories.wish(customer, text="Fresh", said_at=ago(10))

    assert facts(customer) == {Cause.OUTDATED_OFFER: ["Wish without an answer since 17 October: Smaller boxes"]}


def test_many_customers_cost_as_many_queries_as_one(owner: User) -> None:
    made = [factories.customer(owner) for _number in range(3)]
    for customer in made:
        factories.complaint(customer)
        factories.follow_up(customer, is_promise=True, due_at=ago(3))
        OwnerChange.objects.create(customer=customer, former=owner, owner=owner, changed_at=ago(3))

    costs = []
    for pks in ([made[0].pk], [customer.pk for customer in made]):
        with CaptureQueriesContext(connection) as queries:
            assert set(evidence(pks, zone=ZONE, at=NOW)) == set(pks)
        costs.append(len(queries))
    assert costs[0] == costs[1]
