"""The rows of the demo company are sound: they keep the rules of the product and fit each other."""

import itertools
import re
from datetime import date, datetime, timedelta

import pytest
from django.db.models import F

from accounts.models import Company, User
from customers.models import ConsentChange, Contact, Customer
from dashboard.tests.demo_company import AT
from interactions.logging import refresh_touchpoints
from interactions.models import Complaint, FollowUp, Interaction
from outreach.accounting import account
from outreach.models import Message, MessageKind, State
from outreach.recapping import shown_recaps
from retention_crm.lib import clock, text
from surveys.models import Invitation, Response

pytestmark = pytest.mark.django_db


def test_last_touchpoints_and_due_days_are_those_of_the_history(demo: User) -> None:
    def dates() -> list[tuple[int, datetime | None, date | None, date | None]]:
        fields = Customer.objects.order_by("pk")
        return list(fields.values_list("pk", "last_touchpoint_at", "last_touchpoint_on", "next_due_on"))

    before = dates()
    refresh_touchpoints([pk for pk, *_rest in before], at=AT)
    assert dates() == before
    assert all(due is not None for *_rest, due in before)


def test_days_are_the_customers_own(demo: User) -> None:
    for interaction in Interaction.objects.select_related("customer"):
        assert interaction.day == clock.today(interaction.customer.time_zone, interaction.happened_at)


def test_names_are_stored_clean_and_sort_as_the_product_sorts(demo: User) -> None:
    for customer in Customer.objects.all():
        assert customer.name == text.clean_line(customer.name)
        assert customer.sort_key == text.sort_key(customer.name)


def test_every_row_passes_the_models_own_rules(demo: User) -> None:
    for model in (Customer, Contact, Interaction, FollowUp, Complaint, Invitation, Response):
        for row in model.objects.all():
            row.full_clean(exclude=["external_key", "occasion"], validate_unique=False)


def test_what_happened_was_entered_when_it_happened_so_that_the_past_is_not_new(demo: User) -> None:
    assert not Interaction.objects.exclude(created_at=F("happened_at")).exists()
    assert not Invitation.objects.exclude(created_at=F("send_at")).exists()


def test_each_customer_has_one_main_contact_and_at_most_four(demo: User) -> None:
    for customer in Customer.objects.prefetch_related("contacts"):
        contacts = list(customer.contacts.all())
        assert 1 <= len(contacts) <= 4
        assert sum(contact.is_primary for contact in contacts) == 1


def test_rows_of_a_customer_speak_of_its_own_people(demo: User) -> None:
    assert not Interaction.objects.exclude(contact=None).exclude(contact__customer=F("customer")).exists()
    assert not Invitation.objects.exclude(contact__customer=F("customer")).exists()
    assert not Invitation.objects.exclude(trigger__customer=F("customer")).exists()
    assert not Response.objects.exclude(contact=F("invitation__contact")).exists()
    # News to tell and what is expected come from no conversation.
    agreed = FollowUp.objects.exclude(origin__in=[FollowUp.Origin.NOTICE, FollowUp.Origin.EXPECTED])
    assert not agreed.exclude(source__customer=F("customer")).exists()
    assert not Complaint.objects.exclude(owner=F("customer__owner")).exists()


def test_nothing_ends_before_it_began(demo: User) -> None:
    assert not Complaint.objects.filter(resolved_at__lt=F("opened_at")).exists()
    assert not Response.objects.filter(answered_at__lt=F("invitation__send_at")).exists()
    assert not Response.objects.filter(answered_at__gt=F("invitation__expires_at")).exists()
    assert not FollowUp.objects.filter(done_at__lt=F("created_at")).exists()


def test_some_recaps_were_sent_as_a_worker_sends_them(demo: User) -> None:
    recaps = Message.objects.filter(kind=MessageKind.RECAP).select_related("recap", "interaction", "contact")
    assert len(recaps) > 5
    assert recaps.filter(customer__owner=demo).exists()
    for message in recaps:
        about = message.interaction
        assert about
        assert about.can_be_recapped
        assert (message.state, message.attempts, message.lease_until, message.reason) == (State.SENT, 1, None, "")
        assert message.recap.text.startswith(about.notes.strip())
        assert (message.contact, message.decided_by) == (about.contact, about.customer.owner)
        assert message.contact
        assert message.sent_to == message.contact.email
        assert message.recap.text.splitlines()[0] in message.body
        assert message.finished_at == message.due_at
        assert about.happened_at < message.planned_at < message.finished_at < AT
    assert account(at=AT).balances
    assert shown_recaps().count() == len(recaps)


def test_a_withdrawn_consent_says_when_and_how(demo: User) -> None:
    withdrawn = Contact.objects.filter(allows_surveys=False)
    assert withdrawn.exists()
    for contact in withdrawn:
        assert ConsentChange.objects.filter(contact=contact, kind="surveys", granted=False).exists()


def test_nobody_is_asked_twice_within_the_cool_down(demo: User) -> None:
    days = Company.current().survey_cooldown_days
    for contact in Contact.objects.filter(invitations__isnull=False).distinct():
        asked = sorted(contact.invitations.values_list("send_at", flat=True))
        assert all(later - earlier > timedelta(days=days) for earlier, later in itertools.pairwise(asked))


def test_only_addresses_and_numbers_that_belong_to_nobody_are_used(demo: User) -> None:
    reserved = re.compile(r"^[a-z0-9.]+@c\d+\.example\.(com|org|net)$")
    fictitious = ("+999 ", "+1 202 555 01", "+46 8 465 00 4", "+44 1632 960 ", "+49 30 23125 ", "+33 1 99 00 ")
    for contact in Contact.objects.all():
        assert not contact.email or reserved.match(contact.email), contact.email
        assert not contact.phone or contact.phone.startswith(fictitious), contact.phone
    addresses = list(Contact.objects.exclude(email="").values_list("email", flat=True))
    assert len(addresses) == len(set(addresses))
