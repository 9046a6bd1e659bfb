"""Two rows become one: nothing that belonged to either is lost, whatever app it is from."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, models

from accounts.models import Company, User
from customers import merging
from customers.models import ConsentChange, Contact, Customer, FormerKey, Merge, OwnerChange, Tag
from interactions.models import Complaint, FollowUp
from retention.models import CustomerRisk, Expectation
from tests import factories
from tests.factories import NOW, TODAY
from tests.test_visibility import make, models_of_a_customer, own_models

# Rules that hold for some rows only; what merging does about each of them is said where it joins two rows.
CARED_FOR = {"contact_one_primary", "judgement_one_open", "loss_one_open", "plan_one_open"}


def into(kept: Any, lost: Any, by: User) -> list[merging.Twins]:
    join = merging.join_contacts if isinstance(kept, Contact) else merging.join_customers
    twins = merging.twins_of(join(*merging.locked(kept, lost), by=by, at=NOW))
    kept.refresh_from_db()
    return twins


def relations_in_the_database(table: str) -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.conrelid::regclass::text, a.attname
            FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            WHERE c.contype = 'f' AND c.confrelid = %s::regclass
            """,
            [table],
        )
        return set(cursor.fetchall())


@pytest.mark.parametrize("model", [Customer, Contact])
@pytest.mark.django_db
def test_every_relation_the_database_knows_is_moved(model: type[models.Model]) -> None:
    moved: list[Any] = merging.relations(model)
    found = {(relation.related_model._meta.db_table, relation.field.column) for relation in moved}
    assert found == relations_in_the_database(model._meta.db_table)


def rules_for_some_rows() -> Iterator[str]:
    for model in own_models():
        for rule in model._meta.constraints:
            targets = {model._meta.get_field(name).related_model for name in getattr(rule, "fields", ())}
            is_partial = isinstance(rule, models.UniqueConstraint) and (rule.condition is not None or rule.expressions)
            if is_partial and targets & {Customer, Contact}:
                yield rule.name


def test_each_rule_that_holds_for_some_rows_only_is_cared_for() -> None:
    assert set(rules_for_some_rows()) == CARED_FOR, "two rows that are merged may break it: see customers/merging.py"


belonging = [model for model in models_of_a_customer() if model is not Customer]


@pytest.mark.parametrize("model", belonging, ids=lambda model: model.__name__)
def test_what_belongs_to_a_customer_belongs_to_the_other_afterwards(
    model: type[models.Model], company: Company, owner: User
) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    row: Any = make(model, lost)
    before = {model._meta.label for model in belonging if model._meta.label in merging.belongings(lost)}

    into(kept, lost, owner)

    assert not Customer.objects.filter(pk=lost.pk).exists()
    assert before <= merging.belongings(kept).keys()
    # What is worked out from the history is worked out anew.
    if model not in {CustomerRisk, Expectation}:
        assert model._default_manager.filter(pk=row.pk).exists()


def test_what_belongs_to_a_contact_belongs_to_the_other_afterwards(company: Company, owner: User) -> None:
    kept = factories.contact(factories.customer(owner))
    lost = factories.contact(kept.customer)
    factories.interaction(kept.customer, contact=lost)
    factories.dated_event(lost)
    factories.response(factories.invitation(lost))
    factories.message(lost)
    before = merging.belongings(lost)

    into(kept, lost, owner)

    assert not Contact.objects.filter(pk=lost.pk).exists()
    assert before.items() <= merging.belongings(kept).items()


def test_of_what_there_can_be_only_one_the_other_s_stays_and_nothing_hangs_in_the_air(
    company: Company, owner: User
) -> None:
    kept = factories.contact(factories.customer(owner))
    lost = factories.contact(kept.customer)
    trigger = factories.interaction(kept.customer)
    asked = factories.invitation(kept, trigger=trigger)
    asked_too = factories.invitation(lost, trigger=trigger)
    answer = factories.response(asked_too, score=3)

    twins = into(kept, lost, owner)

    answer.refresh_from_db()
    assert (answer.invitation, answer.contact) == (asked, kept)
    assert merging.Twins(type(asked), asked.pk, asked_too.pk) in twins


def test_tags_of_both_stay_and_own_fields_are_taken_over_where_nothing_was_known(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    one, two, both = Tag.objects.named(["one", "two", "both"])
    kept.tags.set([one, both])
    lost.tags.set([two, both])
    Customer.objects.filter(pk=kept.pk).set_custom({"f1": "kept"})
    Customer.objects.filter(pk=lost.pk).set_custom({"f1": "lost", "f2": "lost"})
    kept.refresh_from_db()
    lost.refresh_from_db()

    into(kept, lost, owner)

    kept.refresh_from_db()
    assert set(kept.tags.all()) == {one, two, both}
    assert kept.custom == {"f1": "kept", "f2": "lost"}


def test_two_risks_are_one_and_the_kept_customer_s_own(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    CustomerRisk.objects.create(customer=kept, contact_days=5)
    CustomerRisk.objects.create(customer=lost, contact_days=9)

    into(kept, lost, owner)

    assert list(CustomerRisk.objects.values_list("customer", "contact_days")) == [(kept.pk, 5)]


def test_a_contact_takes_over_what_it_did_not_have_and_writes_down_what_differs(company: Company, owner: User) -> None:
    kept = factories.contact(factories.customer(owner), name="Amira Haddad", email="amira@example.com", phone="")
    lost = factories.contact(
        kept.customer,
        name="A. Haddad",
        email="haddad@example.com",
        phone="070 1",
        job_title="Buyer",
        birthday_day=3,
        birthday_month=5,
        birthday_year=1980,
    )

    into(kept, lost, owner)

    assert (kept.email, kept.phone, kept.job_title) == ("amira@example.com", "070 1", "Buyer")
    assert (kept.birthday_day, kept.birthday_month, kept.birthday_year) == (3, 5, 1980)
    merge = Merge.objects.get()
    assert (merge.customer, merge.contact, merge.former_pk, merge.merged_by) == (kept.customer, kept, lost.pk, owner)
    assert (merge.former_name, merge.differences) == ("A. Haddad", [("e-mail address", "haddad@example.com")])


def test_a_birthday_that_is_known_stays_and_only_gets_the_year_it_lacked(company: Company, owner: User) -> None:
    day = {"birthday_day": 3, "birthday_month": 5}
    kept = factories.contact(factories.customer(owner), **day)
    into(kept, factories.contact(kept.customer, **day, birthday_year=1980), owner)
    assert kept.birthday_year == 1980

    into(kept, factories.contact(kept.customer, birthday_day=4, birthday_month=5), owner)
    assert (kept.birthday_day, kept.birthday_year) == (3, 1980)


def test_a_contact_allows_afterwards_only_what_both_allowed(company: Company, owner: User) -> None:
    kept = factories.contact(factories.customer(owner), allows_thanks=False)
    lost = factories.contact(kept.customer, allows_surveys=False, do_not_contact=True)

    into(kept, lost, owner)

    assert (kept.allows_greetings, kept.allows_thanks, kept.allows_surveys) == (True, False, False)
    assert kept.do_not_contact
    change = ConsentChange.objects.get()
    assert (change.contact, change.kind, change.granted, change.changed_by) == (kept, "surveys", False, owner)


@pytest.mark.parametrize("kept_is_primary", [True, False])
def test_there_is_one_main_contact_afterwards(company: Company, owner: User, kept_is_primary: bool) -> None:
    kept = factories.contact(factories.customer(owner), is_primary=kept_is_primary)
    lost = factories.contact(kept.customer, is_primary=not kept_is_primary)

    into(kept, lost, owner)

    assert kept.is_primary


def test_the_same_special_day_of_both_is_one_day(company: Company, owner: User) -> None:
    kept = factories.contact(factories.customer(owner))
    lost = factories.contact(kept.customer)
    factories.dated_event(kept, name="Opening of the shop")
    factories.dated_event(lost, name="opening of the shop")
    factories.dated_event(lost, name="Wedding day")

    into(kept, lost, owner)

    assert sorted(kept.events.values_list("name", flat=True)) == ["Opening of the shop", "Wedding day"]


def test_a_customer_keeps_its_own_and_takes_over_what_must_not_be_lost(company: Company, owner: User) -> None:
    kept = factories.customer(owner, care_note="Speaks slowly.", customer_since=date(2020, 1, 1))
    lost = factories.customer(
        owner,
        name="Lindqvist",
        care_note="Call after 10.",
        customer_since=date(2018, 1, 1),
        external_key="import:shop:1",
        do_not_contact=True,
        segment=kept.segment,
        time_zone="Etc/GMT+12",
        stage="married",
    )

    into(kept, lost, owner)

    assert kept.care_note == "Speaks slowly.\nCall after 10."
    assert (kept.customer_since, kept.external_key, kept.do_not_contact) == (date(2018, 1, 1), "import:shop:1", True)
    merge = Merge.objects.get()
    assert (merge.former_name, merge.former_pk) == ("Lindqvist", lost.pk)
    assert merge.differences == [("stage", "Married"), ("time zone", "UTC−12")]


def test_the_number_elsewhere_of_who_is_gone_is_kept_if_both_had_one(company: Company, owner: User) -> None:
    first, second, third = (factories.customer(owner, external_key=f"import:shop:{n}") for n in (1, 2, 3))
    into(second, third, owner)
    into(first, Customer.objects.get(pk=second.pk), owner)
    assert Customer.objects.get().external_key == "import:shop:1"
    assert set(FormerKey.objects.values_list("key", flat=True)) == {"import:shop:2", "import:shop:3"}
    assert Customer.objects.known_by(["import:shop:1", "import:shop:3", "import:shop:4"]) == {
        "import:shop:1": first.pk,
        "import:shop:3": first.pk,
    }


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(None, TODAY, None), (TODAY, None, None), (TODAY, TODAY - timedelta(days=9), TODAY)],
)
def test_a_customer_is_lost_only_if_both_were(
    company: Company, owner: User, one: date | None, other: date | None, expected: date | None
) -> None:
    kept = factories.customer(owner, lost_on=one)

    into(kept, factories.customer(owner, lost_on=other), owner)

    assert kept.lost_on == expected


def test_of_two_main_contacts_the_kept_customer_s_stays(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    main, other = factories.contact(kept), factories.contact(lost)

    into(kept, lost, owner)

    assert list(kept.contacts.values_list("pk", "is_primary")) == [(main.pk, True), (other.pk, False)]


def test_what_the_other_owner_had_in_hand_is_in_the_kept_one_s(
    company: Company, owner: User, outsider: User, teammate: User
) -> None:
    kept, lost = factories.customer(owner), factories.customer(outsider)
    factories.contact(lost)
    theirs, done, mine = (
        factories.follow_up(lost),
        factories.follow_up(lost, done_at=NOW),
        factories.follow_up(lost, assignee=teammate),
    )
    factories.complaint(lost)

    into(kept, lost, owner)

    assignees = [FollowUp.objects.get(pk=row.pk).assignee for row in (theirs, done, mine)]
    assert assignees == [owner, outsider, teammate]
    assert Complaint.objects.get().owner == owner
    change = OwnerChange.objects.untold().get()
    assert (change.customer, change.former, change.owner) == (kept, outsider, owner)


def test_nobody_is_told_of_an_owner_they_know(company: Company, owner: User, outsider: User) -> None:
    kept = factories.customer(owner)
    into(kept, factories.customer(outsider), owner)

    lost = factories.customer(owner)
    factories.contact(lost)
    into(kept, lost, owner)

    assert not OwnerChange.objects.exists()


def test_who_was_merged_is_found_by_the_former_id_also_after_a_second_merge(company: Company, owner: User) -> None:
    first = factories.contact(factories.customer(owner))
    second, third = factories.contact(first.customer), factories.contact(first.customer)

    into(second, first, owner)
    into(third, second, owner)

    assert [Contact.objects.known_as(pk) for pk in (first.pk, second.pk, third.pk)] == [third] * 3
    assert Contact.objects.known_as(10**9) is None
    assert Customer.objects.known_as(first.pk + 10**6) is None


def test_a_customer_is_found_by_the_former_id(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    into(kept, lost, owner)
    assert Customer.objects.known_as(lost.pk) == kept


def test_who_is_gone_is_not_merged(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    into(kept, lost, owner)

    with pytest.raises(merging.Gone):
        merging.locked(kept, lost)


def test_the_same_people_are_known_by_name_and_address(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    anna = factories.contact(kept, name="Ánna Berg", email="Anna@example.com")
    same = factories.contact(lost, name="anna berg", email="anna@Example.com")
    factories.contact(lost, name="Anna Berg", email="other@example.com")
    factories.contact(lost, name="Bo Berg", email="anna@example.com")
    factories.contact(kept, name="Nobody", email="")
    factories.contact(lost, name="Nobody", email="")

    assert merging.same_people(kept, lost) == [(anna, same)]
