"""Taking a merge back: both are what they were, what somebody changed since stays, and nobody is greeted twice."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import Company, User
from customers.models import ConsentKind, Contact, Customer, Merge, Step, Tag
from interactions.models import Complaint, FollowUp, Interaction
from outreach import merging
from outreach.accounting import account
from outreach.delivery import deliver
from outreach.erasing import erase
from outreach.merging import TooLate, merge
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from outreach.unsubscribing import withdraw
from retention.models import CustomerRisk
from surveys.models import Invitation
from tests import factories
from tests.factories import NOW, TODAY
from tests.test_visibility import make, models_of_a_customer, own_models

pytestmark = pytest.mark.django_db

BIRTHDAY = {"birthday_day": TODAY.day, "birthday_month": TODAY.month}
SOON = NOW + timedelta(minutes=10)
# What a merge leaves behind, and what is computed anew.
TRACES = {"customers.Merge", "customers.Step", "outreach.Tally"}
COMPUTED = {"risk_stale_since", "last_touchpoint_at", "last_touchpoint_on", "next_due_on"}


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows there are, by the labels of their models."""
    ours = {model._meta.app_label for model in own_models()}
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label not in ours or model._meta.label in TRACES:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {model._meta.db_table} t ORDER BY {model._meta.pk.column}")
            rows = [json.loads(row) for (row,) in cursor.fetchall()]
        found[model._meta.label] = [{k: v for k, v in row.items() if k not in COMPUTED} for row in rows]
    return found


def undo(of: Customer | Contact, by: User, at: Any = SOON) -> list[Any]:
    return merging.undo(Merge.objects.get(former_pk=of.pk, contact__isnull=isinstance(of, Customer)), by=by, at=at)


@pytest.fixture
def kept(company: Company, owner: User) -> Contact:
    return factories.contact(factories.customer(owner), name="Amira Haddad", **BIRTHDAY)


@pytest.fixture
def lost(kept: Contact) -> Contact:
    return factories.contact(kept.customer, name="A. Haddad", email="ah@example.com", phone="070 1", **BIRTHDAY)


def birthday(of: Contact, **fields: Any) -> Message:
    return factories.message(of, occasion=f"birthday:{of.pk}:{TODAY.year}", **fields)


def state(message: Message) -> str:
    return Message.objects.get(pk=message.pk).state


def greetings_sent() -> int:
    return Message.objects.filter(kind=MessageKind.BIRTHDAY, state=State.SENT).count()


def test_two_customers_with_rows_of_every_kind_are_what_they_were(
    company: Company, owner: User, outsider: User
) -> None:
    kept = factories.customer(owner, care_note="Slowly.", customer_since=date(2020, 1, 1))
    lost = factories.customer(
        outsider, care_note="Mornings.", customer_since=date(2018, 1, 1), external_key="import:1", lost_on=TODAY
    )
    Customer.objects.filter(pk=kept.pk).update(external_key="import:2")
    who = {"name": "Anna Berg", "email": "anna@example.com"}
    one, other = factories.contact(kept, **who, allows_surveys=False), factories.contact(lost, **who, phone="070 1")
    factories.dated_event(one, name="Opening")
    factories.dated_event(other, name="Opening")
    both, single = Tag.objects.named(["both", "single"])
    kept.tags.set([both])
    lost.tags.set([both, single])
    for customer in (kept, lost):
        CustomerRisk.objects.create(customer=customer, contact_days=customer.pk)
        for model in models_of_a_customer():
            if model is not CustomerRisk:
                make(model, customer)
    trigger = factories.interaction(kept)
    factories.response(factories.invitation(one, trigger=trigger), score=9)
    factories.response(factories.invitation(other, trigger=trigger), score=3)
    Customer.objects.filter(pk=lost.pk).set_custom({"f1": "x"})
    before = everything()

    merge(kept, lost, by=owner, at=NOW)
    assert everything() != before
    assert undo(lost, owner) == []

    assert everything() == before
    assert not Step.objects.exists()
    assert list(Merge.objects.filter(undone_at=None, merged_at=NOW).exclude(former_name="Before")) == []


def test_two_contacts_with_what_is_theirs_are_what_they_were(kept: Contact, lost: Contact, owner: User) -> None:
    factories.interaction(kept.customer, contact=lost)
    factories.detail(lost)
    factories.dated_event(lost, name="Opening")
    factories.dated_event(kept, name="opening")
    factories.response(factories.invitation(lost))
    birthday(lost)
    Contact.objects.filter(pk=lost.pk).update(deceased=True, preferred_name="Ami")
    before = everything()

    merge(kept, lost, by=owner, at=NOW)
    undo(lost, owner)

    assert everything() == before


@pytest.mark.parametrize("when", [NOW + timedelta(days=7), NOW + timedelta(days=90)])
def test_after_a_week_it_is_too_late(kept: Contact, lost: Contact, owner: User, when: Any) -> None:
    merge(kept, lost, by=owner, at=NOW)
    with pytest.raises(TooLate):
        undo(lost, owner, when)
    assert Contact.objects.count() == 1


def test_it_is_taken_back_once(kept: Contact, lost: Contact, owner: User) -> None:
    merge(kept, lost, by=owner, at=NOW)
    done = Merge.objects.get()
    merging.undo(done, by=owner, at=SOON)
    with pytest.raises(TooLate):
        merging.undo(done, by=owner, at=SOON)
    assert Contact.objects.count() == 2


def test_the_later_of_two_merges_is_taken_back_first(kept: Contact, lost: Contact, owner: User) -> None:
    third = factories.contact(kept.customer)
    merge(kept, lost, by=owner, at=NOW)
    merge(third, kept, by=owner, at=NOW)

    with pytest.raises(TooLate):
        undo(lost, owner)
    undo(kept, owner)
    undo(lost, owner)

    assert set(Contact.objects.all()) == {kept, lost, third}
    assert Contact.objects.known_as(lost.pk) == lost


def test_who_was_taken_apart_can_be_merged_again(kept: Contact, lost: Contact, owner: User) -> None:
    merge(kept, lost, by=owner, at=NOW)
    undo(lost, owner)
    merge(kept, Contact.objects.get(pk=lost.pk), by=owner, at=SOON)
    assert Contact.objects.known_as(lost.pk) == kept


def test_what_was_changed_since_stays_and_is_told(kept: Contact, lost: Contact, owner: User) -> None:
    Contact.objects.filter(pk=kept.pk).update(phone="", job_title="")
    Contact.objects.filter(pk=lost.pk).update(job_title="Buyer")
    merge(Contact.objects.get(pk=kept.pk), lost, by=owner, at=NOW)
    Contact.objects.filter(pk=kept.pk).update(phone="new")

    stayed = undo(lost, owner)

    kept.refresh_from_db()
    lost.refresh_from_db()
    assert [row.field for row in stayed] == ["phone"]
    assert (kept.phone, kept.job_title, lost.phone, lost.job_title) == ("new", "", "070 1", "Buyer")


def test_what_was_done_with_rows_since_goes_with_them(company: Company, owner: User, outsider: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(outsider)
    promise, given_on, complaint = factories.follow_up(lost), factories.follow_up(lost), factories.complaint(lost)
    tag = Tag.objects.create(name="fair")
    lost.tags.add(tag)
    merge(kept, lost, by=owner, at=NOW)
    FollowUp.objects.filter(pk=promise.pk).update(done_at=NOW, done_by=owner)
    FollowUp.objects.filter(pk=given_on.pk).update(customer=factories.customer(owner, name="Third"))
    kept.tags.remove(tag)

    stayed = undo(lost, owner)

    promise.refresh_from_db()
    assert (promise.customer, promise.assignee, promise.done_by) == (lost, outsider, owner)
    assert Complaint.objects.get(pk=complaint.pk).owner == outsider
    assert [(row.model, row.field, row.number) for row in stayed] == [(FollowUp, "customer", 1)]
    assert not lost.tags.exists()


def test_what_came_since_stays_but_goes_with_a_person_who_goes_back(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    anna = factories.contact(lost)
    merge(kept, lost, by=owner, at=NOW)
    theirs = factories.interaction(kept, contact=Contact.objects.get(pk=anna.pk))
    ours = factories.interaction(kept)

    undo(lost, owner)

    assert Interaction.objects.get(pk=theirs.pk).customer == lost
    assert Interaction.objects.get(pk=ours.pk).customer == kept
    lost.refresh_from_db()
    assert lost.last_touchpoint_at == NOW


def test_there_is_one_main_contact_whoever_was_made_it_since(kept: Contact, lost: Contact, owner: User) -> None:
    Contact.objects.filter(pk=kept.pk).update(is_primary=False)
    Contact.objects.filter(pk=lost.pk).update(is_primary=True)
    merge(Contact.objects.get(pk=kept.pk), Contact.objects.get(pk=lost.pk), by=owner, at=NOW)
    Contact.objects.filter(pk=kept.pk).update(is_primary=False)
    third = factories.contact(kept.customer, is_primary=True)

    undo(lost, owner)

    assert list(Contact.objects.filter(is_primary=True)) == [third]


def test_a_number_elsewhere_that_was_taken_since_is_not_taken_away(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner, external_key="a"), factories.customer(owner, external_key="b")
    merge(kept, lost, by=owner, at=NOW)
    factories.customer(owner, external_key="b")

    undo(lost, owner)

    assert Customer.objects.get(pk=lost.pk).external_key is None


def test_a_tag_that_is_gone_is_gone_for_both(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    tag = Tag.objects.create(name="fair")
    kept.tags.add(tag)
    lost.tags.add(tag)
    merge(kept, lost, by=owner, at=NOW)
    tag.delete()

    undo(lost, owner)

    assert not Customer.objects.get(pk=lost.pk).tags.exists()


def test_consent_is_given_back_but_not_to_whoever_withdrew_it_since(kept: Contact, lost: Contact, owner: User) -> None:
    Contact.objects.filter(pk=lost.pk).update(allows_thanks=False, allows_surveys=False)
    merge(kept, Contact.objects.get(pk=lost.pk), by=owner, at=NOW)
    kept.refresh_from_db()
    withdraw(kept, [ConsentKind.GREETINGS, ConsentKind.SURVEYS], SOON)

    undo(lost, owner, SOON + timedelta(minutes=1))

    consent = ("allows_greetings", "allows_thanks", "allows_surveys")
    assert list(Contact.objects.order_by("pk").values_list(*consent)) == [(False, True, False), (False, False, False)]
    latest = kept.consent_changes.first()
    assert latest
    assert (latest.kind, latest.granted, latest.changed_by) == (ConsentKind.THANKS, True, owner)


def test_erasing_a_contact_takes_what_was_kept_of_both(kept: Contact, lost: Contact, owner: User) -> None:
    merge(kept, lost, by=owner, at=NOW)
    assert "ah@example.com" in str(list(Step.objects.values()))
    kept.delete()
    assert not Step.objects.exists()


def test_what_waited_waits_again(kept: Contact, lost: Contact, owner: User) -> None:
    waiting, held = birthday(lost), factories.message(lost, state=State.HELD, reason="rule", detail="Because.")
    leased = factories.message(lost, state=State.LEASED)
    late = factories.message(lost, expires_at=NOW + timedelta(minutes=1))
    own = birthday(kept)
    merge(kept, lost, by=owner, at=NOW)

    undo(lost, owner)

    assert [state(row) for row in (waiting, held, leased, late, own)] == [
        State.PLANNED,
        State.HELD,
        State.PLANNED,
        State.CANCELLED,
        State.PLANNED,
    ]
    held.refresh_from_db()
    assert (held.reason, held.detail, held.contact) == ("rule", "Because.", lost)
    assert not any(row.missing for row in account(at=SOON).kinds)


def test_whoever_was_greeted_before_the_merge_is_not_greeted_after_the_undo(
    kept: Contact, lost: Contact, owner: User
) -> None:
    birthday(lost, state=State.SENT, finished_at=NOW)
    birthday(kept)
    merge(kept, lost, by=owner, at=NOW)
    undo(lost, owner)
    plan(at=SOON)
    plan(at=SOON)

    deliver(now=lambda: SOON)
    assert greetings_sent() == 1


@pytest.mark.parametrize("was_planned", [True, False])
def test_whoever_was_greeted_between_is_not_greeted_under_the_other_name(
    kept: Contact, lost: Contact, owner: User, was_planned: bool
) -> None:
    if was_planned:
        birthday(lost)
    merge(kept, lost, by=owner, at=NOW)
    plan(at=NOW)
    deliver(now=lambda: NOW)
    assert greetings_sent() == 1
    undo(lost, owner)
    plan(at=SOON)
    plan(at=SOON)

    deliver(now=lambda: SOON)
    assert greetings_sent() == 1
    other = Message.objects.get(occasion=f"birthday:{lost.pk}:{TODAY.year}")
    assert (other.state, other.contact) == (State.CANCELLED, lost)
    assert not any(row.missing for row in account(at=SOON).kinds)


def test_two_who_were_not_greeted_are_greeted_once_each_after_the_undo(
    kept: Contact, lost: Contact, owner: User
) -> None:
    merge(kept, lost, by=owner, at=NOW)
    plan(at=NOW)
    undo(lost, owner)
    plan(at=SOON)
    plan(at=SOON)

    planned = Message.objects.filter(kind=MessageKind.BIRTHDAY, state=State.PLANNED)
    assert {message.contact for message in planned} == {kept, lost}
    assert planned.count() == 2


def test_what_was_planned_between_about_something_that_goes_back_goes_to_its_contact(
    kept: Contact, lost: Contact, owner: User
) -> None:
    asked = factories.invitation(lost)
    merge(kept, lost, by=owner, at=NOW)
    message = factories.message(
        kept, kind=MessageKind.SURVEY, occasion=f"invitation:{asked.pk}", invitation=Invitation.objects.get()
    )

    undo(lost, owner)

    assert Message.objects.get(pk=message.pk).contact == lost


def test_a_thank_you_planned_between_is_not_sent_to_the_other_customer(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    main, purchase = factories.contact(kept), factories.purchase(lost)
    merge(kept, lost, by=owner, at=NOW)
    message = factories.message(
        main, kind=MessageKind.THANK_YOU, occasion=f"thank-you:{purchase.pk}", interaction=purchase
    )

    undo(lost, owner)

    message.refresh_from_db()
    assert (message.state, message.customer) == (State.CANCELLED, kept)
    assert message.detail == f"What it is about belongs to {lost.name} again."


def test_a_merge_of_two_people_that_came_with_their_customers_is_not_taken_back_alone(
    company: Company, owner: User
) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    who = {"name": "Anna Berg", "email": "anna@example.com"}
    factories.contact(kept, **who)
    other = factories.contact(lost, **who)
    merge(kept, lost, by=owner, at=NOW)

    with pytest.raises(TooLate):
        undo(other, owner)
    undo(lost, owner)

    assert Contact.objects.get(pk=other.pk).customer == lost


@pytest.mark.parametrize("how", ["merged", "erased"])
def test_of_two_customers_all_else_goes_back_where_a_person_was_merged_or_erased_since(
    company: Company, owner: User, how: str
) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    who = {"name": "Anna Berg", "email": "anna@example.com"}
    one, other = factories.contact(kept, **who), factories.contact(lost, **who)
    third, theirs = factories.contact(kept), factories.contact(lost)
    merge(kept, lost, by=owner, at=NOW)
    if how == "merged":
        merge(third, Contact.objects.get(pk=one.pk), by=owner, at=NOW)
    else:
        erase(one, by=owner, at=NOW)

    undo(lost, owner)

    assert list(Contact.objects.filter(customer=lost)) == [theirs]
    assert Contact.objects.known_as(other.pk) == (third if how == "merged" else None)
