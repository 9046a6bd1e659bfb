"""Complaints have deadlines in working hours, are answered and put right, escalate, and come back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Company, User
from customers.models import Customer
from interactions.complaining import (
    answer,
    change,
    reopen,
    resolve,
    take_back_answer,
    take_back_resolution,
    take_in,
)
from interactions.complaint_forms import CareRulesForm, ComplaintForm, ResolveForm
from interactions.models import CareRules, Complaint, FaultIn, Severity, Standing
from interactions.putting_right import complaints_put_right
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
# A Thursday, 15:00 in Stockholm: two hours of work are left on it.
THURSDAY = datetime(2026, 11, 26, 14, tzinfo=UTC)
DAY = timedelta(days=1)


def noted(customer: Customer, what: str = "Late delivery", *, at: datetime = THURSDAY, severity: int = 2) -> Complaint:
    made = Complaint(customer=customer, owner=customer.owner, what=what, severity=severity, opened_at=at)
    return take_in(made, at=at)


@pytest.mark.parametrize(
    ("severity", "answer_by", "resolve_by"),
    [
        # 8 and 40 working hours, 4 and 16, 2 and 8.
        (Severity.MINOR, datetime(2026, 11, 27, 14, tzinfo=UTC), datetime(2026, 12, 3, 14, tzinfo=UTC)),
        (Severity.SERIOUS, datetime(2026, 11, 27, 10, tzinfo=UTC), datetime(2026, 11, 30, 14, tzinfo=UTC)),
        (Severity.SEVERE, datetime(2026, 11, 26, 16, tzinfo=UTC), datetime(2026, 11, 27, 14, tzinfo=UTC)),
    ],
)
def test_the_deadlines_depend_on_the_severity(
    customer: Customer, severity: Severity, answer_by: datetime, resolve_by: datetime
) -> None:
    made = noted(customer, severity=severity)

    assert (made.answer_by, made.resolve_by, made.standing) == (answer_by, resolve_by, Standing.OPEN)
    assert not made.is_late(answer_by)
    assert made.is_late(answer_by + timedelta(minutes=1))


def test_the_deadlines_are_those_of_whoever_has_it_in_hand(customer: Customer, owner: User) -> None:
    """In New York it is nine in the morning, and a Thursday on which nobody works there is not asked of Stockholm."""
    User.objects.filter(pk=owner.pk).update(time_zone="America/New_York")
    customer.owner.refresh_from_db()

    assert noted(customer).answer_by == THURSDAY + timedelta(hours=4)


def test_of_an_answered_one_the_next_step_is_that_it_is_put_right(customer: Customer) -> None:
    made = noted(customer)
    assert answer(made, at=THURSDAY + DAY)
    assert not answer(made, at=THURSDAY + 2 * DAY)

    made.refresh_from_db()
    assert (made.standing, made.answered_at, made.due_by) == (Standing.ANSWERED, THURSDAY + DAY, made.resolve_by)

    take_back_answer(made)
    made.refresh_from_db()
    assert (made.standing, made.due_by) == (Standing.OPEN, made.answer_by)


def test_what_is_put_right_was_answered_too_and_can_be_taken_back(customer: Customer) -> None:
    made = noted(customer)
    made.outcome, made.fault_in, made.cost = "Credit note", FaultIn.INVOICE, Decimal(5)
    resolve(made, at=THURSDAY + DAY)
    made.refresh_from_db()
    assert (made.standing, made.answered_at, made.due_by) == (Standing.RESOLVED, THURSDAY + DAY, None)

    take_back_resolution(made)
    made = Complaint.objects.get()
    assert (made.standing, made.outcome, made.fault_in, made.cost) == (Standing.OPEN, "", "", None)

    answer(made, at=THURSDAY + timedelta(hours=1))
    made.refresh_from_db()
    resolve(made, at=THURSDAY + DAY)
    take_back_resolution(made)
    made.refresh_from_db()
    assert (made.standing, made.answered_at) == (Standing.ANSWERED, THURSDAY + timedelta(hours=1))


def test_what_was_not_put_right_after_all_has_new_deadlines_and_escalates(customer: Customer) -> None:
    made = noted(customer)
    resolve(made, at=THURSDAY + DAY)
    monday = datetime(2026, 11, 30, 8, tzinfo=UTC)

    assert reopen(made, at=monday)
    assert not reopen(made, at=monday + DAY)

    made.refresh_from_db()
    assert (made.standing, made.answered_at, made.escalated_at) == (Standing.REOPENED, None, monday)
    assert (made.answer_by, made.resolve_by) == (monday + timedelta(hours=4), monday + DAY + timedelta(hours=8))


@pytest.mark.parametrize(
    ("what", "days", "is_resolved", "escalates"),
    [
        ("Invoice with the old price", 10, False, True),
        ("Invoice with the old price", 10, True, False),
        ("The delivery was late", 10, True, True),
        ("The delivery was late", 89, True, True),
        ("The delivery was late", 91, True, False),
        ("The delivery was late", 91, False, False),
    ],
)
def test_the_second_one_that_is_open_or_about_the_same_escalates(
    customer: Customer, what: str, days: int, is_resolved: bool, escalates: bool
) -> None:
    first = noted(customer, "Late delivery", at=THURSDAY - days * DAY)
    if is_resolved:
        resolve(first, at=first.opened_at + DAY)

    assert (noted(customer, what).escalated_at == THURSDAY) is escalates
    assert first.escalated_at is None


def test_one_of_somebody_else_is_not_the_first(customer: Customer) -> None:
    noted(factories.customer(customer.owner))

    assert noted(customer).escalated_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_noted_at_once_one_is_the_second(customer: Customer) -> None:
    at_once(lambda: noted(customer), 2)

    assert sorted(made.escalated_at is not None for made in Complaint.objects.all()) == [False, True]


def test_a_change_of_severity_or_hands_changes_the_deadlines(customer: Customer) -> None:
    made = noted(customer, severity=Severity.MINOR)
    made.severity = Severity.SEVERE

    change(made)

    made.refresh_from_db()
    assert made.answer_by == datetime(2026, 11, 26, 16, tzinfo=UTC)


def test_which_press_is_asked_of_a_span(customer: Customer) -> None:
    severe = noted(customer, severity=Severity.SEVERE)
    other = noted(factories.customer(customer.owner))
    pressing = Complaint.objects.pressing_since
    assert list(pressing(THURSDAY - DAY, THURSDAY)) == [severe]

    resolve(other, at=THURSDAY + DAY)
    reopen(other, at=THURSDAY + 3 * DAY)
    assert list(pressing(THURSDAY + 2 * DAY, THURSDAY + 4 * DAY)) == [other]
    assert set(Complaint.objects.pressing()) == {severe, other}

    resolve(severe, at=THURSDAY + DAY)
    assert not pressing(THURSDAY - DAY, THURSDAY).exists()


def test_late_is_what_should_have_been_answered_or_put_right(customer: Customer) -> None:
    made = noted(customer)
    assert made.answer_by and made.resolve_by
    late = Complaint.objects.past_deadline
    assert not late(made.answer_by).exists()
    assert late(made.answer_by + timedelta(seconds=1)).exists()

    answer(made, at=THURSDAY)
    assert not late(made.answer_by + timedelta(seconds=1)).exists()
    assert late(made.resolve_by + timedelta(seconds=1)).exists()


def test_the_record_says_how_many_were_in_time_and_how_long_it_took(
    customer: Customer, owner: User, company: Company
) -> None:
    quick, slow, fresh = (noted(factories.customer(owner)) for _number in range(3))
    answer(quick, at=THURSDAY + timedelta(hours=1))
    quick.refresh_from_db()
    quick.fault_in, quick.cost = FaultIn.DELIVERY, Decimal("12.50")
    resolve(quick, at=THURSDAY + DAY)
    # Answered and put right on Tuesday, three days of work later: both too late.
    resolve(slow, at=THURSDAY + 5 * DAY)
    old = factories.complaint(customer, opened_at=THURSDAY - DAY)

    record = complaints_put_right(Complaint.objects.all(), at=THURSDAY + timedelta(hours=2), company=company)
    total = record.total
    assert (total.number, total.open, total.late) == (4, 2, 0)
    # Of the fresh one nobody can say yet, and the old one has no deadlines.
    assert (total.answer.in_time, total.answer.due, total.right.in_time, total.right.due) == (1, 2, 1, 2)
    hours = [round(time.total_seconds() / 3600) for time in total.answer.times]
    assert sorted(hours) == [1, 24]
    assert (total.answer.median, total.answer.share, total.answer.slow) == (timedelta(hours=1), None, None)
    assert (total.faults, total.cost) == ({"delivery": 1, "": 1}, Decimal("12.50"))
    assert [(line.name, line.tally.number) for line in record.people] == [(str(owner), 4)]

    later = complaints_put_right(Complaint.objects.all(), at=THURSDAY + 9 * DAY, company=company).total
    assert (later.late, later.answer.due, later.right.due) == (1, 3, 3)
    assert fresh.is_open and old.due_by is None


def test_a_complaint_goes_to_somebody_who_may_keep_the_customer(
    customer: Customer, teammate: User, outsider: User
) -> None:
    made = noted(customer)
    typed = {"what": "Late", "severity": "2", "channel": "phone"}

    form = ComplaintForm(typed | {"owner": str(outsider.pk)}, customer=customer, at=NOW, instance=made)
    assert "owner" in form.errors
    form = ComplaintForm(typed | {"owner": str(teammate.pk)}, customer=customer, at=NOW, instance=made)
    assert form.is_valid() and form.save().owner == teammate
    form = ComplaintForm(typed, customer=customer, at=NOW, instance=made)
    assert form.is_valid() and form.save().owner == teammate


@pytest.mark.parametrize(
    ("field", "value"),
    [("cost", "-1"), ("cost", "a lot"), ("cost", "1" * 15), ("fault_in", "elsewhere"), ("outcome", "")],
)
def test_what_is_wrong_is_said_at_the_field(customer: Customer, field: str, value: str) -> None:
    made = noted(customer)
    typed = {"outcome": "Credit note", "fault_in": "invoice", "cost": "12,50"}

    assert ResolveForm(typed, instance=made, at=NOW).is_valid()
    assert set(ResolveForm(typed | {field: value}, instance=made, at=NOW).errors) == {field}


def test_rules_that_can_not_be_kept_are_refused() -> None:
    typed = {name: getattr(CareRules(), name) for name in CareRulesForm.Meta.fields}

    assert CareRulesForm(typed).is_valid()
    assert set(CareRulesForm(typed | {"works_until": "08:00"}).errors) == {"works_until"}
    assert set(CareRulesForm(typed | {"answer_severe": 9}).errors) == {"resolve_severe"}
    assert set(CareRulesForm(typed | {"answer_minor": 0}).errors) == {"answer_minor"}


def test_a_complaint_belongs_to_the_customers_owner(customer: Customer) -> None:
    form = ComplaintForm({"what": "Late\x00 delivery", "severity": Severity.SEVERE}, customer=customer, at=NOW)

    assert form.is_valid(), form.errors
    made = form.save()
    assert (made.what, made.owner, made.opened_at) == ("Late delivery", customer.owner, NOW)


@pytest.mark.parametrize(
    ("what", "severity"), [("", "2"), ("x" * 301, "2"), ("\x00", "2"), ("Late", "9"), ("Late", "")]
)
def test_a_complaint_says_what_went_wrong_and_how_badly(customer: Customer, what: str, severity: str) -> None:
    assert not ComplaintForm({"what": what, "severity": severity}, customer=customer, at=NOW).is_valid()


def test_a_complaint_is_put_right_with_an_outcome(customer: Customer) -> None:
    complaint = factories.complaint(customer)
    at = NOW + timedelta(hours=3)

    assert not ResolveForm({"outcome": " "}, instance=complaint, at=at).is_valid()
    ResolveForm({"outcome": "New pallet sent"}, instance=complaint, at=at).save()

    stored = Complaint.objects.get()
    assert (stored.outcome, stored.resolved_at, stored.is_open) == ("New pallet sent", at, False)
