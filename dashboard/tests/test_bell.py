"""The bell on every page, its menu and its page: what is new, whose it is, where it leads, and how it is marked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from dashboard.bulk_changing import ask_to_undo, begin, go_on
from dashboard.models import BulkChange
from dashboard.views.notifications import IN_MENU, PAGE
from outreach.describing import matter_of, say
from outreach.models import Notification, NotificationChoice, NotificationKind, Way
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def page(browser: Client, **query: Any) -> str:
    return browser.get(reverse("notifications"), query).content.decode()


def menu(browser: Client) -> str:
    return browser.get(reverse("notifications"), headers=HTMX).content.decode()


def words_on(browser: Client, name: str = "settings") -> str:
    """What the button says, as a screen reader reads it."""
    shown = browser.get(reverse(name)).content.decode()
    button = shown[shown.index('id="bell"') :]
    return " ".join(button[button.index('visually-hidden">') + 17 : button.index("</span>")].split())


# ---- The button ----


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (0, "Notifications"),
        (1, "Notifications, 1 new"),
        (9, "Notifications, 9 new"),
        (10, "Notifications, more than 9 new"),
        (30, "Notifications, more than 9 new"),
    ],
)
def test_the_button_says_how_much_is_new(owner: User, login: Login, new: int, words: str) -> None:
    factories.notification(owner, seen_at=NOW)
    factories.notification()
    for _number in range(new):
        factories.notification(owner)
    assert words_on(login(owner)) == words


@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("role", ["owner", "teammate", "outsider", "manager", "administrator", "alone"])
def test_the_number_is_of_those_the_page_lists(
    request: pytest.FixtureRequest, customer: Customer, outsider: User, role: str, visibility: str
) -> None:
    """It has a statement of its own, which says the rule a second time."""
    Company.objects.update(visibility=visibility)
    person = factories.user() if role == "alone" else request.getfixturevalue(role)
    for about in (customer, factories.customer(outsider), factories.customer(factories.user()), None):
        factories.notification(person, about)
        factories.notification(person, about, seen_at=NOW)

    listed = Notification.objects.of(User.objects.get(pk=person.pk)).unseen().count()

    assert Notification.objects.count_unseen_of(person, up_to=10) == listed
    assert Notification.objects.count_unseen_of(person, up_to=1) == 1


@pytest.mark.parametrize("who", ["owner", "manager"])
def test_it_costs_one_query_on_a_page_and_none_in_parts_of_pages(
    request: pytest.FixtureRequest, customer: Customer, login: Login, who: str
) -> None:
    person: User = request.getfixturevalue(who)
    factories.notification(person, customer)
    browser = login(person)

    def asked(address: str, **headers: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address, headers=headers).status_code == 200
        return [query["sql"] for query in queries]

    of_bell = [sql for sql in asked(reverse("settings")) if "notification" in sql]
    assert len(of_bell) == 1
    assert len(asked(reverse("settings"))) == 3  # The session, the person, and the bell.
    assert not [sql for sql in asked(reverse("find"), **HTMX) if "notification" in sql]
    assert not [sql for sql in asked(reverse("customer", args=[customer.pk]), **HTMX) if "notification" in sql]


def test_the_count_is_asked_for_by_itself(owner: User, login: Login) -> None:
    factories.notification(owner)
    shown = login(owner).get(reverse("notifications_count")).content.decode()
    assert "Notifications, 1 new" in " ".join(shown.split())
    assert "<html" not in shown


# ---- The list ----


def test_the_page_lists_the_newest_first_and_says_which_are_new(owner: User, customer: Customer, login: Login) -> None:
    factories.notification(owner, customer, words="Old <b>matter</b>", created_at=NOW - timedelta(1), seen_at=NOW)
    factories.notification(owner, customer, words="New matter")
    factories.notification(words="Somebody else's")
    shown = page(login(owner))
    assert shown.index("New matter") < shown.index("Old &lt;b&gt;matter&lt;/b&gt;")
    assert "Somebody else" not in shown
    assert shown.count('class="bell-new"') == 1


def test_the_empty_page_and_menu_say_what_belongs_there(owner: User, login: Login) -> None:
    assert "a customer a colleague gives to you" in page(login(owner))
    assert "Nothing to tell you." in menu(login(owner))
    assert "Mark all as seen" not in menu(login(owner))


@pytest.mark.parametrize("where", [page, menu])
def test_it_takes_the_same_queries_for_one_and_for_three(
    owner: User, teammate: User, login: Login, where: Callable[[Client], str]
) -> None:
    browser, counts = login(owner), []
    for number in (1, 2):
        for _number in range(number):
            contact = factories.contact(factories.customer(owner))
            factories.notification(owner, contact.customer, kind=NotificationKind.ANSWER, contact=contact, by=teammate)
        with CaptureQueriesContext(connection) as queries:
            assert "Unhappy answer" in where(browser)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_pages_follow_each_other_without_gap_or_double(owner: User, login: Login) -> None:
    for number in range(PAGE + 3):
        factories.notification(owner, words=f"Matter {number:02}", created_at=NOW - timedelta(minutes=number // 2))
    browser = login(owner)
    first = browser.get(reverse("notifications")).context
    second = browser.get(reverse("notifications"), {"after": first["page"].following}).context
    found = [row.notification for row in [*first["rows"], *second["rows"]]]
    assert found == list(Notification.objects.order_by("-created_at", "-pk"))
    back = browser.get(reverse("notifications"), {"before": second["page"].preceding}).context
    assert back["rows"] == first["rows"]


@pytest.mark.parametrize("cursor", ["x", "é", "\x00", "W10=", "a" * 5000])
def test_a_place_that_is_none_is_the_beginning(owner: User, login: Login, cursor: str) -> None:
    factories.notification(owner, words="The only one")
    assert "The only one" in page(login(owner), after=cursor)


def test_the_menu_shows_the_newest_few_and_the_way_to_all(owner: User, login: Login) -> None:
    for number in range(IN_MENU + 1):
        factories.notification(owner, words=f"Matter {number}", created_at=NOW + timedelta(minutes=number))
    shown = menu(login(owner))
    assert shown.count("<li") == IN_MENU
    assert "Matter 0" not in shown
    assert f'href="{reverse("notifications")}"' in shown


# ---- Opening and marking ----


def test_opening_one_leads_to_its_matter_and_marks_it_alone(owner: User, customer: Customer, login: Login) -> None:
    opened, other = factories.notification(owner, customer), factories.notification(owner, customer)
    address = reverse("notification", args=[opened.pk])
    login(owner).head(address)
    opened.refresh_from_db()
    assert opened.is_new
    response = login(owner).get(address)
    assert response.headers["Location"] == reverse("customer", args=[customer.pk])
    opened.refresh_from_db()
    other.refresh_from_db()
    assert (opened.seen_at, other.seen_at) == (NOW, None)


def test_one_about_a_customer_who_was_given_away_is_not_found(
    owner: User, outsider: User, customer: Customer, login: Login
) -> None:
    row = factories.notification(owner, customer)
    Customer.objects.filter(pk=customer.pk).update(owner=outsider)
    assert login(owner).get(reverse("notification", args=[row.pk])).status_code == 404
    assert words_on(login(owner)) == "Notifications"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "menu"])
def test_all_that_were_there_are_marked_and_what_came_since_is_not(
    owner: User, teammate: User, login: Login, headers: dict[str, str]
) -> None:
    there = factories.notification(owner)
    older = factories.notification(owner, created_at=NOW - timedelta(days=80))
    others = factories.notification(teammate)
    since = factories.notification(owner, created_at=NOW + timedelta(seconds=1))
    response = login(owner).post(reverse("notifications_seen"), {"newest": there.pk}, headers=headers)
    assert response.status_code == (200 if headers else 302)
    assert set(Notification.objects.unseen()) == {others, since}
    assert {row.pk for row in Notification.objects.filter(seen_at=NOW)} == {there.pk, older.pk}
    if headers:
        assert "Notifications, 1 new" in " ".join(response.content.decode().split())


@pytest.mark.parametrize("newest", ["", "x", "0", "9" * 30])
def test_without_a_newest_all_are_marked(owner: User, login: Login, newest: str) -> None:
    factories.notification(owner)
    login(owner).post(reverse("notifications_seen"), {"newest": newest})
    assert not Notification.objects.unseen().exists()


# ---- How one wants to hear of it ----


def test_everybody_chooses_for_themselves(owner: User, teammate: User, login: Login) -> None:
    browser, address = login(owner), reverse("notification_ways")
    form = browser.get(address).context["form"]
    assert "escalation" not in form.fields
    chosen = {name: form[name].value() for name in form.fields} | {"answer": "off", "given": "at_once"}
    assert browser.post(address, chosen).headers["Location"] == reverse("profile")
    assert NotificationChoice.objects.ways([owner.pk, teammate.pk]) == {
        (owner.pk, "answer"): Way.OFF,
        (owner.pk, "given"): Way.AT_ONCE,
    }
    assert browser.get(address).context["form"]["answer"].value() == "off"


def test_managers_choose_about_escalations_too(manager: User, login: Login) -> None:
    assert "escalation" in login(manager).get(reverse("notification_ways")).context["form"].fields


def test_what_nobody_offered_is_refused_at_its_field_and_the_rest_is_kept(owner: User, login: Login) -> None:
    browser, address = login(owner), reverse("notification_ways")
    form = browser.get(address).context["form"]
    chosen = {name: form[name].value() for name in form.fields} | {"answer": "shout", "red": "off"}
    response = browser.post(address, chosen)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["answer"]
    assert response.context["form"]["red"].value() == "off"
    assert not NotificationChoice.objects.exists()


# ---- Changes of many customers ----


def through(change: BulkChange) -> None:
    while go_on(change, at=NOW):
        pass
    go_on(change, at=NOW)


def said(person: User) -> list[tuple[str, str, str]]:
    rows = Notification.objects.filter(person=person).select_related("customer", "by").order_by("pk")
    return [(one.what, one.about, one.why) for one in map(say, rows)]


def test_a_change_of_many_tells_who_began_it_that_it_is_through_and_that_it_is_taken_back(
    owner: User, teammate: User, login: Login
) -> None:
    for _number in range(3):
        factories.customer(owner)
    rows, to = Customer.objects.all(), {"id": teammate.pk}
    change = begin(rows, action="owner", parameters=to, words="Given to Tom Falk", by=owner, at=NOW)
    through(change)
    assert said(owner) == [("Change finished", "Given to Tom Falk", "3 customers")]
    assert ask_to_undo(change, at=NOW)
    through(change)
    assert said(owner)[1:] == [("Change taken back", "Given to Tom Falk", "3 customers")]
    first = Notification.objects.filter(person=owner).first()
    assert first and login(owner).get(matter_of(first)).status_code == 200


def test_tasks_for_many_customers_are_one_thing_to_tell_each_colleague(
    owner: User, teammate: User, manager: User
) -> None:
    for _number in range(2):
        factories.customer(owner)
    alone = factories.customer(teammate, name="Haddad & Co")
    factories.customer(manager)
    plan = {"title": "Ask about the fair", "due_at": (NOW + timedelta(days=1)).isoformat()}
    change = begin(Customer.objects.all(), action="follow_up", parameters=plan, words="A task", by=manager, at=NOW)
    through(change)
    assert said(owner) == [("To do, from Max Lind", "2 customers", "Ask about the fair")]
    assert said(teammate) == [("To do, from Max Lind", "Haddad & Co", "Ask about the fair")]
    assert said(manager) == [("Change finished", "A task", "4 customers")]
    assert matter_of(Notification.objects.get(person=teammate)) == reverse("customer", args=[alone.pk])
    assert matter_of(Notification.objects.get(person=owner)) == reverse("today")


def test_the_settings_of_the_company_change_nothing_of_whose_it_is(
    company: Company, owner: User, teammate: User, customer: Customer, login: Login
) -> None:
    row = factories.notification(owner, customer)
    Company.objects.update(visibility="company")
    assert login(teammate).get(reverse("notification", args=[row.pk])).status_code == 404
