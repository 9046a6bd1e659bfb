"""Who was left out by lot beside who was not."""

from datetime import timedelta

import pytest

from accounts.models import Company, User
from customers.models import Customer
from outreach.models import MessageKind, State
from retention.models import Play, PlayTurn, RiskDay
from retention.proving import Share
from retention.trying import greeting_trial, trials
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db]
THEN = NOW - timedelta(days=100)


@pytest.fixture(autouse=True)
def lists(company: Company) -> None:
    for ago in (99, 9):
        RiskDay.objects.create(day=TODAY - timedelta(days=ago), taken_at=NOW)


def followed(owner: User, *, stayed: bool) -> Customer:
    customer = factories.customer(owner)
    factories.snapshot(customer, day=TODAY - timedelta(days=9), silence=5, flagged_days=int(not stayed))
    return customer


def turned(customer: Customer, play: Play, *, held_out: bool, ago: int = 100) -> None:
    at = NOW - timedelta(days=ago)
    PlayTurn.objects.create(customer=customer, play=play, is_held_out=held_out, turned_at=at, made_at=at)


def test_all_who_turned_red_are_followed_whatever_became_of_the_plan(owner: User) -> None:
    play, other = Play.objects.create(name="Call"), Play.objects.create(name="Never by lot")
    for stayed in (True, True, False):
        turned(followed(owner, stayed=stayed), play, held_out=False)
    for stayed in (True, False, False, False):
        turned(followed(owner, stayed=stayed), play, held_out=True)
    turned(followed(owner, stayed=True), play, held_out=True, ago=30)
    turned(followed(owner, stayed=True), other, held_out=False)

    (trial,) = trials(Company.current(), None, None)

    assert (trial.name, trial.given, trial.left_out) == ("Call", 3, 5)
    assert (trial.with_it, trial.without) == (Share(2, 3), Share(1, 4))
    assert trial.verdict == "open"
    assert trials(Company.current(), TODAY - timedelta(days=99), None)[0].left_out == 1


def test_greetings_since_the_first_was_left_out(owner: User) -> None:
    def greeted(stayed: bool, at_days: int, **fields: object) -> None:
        contact = factories.contact(followed(owner, stayed=stayed))
        moment = NOW - timedelta(days=at_days)
        factories.message(contact, kind=MessageKind.BIRTHDAY, due_at=moment, **fields)

    greeted(True, 120, state=State.SENT)
    assert greeting_trial(Company.current(), None, None) is None
    greeted(False, 99, state=State.CANCELLED, reason="held_out")
    greeted(True, 98, state=State.SENT)
    greeted(True, 97, state=State.CANCELLED, reason="no_consent")
    greeted(True, 96, state=State.HELD, reason="open_complaint")

    trial = greeting_trial(Company.current(), None, None)

    assert trial is not None
    assert (trial.given, trial.left_out) == (1, 1)
    assert (trial.with_it, trial.without) == (Share(1, 1), Share(0, 1))
