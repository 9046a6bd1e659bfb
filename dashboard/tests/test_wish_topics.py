"""Wishes of all customers: the list, those that are alike put together, decided at once, and everybody told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from dashboard.wishes import alike, likely_topics
from interactions.models import Wish, WishState, WishTopic
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def words_of(browser: Client, name: str, *args: Any, **query: Any) -> str:
    response = browser.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def post(browser: Client, view: str, pk: int, status: int = 200, **data: Any) -> str:
    response = browser.post(reverse(view, args=[pk]), data, headers=HTMX)
    assert response.status_code == status
    return response.content.decode()


@pytest.fixture
def invoices(customer: Customer) -> Wish:
    return factories.wish(customer, text="Invoices by e-mail, please", wants_answer=True)


class TestTogether:
    def test_what_sounds_alike_is_offered_and_put_together(
        self, invoices: Wish, owner: User, teammate: User, login: Login
    ) -> None:
        same = factories.wish(factories.customer(teammate), text="Please send invoices by e-mail")
        other = factories.wish(factories.customer(teammate), text="A warmer coffee")
        browser = login(owner)
        panel = words_of(browser, "wish_together", invoices.pk)
        assert "Please send invoices by e-mail" in panel
        assert "A warmer coffee" not in panel

        said = post(browser, "wish_together", invoices.pk, topic="", name="E-invoices", others=[same.pk])
        assert "2 wishes are about “E-invoices”." in said
        topic = WishTopic.objects.get()
        assert set(topic.wishes.all()) == {invoices, same}
        other.refresh_from_db()
        assert other.topic is None

    def test_the_same_name_is_the_same_topic(self, invoices: Wish, owner: User, login: Login) -> None:
        known = WishTopic.named("Délivery")
        post(login(owner), "wish_together", invoices.pk, topic="", name="  delivery ")
        invoices.refresh_from_db()
        assert invoices.topic == known

    def test_a_topic_that_is_like_it_comes_first(self, invoices: Wish) -> None:
        WishTopic.named("A coffee machine")
        like = WishTopic.named("Billing")
        wish = factories.wish(text="Invoices by e-mail")
        Wish.objects.filter(pk=wish.pk).update(topic=like)
        first, other = likely_topics(invoices)
        assert (first, first.is_like, other.is_like) == (like, True, False)

    @pytest.mark.parametrize(("name", "is_chosen"), [("Invoices by e-mail", True), ("A coffee machine", False)])
    def test_only_one_that_is_like_it_is_chosen_beforehand(
        self, invoices: Wish, owner: User, login: Login, name: str, is_chosen: bool
    ) -> None:
        topic = WishTopic.named(name)
        panel = words_of(login(owner), "wish_together", invoices.pk)
        assert (f'<option value="{topic.pk}" selected' in panel) == is_chosen

    def test_nothing_chosen_and_nothing_written_is_told_at_the_field(
        self, invoices: Wish, owner: User, login: Login
    ) -> None:
        answer = post(login(owner), "wish_together", invoices.pk, 422, topic="", name="  ")
        assert "Say in a few words what it is" in answer

    @pytest.mark.parametrize("others", [["x"], ["999999"]])
    def test_wishes_that_are_not_offered_are_refused(
        self, invoices: Wish, owner: User, login: Login, others: list[str]
    ) -> None:
        post(login(owner), "wish_together", invoices.pk, 422, topic="", name="New", others=others)
        assert not WishTopic.objects.exists()

    def test_wishes_of_foreign_customers_are_not_offered(self, invoices: Wish, owner: User, outsider: User) -> None:
        factories.wish(factories.customer(outsider), text=invoices.text)
        assert not alike(invoices, owner)

    def test_one_is_taken_out_and_an_empty_topic_is_gone(self, invoices: Wish, owner: User, login: Login) -> None:
        topic = WishTopic.named("E-invoices")
        Wish.objects.filter(pk=invoices.pk).update(topic=topic)
        assert "By itself again" in post(login(owner), "wish_apart", invoices.pk)
        assert not WishTopic.objects.exists()
        assert "It stands by itself already" in post(login(owner), "wish_apart", invoices.pk)

    def test_it_is_renamed_but_not_to_what_there_is(self, owner: User, login: Login) -> None:
        topic = WishTopic.named("Bills")
        WishTopic.named("E-invoices")
        post(login(owner), "wish_topic", topic.pk, name="Paper bills")
        topic.refresh_from_db()
        assert topic.name == "Paper bills"
        assert "There is one of that name already" in post(login(owner), "wish_topic", topic.pk, 422, name="é-invoices")


class TestDeciding:
    @pytest.fixture
    def topic(self, invoices: Wish, teammate: User, outsider: User) -> WishTopic:
        topic = WishTopic.named("E-invoices")
        contact = factories.contact(invoices.customer, email="amira@example.org", is_primary=True)
        Wish.objects.filter(pk=invoices.pk).update(contact=contact)
        factories.wish(factories.customer(teammate), text="E-mail the bill", wants_answer=False)
        factories.wish(factories.customer(outsider), text="No paper", wants_answer=True)
        factories.wish(invoices.customer, text="Old one", state=WishState.DECLINED, outcome="No.", wants_answer=False)
        Wish.objects.update(topic=topic)
        return topic

    def test_all_one_may_change_are_closed_and_who_wants_to_hears_of_it(
        self, topic: WishTopic, invoices: Wish, owner: User, login: Login
    ) -> None:
        browser = login(owner)
        assert "2 open wishes of customers you look after" in words_of(browser, "topic_close", topic.pk)
        said = post(browser, "topic_close", topic.pk, state="done", outcome="Bills come by e-mail.", tell="on")
        assert "2 wishes closed: E-invoices" in said

        states = dict(Wish.objects.values_list("text", "state"))
        assert states == {
            "Invoices by e-mail, please": "done",
            "E-mail the bill": "done",
            "No paper": "open",
            "Old one": "declined",
        }
        plan(at=NOW + timedelta(minutes=1))
        (message,) = Message.objects.filter(kind=MessageKind.YOU_SAID)
        assert message.wish == invoices

    def test_nobody_is_told_where_that_was_not_wanted(self, topic: WishTopic, owner: User, login: Login) -> None:
        post(login(owner), "topic_close", topic.pk, state="done", outcome="Bills come by e-mail.")
        plan(at=NOW + timedelta(minutes=1))
        assert not Message.objects.filter(kind=MessageKind.YOU_SAID).exists()

    def test_why_it_is_declined_has_to_be_said(self, topic: WishTopic, owner: User, login: Login) -> None:
        assert "Say why not." in post(login(owner), "topic_close", topic.pk, 422, state="declined", outcome=" ")
        assert Wish.objects.open().count() == 3

    def test_it_is_taken_back_with_the_mails(self, topic: WishTopic, owner: User, login: Login) -> None:
        browser = login(owner)
        said = post(browser, "topic_close", topic.pk, state="done", outcome="Bills come by e-mail.", tell="on")
        plan(at=NOW + timedelta(minutes=1))
        undo = said[said.index(reverse("topic_reopen", args=[topic.pk])) :].split('"')[0]
        again = browser.post(undo.replace("&amp;", "&"), headers=HTMX).content.decode()
        assert "2 wishes are open again." in again
        assert Wish.objects.open().count() == 3
        assert Message.objects.get(kind=MessageKind.YOU_SAID).state == State.CANCELLED

    @pytest.mark.parametrize("at", ["", "x", "2026-11-26", "2026-11-26T10:00:00"])
    def test_without_a_moment_nothing_is_taken_back(self, topic: WishTopic, owner: User, login: Login, at: str) -> None:
        browser = login(owner)
        post(browser, "topic_close", topic.pk, state="done", outcome="Bills come by e-mail.")
        said = browser.post(reverse("topic_reopen", args=[topic.pk]) + f"?at={at}", headers=HTMX)
        assert "0 wishes are open again." in said.content.decode()
        assert Wish.objects.open().count() == 1


class TestList:
    def test_what_most_customers_wish_for_comes_first(self, invoices: Wish, owner: User, login: Login) -> None:
        topics = {name: WishTopic.named(name) for name in ("Coffee", "E-invoices")}
        for number in range(3):
            wish = factories.wish(factories.customer(owner), text=f"Coffee {number}", wants_answer=number == 0)
            Wish.objects.filter(pk=wish.pk).update(topic=topics["Coffee"])
        factories.wish(invoices.customer, text="Bills by mail, twice")
        Wish.objects.filter(customer=invoices.customer).update(topic=topics["E-invoices"])

        page = words_of(login(owner), "wishes")
        assert "Wished for most: Coffee, by 3 customers" in page
        assert "1 wants to hear of it" in page
        narrowed = words_of(login(owner), "wishes", topic=topics["E-invoices"].pk)
        assert "Bills by mail, twice" in narrowed
        assert "Coffee 1" not in narrowed

    def test_it_is_narrowed_to_a_state_and_to_ones_own(
        self, invoices: Wish, owner: User, teammate: User, login: Login
    ) -> None:
        factories.wish(factories.customer(teammate), text="Of the teammate")
        factories.wish(invoices.customer, text="It was done", state=WishState.DONE, outcome="Yes.")
        browser = login(owner)
        for query, seen in (
            ({}, {"Invoices by e-mail, please", "Of the teammate"}),
            ({"mine": "1"}, {"Invoices by e-mail, please"}),
            ({"state": "closed"}, {"It was done"}),
            ({"state": "all", "mine": "1"}, {"Invoices by e-mail, please", "It was done"}),
            ({"state": "planned"}, set()),
            ({"state": "x", "topic": "-1", "after": "!"}, {"Invoices by e-mail, please", "Of the teammate"}),
        ):
            page = words_of(browser, "wishes", **query)
            texts = {"Invoices by e-mail, please", "Of the teammate", "It was done"}
            assert {text for text in texts if text in page} == seen, query

    def test_foreign_wishes_are_not_seen_nor_counted(self, owner: User, outsider: User, login: Login) -> None:
        wish = factories.wish(factories.customer(outsider), text="Foreign")
        Wish.objects.filter(pk=wish.pk).update(topic=WishTopic.named("Secret plans"))
        page = words_of(login(owner), "wishes")
        assert "Foreign" not in page
        assert "Secret plans" not in page

    def test_costs_the_same_queries_for_one_and_for_three(self, owner: User, login: Login) -> None:
        browser, counts = login(owner), []
        for number in range(3):
            wish = factories.wish(factories.customer(owner))
            Wish.objects.filter(pk=wish.pk).update(topic=WishTopic.named(f"Topic {number}"))
            with CaptureQueriesContext(connection) as queries:
                browser.get(reverse("wishes"))
            counts.append(len(queries))
        assert counts[0] == counts[2]
