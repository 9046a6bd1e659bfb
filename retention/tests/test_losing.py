"""A customer is lost once at a time, with what they were worth, and each way back is kept apart."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Company, User
from customers.models import Customer
from outreach.merging import merge, undo
from outreach.removing import remove_customer, restore
from retention import losing
from retention.learning import BACK, CONFIRMED, SUSPECTED, UNKNOWN, kind, lessons
from retention.models import Cause, Ending, Loss
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def lose(customer: Customer, by: User, on: date = TODAY, **fields: object) -> Loss:
    return losing.lose(Loss(customer=customer, lost_on=on, **fields), by=by, at=NOW)


def test_the_loss_keeps_the_value_of_the_last_year_at_that_day(customer: Customer, owner: User) -> None:
    for days, amount in ((0, "5.00"), (10, "100.00"), (364, "50.00"), (365, "1000.00")):
        factories.purchase(customer, amount, happened_at=NOW - timedelta(days=days))
    factories.purchase(amount="7000.00")

    loss = lose(customer, owner, suspected=[Cause.PRICE])

    customer.refresh_from_db()
    assert (loss.value, loss.marked_by, loss.marked_at) == (Decimal("155.00"), owner, NOW)
    assert customer.lost_on == TODAY
    assert Loss.objects.get().suspected == [Cause.PRICE]


def test_who_is_lost_already_is_not_lost_again(customer: Customer, owner: User, teammate: User) -> None:
    first = lose(customer, owner, confirmed=Cause.PRICE)

    assert lose(Customer.objects.get(pk=customer.pk), teammate, TODAY - timedelta(days=3)) == first
    assert Loss.objects.get().confirmed == Cause.PRICE
    assert Customer.objects.get().lost_on == TODAY


@pytest.mark.django_db(transaction=True)
def test_of_two_who_mark_them_at_once_one_is_written(customer: Customer, owner: User) -> None:
    at_once(lambda: lose(Customer.objects.get(pk=customer.pk), owner), 2)

    assert Loss.objects.count() == 1


def test_the_database_knows_one_open_loss(customer: Customer) -> None:
    factories.loss(customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.loss(customer)
    factories.loss(customer, ending=Ending.WON_BACK, ended_on=TODAY)


def test_winning_back_ends_it_with_the_day(customer: Customer, owner: User) -> None:
    lose(customer, owner, TODAY - timedelta(days=40))

    losing.win_back(customer, by=owner, on=TODAY, at=NOW)

    loss = Loss.objects.get()
    customer.refresh_from_db()
    assert (loss.ending, loss.ended_on, loss.ended_by, customer.lost_on) == ("won_back", TODAY, owner, None)
    assert Loss.objects.real().get() == loss
    assert losing.win_back(customer, by=owner, on=TODAY, at=NOW) is None


def test_who_was_not_won_back_after_all_is_lost_as_before(customer: Customer, owner: User) -> None:
    loss = lose(customer, owner, TODAY - timedelta(days=40))
    losing.win_back(customer, by=owner, on=TODAY, at=NOW)
    loss.refresh_from_db()

    assert losing.lose_again(loss, at=NOW)
    assert not losing.lose_again(loss, at=NOW)
    customer.refresh_from_db()
    assert (loss.ending, loss.ended_on, customer.lost_on) == ("", None, TODAY - timedelta(days=40))


def test_a_mistake_counts_for_nothing(customer: Customer, owner: User) -> None:
    lose(customer, owner)

    losing.take_back(customer, by=owner, on=TODAY, at=NOW)

    assert Loss.objects.get().ending == Ending.MISTAKE
    assert not Loss.objects.real().exists()
    assert not Customer.objects.get().is_lost


def test_an_old_loss_does_not_open_beside_a_new_one(customer: Customer, owner: User) -> None:
    old = lose(customer, owner, TODAY - timedelta(days=40))
    losing.win_back(customer, by=owner, on=TODAY - timedelta(days=9), at=NOW)
    lose(Customer.objects.get(), owner)
    old.refresh_from_db()

    assert not losing.lose_again(old, at=NOW)
    assert Loss.objects.open().get() != old


def test_another_day_of_a_loss_is_the_customers_too(customer: Customer, owner: User) -> None:
    factories.purchase(customer, "80.00", happened_at=NOW - timedelta(days=2))
    loss = lose(customer, owner)
    loss.lost_on, loss.confirmed = TODAY - timedelta(days=3), Cause.COMPETITOR

    losing.explain(loss, at=NOW)

    customer.refresh_from_db()
    assert (customer.lost_on, loss.value) == (TODAY - timedelta(days=3), Decimal(0))


def test_who_was_lost_in_another_way_gets_a_loss_once(customer: Customer) -> None:
    factories.purchase(customer, "30.00", happened_at=NOW - timedelta(days=20))
    factories.customer()
    Customer.objects.filter(pk=customer.pk).update(lost_on=TODAY)

    assert [losing.record_unrecorded(at=NOW) for _time in range(2)] == [1, 0]
    loss = Loss.objects.get()
    assert (loss.customer, loss.lost_on, loss.value, loss.is_unexplained) == (customer, TODAY, Decimal(30), True)


# ---- Merging, the trash ----


@pytest.mark.parametrize(
    ("kept_is_lost", "other_is_lost", "open_of"),
    [(True, True, "kept"), (True, False, None), (False, True, None), (False, False, None)],
)
def test_two_that_are_one_left_only_if_both_did_and_once(
    company: Company, owner: User, kept_is_lost: bool, other_is_lost: bool, open_of: str | None
) -> None:
    kept, other = factories.customer(owner), factories.customer(owner)
    losses = {}
    for name, customer, is_lost in (("kept", kept, kept_is_lost), ("other", other, other_is_lost)):
        if is_lost:
            losses[name] = lose(customer, owner, confirmed=Cause.PRICE)
    before = list(Loss.objects.order_by("pk").values())

    done = merge(kept, other, by=owner, at=NOW)

    assert set(Loss.objects.open()) == ({losses[open_of]} if open_of else set())
    assert set(Loss.objects.values_list("customer", flat=True)) <= {kept.pk}
    assert Loss.objects.count() == len(losses)
    undo(done, by=owner, at=NOW)
    assert list(Loss.objects.order_by("pk").values()) == before


def test_the_only_loss_of_two_lost_ones_stays_open(company: Company, owner: User) -> None:
    kept, other = factories.customer(owner, lost_on=TODAY), factories.customer(owner)
    loss = lose(other, owner)

    merge(kept, Customer.objects.get(pk=other.pk), by=owner, at=NOW)

    loss.refresh_from_db()
    assert (loss.is_open, loss.customer) == (True, kept)


def test_a_loss_goes_into_the_trash_with_the_customer_and_comes_back(
    company: Company, customer: Customer, owner: User
) -> None:
    lose(customer, owner, said_by=factories.contact(customer), confirmed=Cause.PRICE)
    before = list(Loss.objects.values())

    trashed = remove_customer(customer, by=owner, at=NOW)
    assert trashed and not Loss.objects.exists()
    restore(trashed, at=NOW)

    assert list(Loss.objects.values()) == before


# ---- What they teach ----


def test_each_cause_is_counted_suspected_and_confirmed_apart(owner: User) -> None:
    made = [
        ([Cause.PRICE, Cause.COMPETITOR], Cause.COMPETITOR, "", 100),
        ([Cause.PRICE], "", Ending.WON_BACK, 20),
        ([], "", "", 7),
        ([], Cause.COMPETITOR, Ending.MISTAKE, 5000),
        ([Cause.PRICE], "", Ending.MERGED, 5000),
    ]
    for suspected, confirmed, ending, value in made:
        fields = {"suspected": suspected, "confirmed": confirmed, "ending": ending, "value": value}
        factories.loss(factories.customer(owner), **fields, ended_on=TODAY if ending else None)

    known = lessons(Loss.objects.real())

    figures = {row.cause: (row.suspected.number, row.suspected.value, row.confirmed.number) for row in known.causes}
    assert figures == {Cause.COMPETITOR: (1, Decimal(100), 1), Cause.PRICE: (2, Decimal(120), 0)}
    assert [row.cause for row in known.causes] == [Cause.COMPETITOR, Cause.PRICE]
    assert (known.total.number, known.total.value) == (3, Decimal(127))
    assert (known.unknown.number, known.unknown.value) == (1, Decimal(7))
    assert (known.back.number, known.back.value) == (1, Decimal(20))


@pytest.mark.parametrize("figure", [(UNKNOWN, ""), (BACK, ""), (SUSPECTED, Cause.PRICE), (CONFIRMED, Cause.PRICE)])
def test_the_list_behind_a_figure_is_as_long_as_the_figure_says(owner: User, figure: tuple[str, str]) -> None:
    factories.loss(factories.customer(owner), suspected=[Cause.PRICE], confirmed=Cause.PRICE)
    factories.loss(factories.customer(owner), ending=Ending.WON_BACK, ended_on=TODAY)
    factories.loss(factories.customer(owner), confirmed=Cause.PRICE)

    known = lessons(Loss.objects.real())
    price = known.causes[0]
    numbers = {UNKNOWN: known.unknown, BACK: known.back, SUSPECTED: price.suspected, CONFIRMED: price.confirmed}

    assert Loss.objects.filter(kind(*figure)).count() == numbers[figure[0]].number > 0


def test_nobody_lost_teaches_nothing() -> None:
    known = lessons(Loss.objects.real())
    assert (known.total.number, known.total.value, len(known.causes)) == (0, Decimal(0), 0)
