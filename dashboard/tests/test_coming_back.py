"""Who left: whom they went to, what they said in the end, and a friendly word when its time has come."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer, Segment
from dashboard.kindness import kindness
from interactions.models import Kind
from retention import losing
from retention.models import Cause, Loss
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
DAY = timedelta(days=1)


def left(customer: Customer, days_ago: int = 180, **fields: Any) -> Loss:
    day = TODAY - days_ago * DAY
    Customer.objects.filter(pk=customer.pk).update(lost_on=day)
    customer.refresh_from_db()
    return factories.loss(customer, lost_on=day, **fields)


def proposed(owner: User, on: date = TODAY, company: Company | None = None) -> list[Loss]:
    return kindness([owner.pk], company or Company.current(), on=on).left


def shown(browser: Client) -> str:
    return browser.get(reverse("kindness"), headers={"HX-Request": "true"}).content.decode()


class TestTheGentleCadence:
    @pytest.mark.parametrize(("days", "number"), [(179, 0), (180, 1), (400, 1)])
    def test_half_a_year_after_they_left_a_friendly_word_is_proposed(
        self, customer: Customer, owner: User, days: int, number: int
    ) -> None:
        left(customer, days)
        assert len(proposed(owner)) == number

    @pytest.mark.parametrize(
        ("companys", "segments", "number"), [(0, None, 0), (90, None, 1), (90, 120, 0), (0, 100, 1), (90, 0, 0)]
    )
    def test_company_and_segment_say_after_how_many_days(
        self, customer: Customer, owner: User, companys: int, segments: int | None, number: int
    ) -> None:
        Company.objects.update(lost_contact_days=companys)
        Segment.objects.update(lost_contact_days=segments)
        left(customer, 100)
        assert len(proposed(owner)) == number

    def test_a_conversation_since_begins_it_anew(self, customer: Customer, owner: User) -> None:
        left(customer, 400)
        factories.interaction(customer, kind=Kind.CALL, happened_at=NOW - 10 * DAY)
        assert proposed(owner) == []
        assert len(proposed(owner, on=TODAY + 170 * DAY)) == 1

    def test_the_day_they_named_comes_first_until_they_are_spoken_to(self, customer: Customer, owner: User) -> None:
        loss = left(customer, 20, call_on=TODAY + 5 * DAY, may_call="yes")
        assert proposed(owner, on=TODAY + 4 * DAY) == []
        assert proposed(owner, on=TODAY + 5 * DAY) == [loss]
        factories.interaction(customer, kind=Kind.CALL, happened_at=NOW + 5 * DAY)
        assert proposed(owner, on=TODAY + 6 * DAY) == []

    def test_a_late_day_they_named_holds_the_cadence_back(self, customer: Customer, owner: User) -> None:
        left(customer, 400, call_on=TODAY + 30 * DAY)
        assert proposed(owner) == []

    @pytest.mark.parametrize(
        ("of_customer", "of_loss"),
        [
            ({"do_not_contact": True}, {}),
            ({"snoozed_until": TODAY + DAY}, {}),
            ({}, {"may_call": "no"}),
            ({}, {"may_call": "no", "call_on": TODAY}),
            ({}, {"ending": "won_back", "ended_on": TODAY}),
            ({}, {"ending": "mistake", "ended_on": TODAY}),
        ],
    )
    def test_who_is_to_be_left_alone_or_is_back_is_not_proposed(
        self, customer: Customer, owner: User, of_customer: dict[str, Any], of_loss: dict[str, Any]
    ) -> None:
        left(customer, 400, **of_loss)
        Customer.objects.update(**of_customer)
        assert proposed(owner) == []

    def test_one_click_leaves_them_alone_and_another_takes_it_back(
        self, customer: Customer, owner: User, login: Login
    ) -> None:
        loss = left(customer)
        browser = login(owner)
        assert customer.name in shown(browser)
        browser.post(reverse("loss_leave", args=[loss.pk]))
        assert customer.name not in shown(browser)
        browser.post(reverse("loss_call_again", args=[loss.pk]))
        assert customer.name in shown(browser)

    def test_it_is_the_owners_alone(self, customer: Customer, teammate: User, login: Login) -> None:
        left(customer)
        assert customer.name not in login(teammate).get(reverse("kindness")).content.decode()

    def test_it_costs_the_same_for_one_and_for_three(
        self, customer: Customer, owner: User, login: Login, django_assert_num_queries: Any
    ) -> None:
        left(customer)
        with django_assert_num_queries(2):
            assert len(proposed(owner, company=Company())) == 1
        for _number in range(2):
            left(factories.customer(owner))
        with django_assert_num_queries(2):
            assert len(proposed(owner, company=Company())) == 3


class TestTheLastConversation:
    def note(self, browser: Client, loss: Loss, **data: Any) -> Any:
        filled = {"missed": "A call now and then", "back_if": "<b>Lower</b> prices", "may_call": "yes", "call_on": ""}
        return browser.post(reverse("loss_interview", args=[loss.pk]), filled | data)

    def test_it_stands_on_the_page_of_the_customer(self, customer: Customer, owner: User, login: Login) -> None:
        loss = left(customer, 10, suspected=[Cause.PRICE])
        browser = login(owner)
        assert self.note(browser, loss, call_on="2027-02-01").status_code == 302
        loss.refresh_from_db()
        assert (loss.interviewed_on, loss.interviewed_by) == (TODAY, owner)
        page = browser.get(reverse("customer", args=[customer.pk])).content.decode()
        assert "A call now and then" in page and "&lt;b&gt;Lower&lt;/b&gt; prices" in page
        assert "1 February 2027" in page

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"call_on": "2026-11-25"}, "This day has passed."),
            ({"call_on": "2099-01-01"}, "more than ten years away"),
            ({"call_on": "2027-02-01", "may_call": "no"}, "They do not want a call"),
            ({"may_call": "perhaps"}, "Select a valid choice."),
            ({"missed": "x" * 2001}, "This may be 2000 characters long"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_lost(
        self, customer: Customer, owner: User, login: Login, data: dict[str, str], words: str
    ) -> None:
        loss = left(customer, 10)
        answer = self.note(login(owner), loss, **data)
        assert answer.status_code == 422
        assert words in answer.content.decode() and "prices" in answer.content.decode()
        loss.refresh_from_db()
        assert loss.back_if == ""

    def test_why_they_left_can_be_said_after_it(self, customer: Customer, owner: User, login: Login) -> None:
        loss = left(customer, 10)
        browser = login(owner)
        self.note(browser, loss)
        browser.post(reverse("loss_reason", args=[loss.pk]), {"suspected": ["price"], "confirmed": "", "note": "Well"})
        loss.refresh_from_db()
        assert (loss.missed, loss.note, loss.suspected) == ("A call now and then", "Well", ["price"])


class TestCompetitors:
    def test_who_was_named_before_is_offered_and_keeps_the_spelling(
        self, customer: Customer, owner: User, login: Login
    ) -> None:
        left(factories.customer(owner), competitor="Brandt & Söhne")
        loss = left(customer, 10)
        browser = login(owner)
        address = reverse("loss_reason", args=[loss.pk])
        assert "Brandt &amp; Söhne" in browser.get(address).content.decode()
        browser.post(address, {"suspected": ["competitor"], "confirmed": "", "competitor": "  brandt &  SÖHNE "})
        loss.refresh_from_db()
        assert loss.competitor == "Brandt & Söhne"

    def test_staff_are_offered_what_they_may_see(
        self, customer: Customer, owner: User, outsider: User, login: Login
    ) -> None:
        left(factories.customer(outsider), competitor="Theirs Ltd")
        loss = left(customer, 10)
        assert "Theirs Ltd" not in login(owner).get(reverse("loss_reason", args=[loss.pk])).content.decode()

    def test_losses_are_counted_by_them_and_each_number_opens_its_list(
        self, owner: User, manager: User, login: Login
    ) -> None:
        for name, competitor, ending in (
            ("One", "Brandt", ""),
            ("Two", "BRANDT", "won_back"),
            ("Three", "Vogel %(x)s", ""),
            ("Four", "", ""),
            ("Five", "Brandt", "mistake"),
        ):
            gone = factories.customer(owner, name=f"Customer {name}")
            left(gone, 10, competitor=competitor, value=100, ending=ending, ended_on=TODAY if ending else None)
        browser = login(manager)
        found = browser.get(reverse("losses")).context["competitors"]
        assert [(name.upper(), tally.number, tally.value) for name, tally, _address in found] == [
            ("BRANDT", 2, 200),
            ("VOGEL %(X)S", 1, 100),
        ]
        listed = browser.get(found[0][2]).content.decode()
        assert "Customer One" in listed and "Customer Two" in listed
        assert "Customer Three" not in listed and "Customer Five" not in listed
        assert "Went to Vogel %(x)s" in browser.get(found[1][2]).content.decode()

    @pytest.mark.parametrize("cause", ["", "%00", "%F0%9F%98%80", "x" * 500])
    def test_a_strange_address_is_no_error(self, manager: User, login: Login, cause: str) -> None:
        assert login(manager).get(f"{reverse('losses')}?kind=competitor&cause={cause}").status_code == 200

    def test_it_is_marked_with_the_loss(self, customer: Customer, owner: User, login: Login) -> None:
        data = {"answer": "lost", "lost_on": "", "confirmed": "", "competitor": "Brandt"}
        assert login(owner).post(reverse("customer_lost", args=[customer.pk]), data).status_code == 302
        assert Loss.objects.get().competitor == "Brandt"
        losing.win_back(customer, by=owner, on=TODAY, at=NOW)
        assert Loss.objects.get().competitor == "Brandt"
