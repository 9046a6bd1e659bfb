"""Who may be here twice: by address, by number, by name; and whom somebody who types may mean."""

import time
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Company, User, Visibility
from customers.models import Alike, Contact, Customer, NameSeen
from customers.spotting import Likely, Typed, likely, spot_names, spot_shared
from customers.tasks import spot_shared_addresses, spot_similar_names
from retention_crm.lib.alone import Job
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def pairs() -> dict[tuple[int, int], list[str]]:
    return {(row.low, row.high): row.reasons for row in Alike.objects.all()}


def names(*, at: object = NOW) -> None:
    spot_names(at=NOW, until=time.monotonic() + 30)


def customers(owner: User, *named: str) -> list[Customer]:
    return [factories.customer(owner, name=name) for name in named]


def test_a_mail_address_of_both_in_whatever_case(company: Company, owner: User) -> None:
    one, other, third = customers(owner, "Ito", "Berg", "Chen")
    factories.contact(one, email="Anna@example.com")
    factories.contact(other, email="anna@Example.com")
    factories.detail(factories.contact(third), kind="email", value="ANNA@example.com")

    spot_shared(at=NOW)

    same = ["the same e-mail address"]
    assert pairs() == {(one.pk, other.pk): same, (one.pk, third.pk): same, (other.pk, third.pk): same}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("+46 8 123 456 78", "08-12345678", True),
        ("08-12345678 ext 3", "0812345678 EXT. 9", True),
        ("+46 8 123 456 78", "08-12345679", False),
        ("123", "123", False),
    ],
)
def test_a_telephone_number_of_both_however_it_is_written(
    company: Company, owner: User, one: str, other: str, is_same: bool
) -> None:
    for phone in (one, other):
        factories.contact(factories.customer(owner), phone=phone)
    spot_shared(at=NOW)
    assert list(pairs().values()) == ([["the same telephone number"]] if is_same else [])


def test_an_address_of_many_is_that_of_a_house(company: Company, owner: User) -> None:
    for _number in range(6):
        factories.contact(factories.customer(owner), email="info@example.com")
    spot_shared(at=NOW)
    assert pairs() == {}


def test_contacts_of_one_customer_by_address_and_by_name_but_not_by_the_number_of_their_house(
    company: Company, owner: User
) -> None:
    at = factories.customer(owner)
    anna = factories.contact(at, name="Anna Lindqvist", email="anna@example.com", phone="0812345678")
    named = factories.contact(at, name="Anna Lindquist", phone="0812345678")
    reached = factories.contact(at, name="Reception", email="ANNA@example.com")
    factories.contact(at, name="Olga Ek", phone="0812345678")

    spot_shared(at=NOW)

    assert pairs() == {(anna.pk, named.pk): ["a similar name"], (anna.pk, reached.pk): ["the same e-mail address"]}
    assert set(Alike.objects.values_list("kind", flat=True)) == {"contact"}


def test_similar_names_each_pair_once(company: Company, owner: User) -> None:
    one, other, same, _stranger = customers(owner, "Lindqvist AB", "Lindquist AB", "LINDQVIST ab", "Ito Trading")

    names()

    similar = ["a similar name"]
    assert pairs() == {
        (one.pk, other.pk): similar,
        (one.pk, same.pk): ["the same name"],
        (other.pk, same.pk): similar,
    }


def test_the_same_name_is_found_without_waiting_for_the_similar_ones(company: Company, owner: User) -> None:
    one, other, _third = customers(owner, "Lindqvist AB", "lindqvist ab", "Lindquist AB")
    spot_shared(at=NOW)
    assert pairs() == {(one.pk, other.pk): ["the same name"]}


def test_the_best_evidence_has_the_highest_score(company: Company, owner: User) -> None:
    one, other, third = customers(owner, "Lindqvist AB", "Lindquist AB", "Ito")
    factories.contact(one, phone="0812345678")
    factories.contact(third, phone="0812345678", email="a@example.com")
    factories.contact(other, email="a@example.com")
    spot_shared(at=NOW)
    names()

    found = [(row.low, row.high) for row in Alike.objects.order_by("-score")]
    assert found == [(other.pk, third.pk), (one.pk, third.pk), (one.pk, other.pk)]


def test_what_is_not_so_any_more_goes(company: Company, owner: User) -> None:
    one, other = customers(owner, "Lindqvist AB", "Lindquist AB")
    factories.contact(one, email="a@example.com")
    contact = factories.contact(other, email="a@example.com")
    spot_shared(at=NOW)
    names()
    Contact.objects.filter(pk=contact.pk).update(email="b@example.com")
    spot_shared(at=LATER)
    assert pairs() == {(one.pk, other.pk): ["a similar name"]}

    other.name = "Ito"
    other.save()
    names()
    spot_shared(at=LATER)
    assert pairs() == {}


def test_of_whom_is_gone_nothing_is_kept(company: Company, owner: User) -> None:
    one, other = customers(owner, "Lindqvist AB", "Lindquist AB")
    names()
    one.delete()
    spot_shared(at=LATER)
    assert pairs() == {}
    assert list(NameSeen.objects.values_list("customer_pk", flat=True)) == [other.pk]


def test_looking_twice_changes_nothing_and_looks_up_no_name_again(company: Company, owner: User) -> None:
    one, other = customers(owner, "Lindqvist AB", "Lindquist AB")
    factories.contact(one, email="a@example.com")
    factories.contact(other, email="a@example.com")
    for _round in range(2):
        spot_shared_addresses()
        spot_similar_names()
        spot_similar_names()
    before = list(Alike.objects.values_list("pk", "score"))
    assert len(before) == 1
    Alike.objects.update(by_name=0)
    names()
    assert not Alike.objects.filter(by_name__gt=0).exists()


def test_those_of_whom_somebody_said_that_they_are_not_the_same_are_not_proposed_again(
    company: Company, owner: User
) -> None:
    one, other = customers(owner, "Lindqvist AB", "Lindquist AB")
    names()
    Alike.objects.update(apart_at=NOW, apart_by=owner)
    factories.contact(one, email="a@example.com")
    factories.contact(other, email="a@example.com")
    spot_shared(at=LATER)
    names()
    assert not Alike.objects.undecided().exists()
    assert Alike.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_another_is_at_it_does_nothing(company: Company, owner: User) -> None:
    one, other = customers(owner, "Lindqvist AB", "Lindqvist AB")
    factories.contact(one, email="a@example.com")
    factories.contact(other, email="a@example.com")
    busy = connection.copy()
    try:
        with busy.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [0x52435243, Job.SPOTTING])
        spot_shared(at=NOW)
        names()
        assert pairs() == {}
    finally:
        busy.close()
    spot_shared(at=NOW)
    assert len(pairs()) == 1


def found(rows: list[Likely]) -> list[tuple[str, str]]:
    return [(row.customer.name, row.reason) for row in rows]


def test_whoever_types_is_shown_who_is_like_it_the_best_reason_first(company: Company, owner: User) -> None:
    named, mailed, called, further = customers(owner, "Lindqvist AB", "Ito", "Berg", "Chen")
    factories.contact(mailed, email="Anna@example.com", phone="")
    factories.contact(called, phone="+46 8 123 456 78")
    factories.detail(factories.contact(further), kind="phone", value="0046 8 12345678")

    shown = likely(Typed("Lindquist AB", "", "anna@example.com", "08-123 456 78"), owner)

    assert found(shown) == [
        (mailed.name, "the same e-mail address"),
        (called.name, "the same telephone number"),
        (further.name, "the same telephone number"),
        (named.name, "a similar name"),
    ]


def test_a_contact_is_not_like_themselves(company: Company, owner: User) -> None:
    contact = factories.contact(factories.customer(owner), name="Anna Berg", email="a@example.com")
    typed = Typed(contact="anna berg", email="a@example.com")
    assert found(likely(typed, owner)) == [(contact.customer.name, "the same e-mail address")]
    assert found(likely(Typed(contact="ANNA BERG"), owner)) == [(contact.customer.name, "a contact of that name")]
    assert likely(typed, owner, beside=contact.pk) == []


def test_nobody_is_shown_a_customer_they_may_not_see(company: Company, owner: User, outsider: User) -> None:
    factories.customer(outsider, name="Lindqvist AB")
    assert likely(Typed("Lindqvist AB"), owner) == []
    Company.objects.update(visibility=Visibility.COMPANY)
    assert len(likely(Typed("Lindqvist AB"), User.objects.get(pk=owner.pk))) == 1


@pytest.mark.parametrize("typed", ["", "x", "%", "_" * 200, "\\", "'; --", "1" * 200, "@", "ext"])
def test_anything_can_be_typed(company: Company, owner: User, typed: str) -> None:
    factories.contact(factories.customer(owner))
    assert likely(Typed(typed, typed, typed, typed), owner) == []
