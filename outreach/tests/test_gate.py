"""The gate: each rule, what it says, and what becomes of the message."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.models import Company, User
from customers.models import Contact, Customer
from outreach import gate
from outreach.models import Message, MessageKind, State, Suppression
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db


def rule(message: Message) -> tuple[str, str] | None:
    """(state, rule) the gate decides, or None if the message may leave."""
    ruling = gate.check(gate.load([message.pk]), at=NOW, company=Company.current()).get(message.pk)
    return (ruling.state.value, ruling.rule) if ruling else None


def of(message: Message) -> Contact:
    assert message.contact is not None
    return message.contact


def spoil_contact(**fields: object) -> Callable[[Message], object]:
    return lambda message: Contact.objects.filter(messages=message).update(**fields)


def spoil_customer(**fields: object) -> Callable[[Message], object]:
    return lambda message: Customer.objects.filter(messages=message).update(**fields)


def test_a_greeting_nothing_speaks_against_may_leave() -> None:
    assert rule(factories.message()) is None


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (spoil_contact(do_not_contact=True), ("cancelled", "do_not_contact")),
        (spoil_customer(do_not_contact=True), ("cancelled", "do_not_contact")),
        (spoil_contact(deceased=True), ("cancelled", "deceased")),
        (spoil_customer(lost_on=TODAY), ("cancelled", "lost")),
        (spoil_contact(allows_greetings=False), ("cancelled", "no_consent")),
        (spoil_contact(birthday_day=1), ("cancelled", "no_longer_true")),
        (spoil_contact(birthday_day=None, birthday_month=None), ("cancelled", "no_longer_true")),
        (spoil_contact(email=""), ("held", "no_address")),
        (spoil_contact(email="amira@customer..example"), ("held", "no_address")),
        (lambda message: Suppression.objects.suppress(of(message).email.upper(), "5.1.1", NOW), ("held", "suppressed")),
        (lambda message: of(message).delete(), ("cancelled", "erased")),
        (lambda message: message.customer and message.customer.delete(), ("cancelled", "erased")),
        (lambda message: factories.complaint(message.customer), ("held", "open_complaint")),
    ],
)
def test_what_changed_since_planning_is_seen_at_the_gate(
    spoil: Callable[[Message], object], expected: tuple[str, str]
) -> None:
    message = factories.message()
    spoil(message)
    assert rule(message) == expected


def test_a_complaint_is_named_with_its_day_and_a_resolved_one_does_not_hold() -> None:
    message = factories.message()
    complaint = factories.complaint(message.customer, what="Late delivery", opened_at=NOW - timedelta(days=2))
    (ruling,) = gate.check(gate.load([message.pk]), at=NOW, company=Company.current()).values()
    assert ruling.sentence == "Open complaint since 24 November 2026: Late delivery. Call instead."
    complaint.resolved_at = NOW
    complaint.save()
    assert rule(message) is None


def test_too_late_goes_before_everything_else() -> None:
    message = factories.message(expires_at=NOW)
    of(message).delete()
    assert rule(message) == ("expired", "too_late")


@pytest.mark.parametrize(
    ("kind", "consent"),
    [
        (MessageKind.BIRTHDAY, "allows_greetings"),
        (MessageKind.THANK_YOU, "allows_thanks"),
        (MessageKind.SURVEY, "allows_surveys"),
    ],
)
def test_consent_is_asked_for_that_kind_only(kind: MessageKind, consent: str) -> None:
    invitation = factories.invitation()
    contact = invitation.contact
    Contact.objects.filter(pk=contact.pk).update(birthday_month=TODAY.month, birthday_day=TODAY.day)
    message = factories.message(contact, kind=kind, invitation=invitation if kind == MessageKind.SURVEY else None)
    others = {"allows_greetings", "allows_thanks", "allows_surveys"} - {consent}
    Contact.objects.filter(pk=contact.pk).update(**dict.fromkeys(others, False))
    assert rule(message) is None
    Contact.objects.filter(pk=contact.pk).update(**{consent: False})
    assert rule(message) == ("cancelled", "no_consent")


class TestSurveys:
    def test_not_when_they_have_answered(self) -> None:
        invitation = factories.invitation()
        message = factories.message(invitation.contact, kind=MessageKind.SURVEY, invitation=invitation)
        factories.response(invitation)
        assert rule(message) == ("cancelled", "answered")

    @pytest.mark.parametrize("change", [{"revoked_at": NOW}, {"expires_at": NOW - timedelta(seconds=1)}])
    def test_not_when_the_link_no_longer_works(self, change: dict[str, object]) -> None:
        invitation = factories.invitation()
        message = factories.message(invitation.contact, kind=MessageKind.SURVEY, invitation=invitation)
        type(invitation).objects.filter(pk=invitation.pk).update(**change)
        assert rule(message) == ("cancelled", "no_longer_true")


def test_an_alert_is_not_sent_to_someone_who_left(owner: User) -> None:
    message = factories.message(recipient=owner, kind=MessageKind.OVERDUE_DIGEST)
    assert rule(message) is None
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert rule(message) == ("cancelled", "left")


def test_a_batch_costs_the_same_number_of_queries_at_one_at_three_and_at_fifty(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    def check(number: int) -> None:
        pks = [factories.message().pk for _number in range(number)]
        company = Company.current()
        with django_assert_num_queries(6):
            gate.check(gate.load(pks), at=NOW, company=company)

    check(1)
    check(3)
    check(50)


def test_every_rule_says_why_in_a_sentence() -> None:
    message = factories.message(expires_at=NOW - timedelta(days=1))
    (ruling,) = gate.check(gate.load([message.pk]), at=NOW, company=Company.current()).values()
    assert ruling.state is State.EXPIRED
    assert ruling.sentence.endswith(".")
