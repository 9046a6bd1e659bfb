"""Histories of a customer for the tests of the risk, told in days before the injected present."""

from datetime import datetime, timedelta
from math import log

from customers.models import Customer
from interactions.models import Kind
from retention.models import CustomerRisk
from retention.scoring import rescore
from tests import factories
from tests.factories import NOW


def contacts(customer: Customer, *days_ago: int, kind: str = Kind.CALL) -> None:
    for days in days_ago:
        factories.interaction(customer, kind=kind, happened_at=NOW - timedelta(days=days))


def regular(customer: Customer, every: int, silent: int, times: int = 12) -> None:
    contacts(customer, *(silent + every * number for number in range(times)))


def risk_of(customer: Customer, at: datetime = NOW) -> CustomerRisk:
    rescore([customer.pk], at=at)
    return CustomerRisk.objects.get(pk=customer.pk)


def codes(risk: CustomerRisk) -> list[str]:
    return [reason["code"] for reason in risk.reasons]


def log_odds(risk: CustomerRisk) -> float:
    assert risk.risk is not None
    return float(log(risk.risk / (1 - risk.risk)))


def answered(customer: Customer, score: int, days_ago: int) -> None:
    contact = customer.contacts.first() or factories.contact(customer)
    invitation = factories.invitation(contact, survey=factories.survey())
    factories.response(invitation, score=score, answered_at=NOW - timedelta(days=days_ago))
