"""The forms for what happened and what follows, against what people and machines put into them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from accounts.models import User
from customers.models import Customer
from interactions.forms import InteractionForm, NextStepForm, WhenForm
from interactions.models import Kind, Outcome
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
CALL = {"kind": Kind.CALL, "outcome": Outcome.HELD}


def interaction_form(customer: Customer, **data: Any) -> InteractionForm:
    contacts = list(customer.contacts.all())
    return InteractionForm({**CALL, **data}, user=customer.owner, customer=customer, contacts=contacts, at=NOW)


def next_step(user: User, **data: Any) -> NextStepForm:
    return NextStepForm(data, user=user, at=NOW)


def test_a_call_needs_nothing_but_one_click(customer: Customer, owner: User) -> None:
    form = interaction_form(customer)

    assert form.is_valid(), form.errors
    made = form.save(commit=False)
    assert (made.customer, made.author, made.happened_at, made.created_at) == (customer, owner, NOW, NOW)


def test_the_form_starts_with_now_by_the_users_clock(customer: Customer) -> None:
    form = InteractionForm(user=customer.owner, customer=customer, contacts=list(customer.contacts.all()), at=NOW)

    assert 'value="2026-11-26T10:00"' in str(form["happened_at"])


def test_when_is_read_by_the_users_clock(customer: Customer) -> None:
    form = interaction_form(customer, happened_at="2026-11-25T08:00")

    assert form.is_valid()
    assert form.cleaned_data["happened_at"] == datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


def test_what_happened_may_be_a_little_ahead_for_other_clocks(customer: Customer) -> None:
    assert interaction_form(customer, happened_at="2026-11-27T09:59").is_valid()


@pytest.mark.parametrize("when", ["2026-11-27T10:01", "2199-01-01T00:00"])
def test_the_future_is_planned_not_logged(customer: Customer, when: str) -> None:
    form = interaction_form(customer, happened_at=when)

    assert "lies in the future" in form.errors["happened_at"][0]


@pytest.mark.parametrize(
    "when", ["0001-01-01T00:00", "yesterday", "2026-02-30T10:00", "\x00", "9" * 5000, "２０２６-11-26T10:00", "-1"]
)
def test_a_malformed_day_gets_a_message_at_its_field(customer: Customer, when: str) -> None:
    form = interaction_form(customer, happened_at=when, notes="kept")

    assert list(form.errors) == ["happened_at"]
    assert "kept" in str(form["notes"])


def test_a_note_of_one_megabyte_says_how_long_it_may_be_and_loses_nothing(customer: Customer) -> None:
    note = "y" * 1_000_000
    form = interaction_form(customer, notes=note)

    (message,) = form.errors["notes"]
    assert "may be 100000 characters long; it has 1000000" in message
    assert note in str(form["notes"])
    assert "maxlength" not in str(form["notes"])


def test_a_note_of_exactly_the_limit_is_kept(customer: Customer) -> None:
    assert interaction_form(customer, notes="😀" * 100_000).is_valid()


def test_a_note_keeps_emoji_and_every_script_and_loses_what_cannot_be_stored(customer: Customer) -> None:
    form = interaction_form(customer, notes="a\x00b 👋 مرحبا <b>'; --")

    assert form.is_valid()
    assert form.cleaned_data["notes"] == "ab 👋 مرحبا <b>'; --"


@pytest.mark.parametrize("kind", [Kind.PURCHASE, Kind.GESTURE])
def test_purchases_and_gestures_have_an_amount_and_no_outcome(customer: Customer, kind: str) -> None:
    form = interaction_form(customer, kind=kind, outcome="", amount="1.200,50")

    assert form.is_valid(), form.errors
    assert form.save(commit=False).amount == Decimal("1200.50")


def test_a_referral_has_neither_an_amount_nor_an_outcome(customer: Customer) -> None:
    assert interaction_form(customer, kind=Kind.REFERRAL, outcome="").is_valid()
    form = interaction_form(customer, kind=Kind.REFERRAL, outcome="", amount="5")
    assert "Only a purchase or a gesture" in form.errors["amount"][0]


def test_a_call_has_no_amount(customer: Customer) -> None:
    form = interaction_form(customer, amount="5")

    assert "Only a purchase or a gesture" in form.errors["amount"][0]


def test_a_call_has_an_outcome(customer: Customer) -> None:
    assert "Choose how it went." in interaction_form(customer, outcome="").errors["outcome"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "dance"),
        ("outcome", "won"),
        ("sentiment", "7"),
        ("contact", "x"),
        ("contact", "9" * 40),
        ("kind", "\x00"),
    ],
)
def test_a_choice_that_is_none_gets_a_message(customer: Customer, field: str, value: str) -> None:
    assert field in interaction_form(customer, **{field: value}).errors


def test_the_contact_is_one_of_this_customer(customer: Customer) -> None:
    ours, theirs = factories.contact(customer), factories.contact()

    assert interaction_form(customer, contact=ours.pk).is_valid()
    assert "contact" in interaction_form(customer, contact=theirs.pk).errors


def test_the_dead_are_not_called(customer: Customer) -> None:
    gone = factories.contact(customer, deceased=True)

    assert "contact" in interaction_form(customer, contact=gone.pk).errors


def test_the_mood_may_stay_unsaid(customer: Customer) -> None:
    said, unsaid = interaction_form(customer, sentiment="-1"), interaction_form(customer, sentiment="")

    assert said.is_valid() and unsaid.is_valid()
    assert (said.save(commit=False).sentiment, unsaid.save(commit=False).sentiment) == (-1, None)


def test_repeated_and_undecodable_parameters_are_no_error(customer: Customer) -> None:
    data = QueryDict("kind=call&kind=visit&outcome=held&notes=%ff%fe%00&unknown=1")

    contacts = list(customer.contacts.all())
    assert InteractionForm(data, user=customer.owner, customer=customer, contacts=contacts, at=NOW).is_valid()


def test_without_a_next_step_nothing_follows(owner: User) -> None:
    form = next_step(owner, next_in="")

    assert form.is_valid()
    assert form.follow_up() is None


def test_a_next_step_needs_only_a_day(owner: User) -> None:
    form = next_step(owner, next_in="1")

    assert form.is_valid(), form.errors
    made = form.follow_up()
    assert made is not None
    assert (made.title, made.is_promise, made.assignee) == ("Get in touch again", False, owner)
    assert made.due_at == datetime(2026, 11, 27, 16, 0, tzinfo=UTC)


def test_a_promise_at_a_time(owner: User) -> None:
    form = next_step(
        owner, next_in="at", next_at="2026-12-01T14:00", next_title="Send\x00 samples", next_is_promise="on"
    )

    assert form.is_valid(), form.errors
    made = form.follow_up()
    assert made is not None
    assert (made.title, made.is_promise, made.due_at) == (
        "Send samples",
        True,
        datetime(2026, 12, 1, 13, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({"next_in": "at"}, "next_at", "Say on which day"),
        ({"next_in": "at", "next_at": "2026-11-26T09:59"}, "next_at", "has passed"),
        ({"next_in": "at", "next_at": "2040-01-01T09:00"}, "next_at", "more than ten years"),
        ({"next_in": "at", "next_at": "0001-01-01T00:00"}, "next_at", "Check the year"),
        ({"next_in": "at", "next_at": "soon"}, "next_at", "Write a day and a time"),
        ({"next_in": "2"}, "next_in", "valid choice"),
        ({"next_in": "1", "next_is_promise": "on"}, "next_title", "Say what you promised"),
        ({"next_in": "", "next_title": "Call"}, "next_in", "Choose when"),
        ({"next_in": "", "next_is_promise": "on"}, "next_in", "Choose when"),
        ({"next_in": "1", "next_title": "x" * 201}, "next_title", "200 characters long; it has 201"),
    ],
)
def test_a_half_said_next_step_gets_one_message_where_it_is_mended(
    owner: User, data: dict[str, str], field: str, message: str
) -> None:
    errors = next_step(owner, **data).errors

    assert list(errors) == [field]
    assert message in errors[field][0]


def test_a_time_left_over_from_another_choice_does_not_count(owner: User) -> None:
    form = next_step(owner, next_in="1", next_at="2020-01-01T00:00")

    assert form.is_valid(), form.errors


def test_moving_asks_for_a_time(owner: User) -> None:
    assert "next_in" in WhenForm({}, user=owner, at=NOW).errors
    assert "next_in" in WhenForm({"next_in": ""}, user=owner, at=NOW).errors
