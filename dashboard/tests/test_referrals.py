"""Who brought whom: said once from anywhere, thanked once, credited, and worth something."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Contact, Customer, Perk, Segment
from customers.referring import NotThem, refer, take_back
from customers.tests.importing import imported, undone
from interactions.models import Kind
from interactions.referral_value import brought_by, referrers
from outreach import merging
from outreach.models import Message, MessageKind
from outreach.planning import plan
from outreach.removing import remove_customer, restore
from outreach.tests.reading import build, read, text_of
from outreach.views.messages import occasion
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
DAY = timedelta(days=1)


@pytest.fixture
def new(owner: User) -> Customer:
    """Somebody who became a customer yesterday, entered before there was anything to thank them for."""
    return factories.customer(owner, name="Kovács Kft", customer_since=TODAY - DAY)


def choose(browser: Client, customer: Customer, way: str, other: Customer | str) -> Any:
    chosen = other.pk if isinstance(other, Customer) else other
    return browser.post(reverse("referral_new", args=[customer.pk, way]), {"other": chosen}, follow=True)


def thanks() -> list[Message]:
    return list(Message.objects.filter(kind=MessageKind.THANK_YOU, occasion__startswith="thank-you:referral"))


class TestSaying:
    @pytest.mark.parametrize("way", ["of", "by"])
    def test_from_the_page_of_either(
        self, customer: Customer, new: Customer, owner: User, login: Login, way: str
    ) -> None:
        browser = login(owner)
        here, there = (customer, new) if way == "of" else (new, customer)
        found = browser.get(reverse("referral_new", args=[here.pk, way]), {"q": there.name[:4]}).content.decode()
        assert f'value="{there.pk}"' in found
        assert "Lindqvist AB brought Kovács Kft." in choose(browser, here, way, there).content.decode()
        assert Customer.objects.get(pk=new.pk).referred_by == customer
        page = browser.get(reverse("customer_gestures", args=[customer.pk])).content.decode()
        assert "Kovács Kft" in page and "Brought 1 customer" in page
        assert "Lindqvist AB" in browser.get(reverse("customer_gestures", args=[new.pk])).content.decode()

    def test_it_is_taken_back_and_put_back_by_the_undo(
        self, customer: Customer, new: Customer, owner: User, login: Login
    ) -> None:
        browser = login(owner)
        choose(browser, new, "by", customer)
        browser.post(reverse("referral_remove", args=[new.pk]))
        assert Customer.objects.get(pk=new.pk).referred_by is None
        browser.post(f"{reverse('referral_new', args=[new.pk, 'by'])}?other={customer.pk}")
        assert Customer.objects.get(pk=new.pk).referred_by == customer

    @pytest.mark.parametrize("other", ["", "x", "999999", "9" * 40])
    def test_nobody_is_nobody(self, customer: Customer, owner: User, login: Login, other: str) -> None:
        assert "nothing was changed" in choose(login(owner), customer, "by", other).content.decode()

    def test_nobody_brings_themselves_or_who_brought_them(
        self, customer: Customer, new: Customer, owner: User, login: Login
    ) -> None:
        assert "can not have been brought" in choose(login(owner), customer, "by", customer).content.decode()
        refer(new, by=customer, at=NOW)
        with pytest.raises(NotThem):
            refer(customer, by=new, at=NOW)
        assert not Customer.objects.filter(pk=customer.pk, referred_by__isnull=False).exists()

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_bring_each_other_in_one_direction_alone(self, customer: Customer, new: Customer) -> None:
        pairs = [(customer, new), (new, customer)]

        def one() -> bool:
            brought, by = pairs.pop()
            try:
                refer(brought, by=by, at=NOW)
            except NotThem:
                return False
            return True

        assert sorted(at_once(one, 2)) == [False, True]

    def test_of_another_team_the_name_is_not_said(
        self, customer: Customer, new: Customer, owner: User, outsider: User, login: Login
    ) -> None:
        theirs = factories.customer(outsider, name="Secret GmbH")
        assert "nothing was changed" in choose(login(owner), new, "by", theirs).content.decode()
        refer(new, by=theirs, at=NOW)
        page = login(owner).get(reverse("customer_gestures", args=[new.pk])).content.decode()
        assert "Secret GmbH" not in page and "a customer of another team" in page


class TestAtCreation:
    def create(self, browser: Client, owner: User, segment: Segment, brought_by: str) -> Any:
        data = {
            "name": "New GmbH",
            "owner": owner.pk,
            "segment": segment.pk,
            "stage": "acquaintance",
            "customer_since": TODAY.isoformat(),
            "language": "en",
            "time_zone": "UTC",
            "brought_by": brought_by,
            "contact-preferred_channel": "email",
            "contact-tone": "formal",
        }
        return browser.post(reverse("customer_new"), data)

    def test_the_name_of_a_customer_is_enough(self, customer: Customer, owner: User, login: Login) -> None:
        assert self.create(login(owner), owner, customer.segment, " lindqvist  ab").status_code == 302
        assert Customer.objects.get(name="New GmbH").referred_by == customer

    def test_nobody_is_fine_and_a_wrong_name_is_said_at_the_field(
        self, customer: Customer, owner: User, outsider: User, login: Login
    ) -> None:
        factories.customer(outsider, name="Theirs")
        factories.customer(owner, name="Twice")
        factories.customer(owner, name="Twice")
        browser = login(owner)
        for name, words in (("Nobody", "called so"), ("Theirs", "No customer"), ("Twice", "Several customers")):
            assert words in self.create(browser, owner, customer.segment, name).content.decode()
        assert self.create(browser, owner, customer.segment, "").status_code == 302

    def test_a_column_of_a_file_says_it_and_who_is_unknown_becomes_a_note(
        self, customer: Customer, manager: User
    ) -> None:
        rows = "Company,Name,Brought by\nA GmbH,Anna Berg,lindqvist ab\nB GmbH,Bo Ek,Somebody else\n"
        intake = imported(manager, rows)
        assert Customer.objects.get(name="A GmbH").referred_by == customer
        assert Customer.objects.get(name="B GmbH").referred_by is None
        assert Contact.objects.get(name="Bo Ek").details.get().value == "Somebody else"
        undone(intake)
        assert not Customer.objects.filter(name="A GmbH").exists()


class TestThanks:
    @pytest.fixture
    def told(self, customer: Customer) -> Contact:
        Customer.objects.update(time_zone="Europe/Stockholm")
        return factories.contact(customer, name="Amira Haddad", language="en")

    def test_once_at_the_next_hour_of_greetings(self, told: Contact, new: Customer) -> None:
        refer(new, by=told.customer, at=NOW)
        plan(at=NOW + timedelta(minutes=5))
        plan(at=NOW + timedelta(hours=1))
        (message,) = thanks()
        assert (message.contact, message.occasion) == (told, f"thank-you:referral:{new.pk}")
        assert message.due_at == datetime(2026, 11, 27, 8, tzinfo=UTC)
        assert occasion(message) == "They brought a customer"
        assert "recommend" in text_of(read(build(message)))

    def test_taking_it_back_and_saying_it_again_thanks_nobody_twice(self, told: Contact, new: Customer) -> None:
        refer(new, by=told.customer, at=NOW)
        plan(at=NOW + timedelta(minutes=5))
        take_back(new)
        refer(new, by=told.customer, at=NOW + timedelta(hours=1))
        plan(at=NOW + timedelta(hours=2))
        assert len(thanks()) == 1

    def test_a_recommendation_that_was_logged_shortly_before_was_thanked_for(
        self, told: Contact, new: Customer
    ) -> None:
        factories.interaction(told.customer, kind=Kind.REFERRAL, happened_at=NOW - 5 * DAY)
        refer(new, by=told.customer, at=NOW)
        plan(at=NOW + timedelta(minutes=5))
        assert thanks() == []

    def test_old_ones_that_are_noted_late_thank_nobody(self, told: Contact, customer: Customer) -> None:
        old = factories.customer(customer.owner, customer_since=TODAY - 60 * DAY)
        refer(old, by=customer, at=NOW)
        plan(at=NOW + timedelta(minutes=5))
        assert thanks() == []

    def test_a_late_tick_thanks_for_three_days_and_then_no_more(self, told: Contact, new: Customer) -> None:
        refer(new, by=told.customer, at=NOW)
        plan(at=NOW + 4 * DAY)
        assert thanks() == []

    def test_not_where_the_company_does_not_thank_for_it(self, told: Contact, new: Customer) -> None:
        Company.objects.update(thank_referrals=False)
        refer(new, by=told.customer, at=NOW)
        plan(at=NOW + timedelta(minutes=5))
        assert thanks() == []

    @pytest.mark.django_db(transaction=True)
    def test_two_planners_at_once_thank_once(self, told: Contact, new: Customer) -> None:
        refer(new, by=told.customer, at=NOW)
        at_once(lambda: plan(at=NOW + timedelta(minutes=5)), 2)
        assert len(thanks()) == 1


class TestWorth:
    def test_what_they_brought_bought_to_date_and_in_a_year(
        self, customer: Customer, new: Customer, manager: User, login: Login
    ) -> None:
        other = factories.customer(name="Other", referred_by=customer)
        refer(new, by=customer, at=NOW)
        factories.purchase(new, "100", happened_at=NOW - 10 * DAY)
        factories.purchase(new, "1000", happened_at=NOW - 400 * DAY)
        factories.purchase(other, "50", happened_at=NOW - 2 * DAY)
        factories.purchase(customer, "7777")
        found = brought_by(customer, Customer.objects.visible_to(manager), on=TODAY)
        assert ([one.name for one in found.customers], found.to_date, found.of_year) == (
            ["Kovács Kft", "Other"],
            Decimal(1150),
            Decimal(150),
        )
        (row,) = referrers(Customer.objects.visible_to(manager), on=TODAY)
        assert (row.pk, row.number, row.to_date, row.of_year) == (customer.pk, 2, 1150, 150)  # type: ignore[attr-defined]
        page = login(manager).get(reverse("referrals")).content.decode()
        assert "brought 2 customers, worth 1,150 EUR to date, 150 in the last year" in page

    def test_the_list_costs_the_same_for_one_and_for_three(
        self, customer: Customer, new: Customer, manager: User, login: Login
    ) -> None:
        def cost(name: str, *args: int) -> int:
            with CaptureQueriesContext(connection) as asked:
                assert login(manager).get(reverse(name, args=args)).status_code == 200
            return len(asked)

        refer(new, by=customer, at=NOW)
        before = cost("referrals"), cost("customer_gestures", customer.pk)
        for _number in range(2):
            factories.customer(referred_by=factories.customer())
            factories.customer(referred_by=customer)
        assert (cost("referrals"), cost("customer_gestures", customer.pk)) == before


class TestCredit:
    def test_a_perk_or_a_gesture_is_the_credit_and_only_one(
        self, customer: Customer, new: Customer, owner: User, login: Login
    ) -> None:
        refer(new, by=customer, at=NOW)
        perk, foreign = factories.perk(customer), factories.perk(new)
        gesture = factories.interaction(customer, kind=Kind.GESTURE, gesture_kind="gift", notes="A <b>basket")
        browser, address = login(owner), reverse("referral_credit", args=[new.pk])
        assert "26 November 2026 · Gift · A &lt;b&gt;basket" in browser.get(address).content.decode()
        assert browser.post(address, {"perk": perk.pk}).status_code == 302
        assert "credited:" in browser.get(reverse("customer_gestures", args=[customer.pk])).content.decode()
        assert browser.post(address, {"perk": perk.pk, "gesture": gesture.pk}).status_code == 422
        assert browser.post(address, {"perk": foreign.pk}).status_code == 422
        assert browser.post(address, {"gesture": gesture.pk}).status_code == 302
        assert (new.credit_perks.count(), new.credit_gestures.get()) == (0, gesture)
        assert browser.post(address, {}).status_code == 302
        assert not new.credit_gestures.exists()

    def test_there_is_none_where_nobody_brought_them(self, new: Customer, owner: User, login: Login) -> None:
        assert login(owner).get(reverse("referral_credit", args=[new.pk])).status_code == 404


class TestMerging:
    def test_of_two_that_brought_each_other_nobody_is_left_who_did(
        self, customer: Customer, new: Customer, owner: User
    ) -> None:
        refer(new, by=customer, at=NOW)
        done = merging.merge(new, customer, by=owner, at=NOW)
        new.refresh_from_db()
        assert new.referred_by is None
        merging.undo(done, by=owner, at=NOW)
        assert Customer.objects.get(name="Kovács Kft").referred_by == Customer.objects.get(name="Lindqvist AB")

    def test_those_the_lost_one_brought_were_brought_by_the_kept_one(
        self, customer: Customer, new: Customer, owner: User
    ) -> None:
        lost, friend = factories.customer(owner), factories.customer(owner)
        refer(new, by=lost, at=NOW)
        refer(lost, by=friend, at=NOW)
        merging.merge(customer, lost, by=owner, at=NOW)
        assert Customer.objects.get(pk=new.pk).referred_by == customer
        assert Customer.objects.get(pk=customer.pk).referred_by == friend


def test_who_brought_whom_comes_back_out_of_the_trash(customer: Customer, new: Customer, manager: User) -> None:
    refer(new, by=customer, at=NOW)
    perk = factories.perk(customer, credit_for=new)
    trashed = remove_customer(customer, by=manager, at=NOW)
    assert trashed
    assert Customer.objects.get(pk=new.pk).referred_by is None
    restore(trashed, at=NOW)
    assert Customer.objects.get(pk=new.pk).referred_by == customer
    trashed = remove_customer(new, by=manager, at=NOW)
    assert trashed and Perk.objects.get(pk=perk.pk).credit_for is None
    restore(trashed, at=NOW)
    assert Perk.objects.get(pk=perk.pk).credit_for == new


def test_who_comes_back_after_the_one_who_brought_them_is_gone_was_brought_by_nobody(
    customer: Customer, new: Customer, manager: User
) -> None:
    refer(new, by=customer, at=NOW)
    first, second = (remove_customer(one, by=manager, at=NOW) for one in (new, customer))
    assert first and second
    restore(first, at=NOW)
    assert Customer.objects.get(pk=new.pk).referred_by is None
    restore(second, at=NOW)
    assert Customer.objects.filter(pk=customer.pk).exists()
