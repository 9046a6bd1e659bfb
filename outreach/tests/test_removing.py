"""The trash: what is deleted goes with all that belongs to it, comes back as it was, and nothing is sent meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Contact, Customer, Merge, Step, Tag, Trashed
from customers.removing import remove
from dashboard.models import FirstView, SavedView
from interactions.logging import take_back
from interactions.models import FollowUp, Interaction
from outreach.accounting import account
from outreach.merging import merge
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from outreach.removing import NotBack, empty, forget, remove_customer, restore
from outreach.tests.test_merge_undo import everything
from retention.models import CustomerRisk
from tests import factories
from tests.factories import NOW, TODAY
from tests.test_visibility import make, models_of_a_customer

pytestmark = pytest.mark.django_db

SOON = NOW + timedelta(minutes=10)


def trash(customer: Customer, by: User) -> Trashed:
    trashed = remove_customer(customer, by=by, at=NOW)
    assert trashed
    return trashed


def test_a_customer_with_rows_of_every_kind_comes_back_as_they_were(company: Company, owner: User) -> None:
    customer, other = factories.customer(owner, external_key="import:1"), factories.customer(owner)
    for row in (customer, other):
        CustomerRisk.objects.create(customer=row, contact_days=row.pk)
        for model in models_of_a_customer():
            if model is not CustomerRisk:
                make(model, row)
        row.tags.set(Tag.objects.named(["north"]))
    purchase = factories.purchase(customer)
    invitation = factories.invitation(factories.contact(customer), trigger=purchase)
    factories.response(invitation)
    factories.follow_up(customer, source=purchase)
    factories.message(interaction=purchase, contact=invitation.contact, customer=customer)
    merge(factories.contact(customer), factories.contact(customer), by=owner, at=NOW)
    before, merges = everything(), list(Merge.objects.order_by("pk").values())
    steps, contacts = Step.objects.count(), customer.contacts.count()

    trashed = trash(customer, owner)

    assert not Customer.objects.filter(pk=customer.pk).exists()
    assert not Interaction.objects.exclude(customer=other).exists()
    assert trashed.belonged["customers.Contact"] == contacts
    assert "retention.CustomerRisk" not in trashed.belonged
    # Some of the messages made for it expire at NOW.
    restore(trashed, at=NOW - timedelta(seconds=1))
    assert everything() == before
    assert list(Merge.objects.order_by("pk").values()) == merges
    assert Step.objects.count() == steps


def test_nothing_is_planned_or_sent_to_who_lies_in_the_trash(company: Company, owner: User) -> None:
    contact = factories.contact(factories.customer(owner), birthday_day=TODAY.day, birthday_month=TODAY.month)
    occasion = f"birthday:{contact.pk}:{TODAY.year}"
    waiting = factories.message(contact, occasion=occasion)
    sent = factories.message(contact, state=State.SENT, finished_at=NOW)

    trashed = trash(contact.customer, owner)
    plan(at=SOON)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason, waiting.detail) == ("cancelled", "trashed", "The customer was deleted.")
    assert not Message.objects.filter(kind=MessageKind.BIRTHDAY, state=State.PLANNED).exists()
    assert not any(row.missing for row in account(at=SOON).kinds)

    restore(trashed, at=SOON)
    plan(at=SOON)
    (greeting,) = Message.objects.filter(kind=MessageKind.BIRTHDAY, state=State.PLANNED)
    sent.refresh_from_db()
    assert (greeting.occasion, greeting.contact, greeting.customer) == (occasion, contact, contact.customer)
    assert (sent.state, sent.contact) == (State.SENT, contact)


def test_what_is_too_late_by_then_stays_cancelled(company: Company, owner: User) -> None:
    customer = factories.customer(owner)
    message = factories.message(factories.contact(customer), expires_at=NOW + timedelta(hours=1))
    trashed = trash(customer, owner)
    restore(trashed, at=NOW + timedelta(days=2))
    message.refresh_from_db()
    assert message.state == State.CANCELLED


def test_the_second_who_deletes_or_restores_does_nothing(company: Company, owner: User) -> None:
    customer = factories.customer(owner)
    trashed = trash(customer, owner)
    assert remove_customer(customer, by=owner, at=NOW) is None
    restore(Trashed.objects.get(), at=SOON)
    with pytest.raises(NotBack):
        restore(trashed, at=SOON)


def test_a_tag_comes_back_on_those_who_are_still_there(company: Company, owner: User) -> None:
    customers = [factories.customer(owner) for _number in range(3)]
    tag = Tag.objects.create(name="fair")
    for customer in customers:
        customer.tags.add(tag)
    trashed = remove(tag, name="fair", by=owner, at=NOW)
    assert trashed.belonged == {"customers.Customer_tags": 3}
    Customer.objects.filter(pk=customers[0].pk).delete()

    restore(trashed, at=SOON)

    assert set(Customer.objects.filter(tags__name="fair")) == set(customers[1:])


def test_a_name_that_was_given_again_is_not_taken_away(company: Company, owner: User) -> None:
    trashed = remove(Tag.objects.create(name="fair"), name="fair", by=owner, at=NOW)
    Tag.objects.create(name="Fair")
    with pytest.raises(NotBack):
        restore(trashed, at=SOON)
    assert Trashed.objects.get().steps.count() == 1


def test_a_view_comes_back_with_those_whose_list_it_opened(company: Company, owner: User, teammate: User) -> None:
    view = SavedView.objects.create(owner=owner, name="Mine", query="q=x")
    FirstView.objects.create(user=owner, view=view)
    FirstView.objects.create(user=teammate, view=view)
    trashed = remove(view, name="Mine", by=owner, at=NOW)
    FirstView.objects.create(user=teammate, view=SavedView.objects.create(owner=teammate, name="x", query=""))

    restore(trashed, at=SOON)

    assert FirstView.objects.get(user=owner).view == view
    assert FirstView.objects.get(user=teammate).view.name == "x"


def test_an_entry_comes_back_with_what_followed_and_the_customer_s_dates(company: Company, owner: User) -> None:
    customer = factories.customer(owner)
    call = factories.interaction(customer, author=owner)
    planned, done = factories.follow_up(customer, source=call), factories.follow_up(customer, source=call, done_at=NOW)
    factories.wish(customer, interaction=call)
    before = everything()

    trashed = take_back(call, before={}, by=owner, at=NOW)

    assert list(FollowUp.objects.all()) == [done]
    customer.refresh_from_db()
    assert customer.last_touchpoint_at is None
    restore(trashed, at=SOON)
    assert everything() == before
    customer.refresh_from_db()
    assert customer.last_touchpoint_at == NOW
    assert FollowUp.objects.get(pk=planned.pk).source == call


def test_what_was_of_a_customer_who_was_merged_since_comes_back_to_the_one_that_stays(
    company: Company, owner: User
) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    call = factories.interaction(lost, author=owner)
    trashed = take_back(call, before={}, by=owner, at=NOW)
    merge(kept, lost, by=owner, at=NOW)

    restore(Trashed.objects.get(pk=trashed.pk), at=SOON)

    assert Interaction.objects.get().customer == kept


def test_what_lay_in_the_trash_of_a_customer_goes_and_comes_with_them(company: Company, owner: User) -> None:
    customer = factories.customer(owner)
    inner = take_back(factories.interaction(customer, author=owner), before={}, by=owner, at=NOW)
    trashed = trash(customer, owner)
    assert not Trashed.objects.filter(pk=inner.pk).exists()

    restore(trashed, at=SOON)
    restore(Trashed.objects.get(), at=SOON)

    assert Interaction.objects.get().customer == customer


def test_an_erased_contact_leaves_nothing_of_their_days_in_the_trash(company: Company, owner: User) -> None:
    event = factories.dated_event(factories.contact(factories.customer(owner)))
    remove(event, name=event.name, by=owner, at=NOW, customer=event.contact.customer, contact=event.contact)
    Contact.objects.filter(pk=event.contact_id).delete()
    assert not Trashed.objects.exists()
    assert not Step.objects.exists()


def test_after_thirty_days_it_is_gone_for_good_and_mails_lose_their_words(company: Company, owner: User) -> None:
    contact = factories.contact(factories.customer(owner))
    sent = factories.message(contact, state=State.SENT, sent_to=contact.email, subject="Dear Amira", body="Words")
    trash(contact.customer, owner)

    assert empty(at=NOW + timedelta(days=30)) == 0
    assert empty(at=NOW + timedelta(days=30, seconds=1)) == 1
    assert empty(at=NOW + timedelta(days=30, seconds=1)) == 0

    sent.refresh_from_db()
    assert (sent.state, sent.sent_to, sent.subject, sent.body) == (State.SENT, "", "", "")
    assert not Step.objects.exists()


def test_what_is_restored_in_time_keeps_its_words(company: Company, owner: User) -> None:
    contact = factories.contact(factories.customer(owner))
    sent = factories.message(contact, state=State.SENT, subject="Dear Amira")
    restore(trash(contact.customer, owner), at=SOON)
    assert forget(Trashed.objects.all()) == 0
    sent.refresh_from_db()
    assert sent.subject == "Dear Amira"


def test_what_a_merge_kept_is_forgotten_once_it_can_not_be_taken_back(company: Company, owner: User) -> None:
    customer: Any = factories.customer(owner)
    merge(factories.contact(customer), factories.contact(customer), by=owner, at=NOW)
    empty(at=NOW + timedelta(days=7))
    assert Step.objects.exists()
    empty(at=NOW + timedelta(days=7, seconds=1))
    assert not Step.objects.exists()
    assert Merge.objects.exists()
