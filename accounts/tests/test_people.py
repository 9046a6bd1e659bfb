"""People and teams: who may see and change them, and that nothing and nobody is left without a keeper."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import staffing
from accounts.models import Role, Team, User
from customers.handing_over import hand_over
from customers.models import Customer, HandOver
from interactions.models import FollowUp
from tests import factories

type Login = Callable[[User], Client]
PASSWORD = "quiet harbour lantern"


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Nina Roos",
        "email": "Nina@Example.com",
        "role": "staff",
        "team": "",
        "time_zone": "Europe/Helsinki",
        "working_days": ["0", "1", "2", "3"],
        "password1": PASSWORD,
        "password2": PASSWORD,
        **changes,
    }


def add(browser: Client, **changes: Any) -> Any:
    return browser.post(reverse("person_new"), typed(**changes))


def edit(browser: Client, person: User, **changes: Any) -> Any:
    data = {"name": person.name, "email": person.email, "role": person.role, "time_zone": person.time_zone}
    return browser.post(reverse("person", args=[person.pk]), {**data, **changes})


def change_access(browser: Client, person: User, answer: str) -> str:
    response = browser.post(reverse("person_access", args=[person.pk]), {"answer": answer}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def can_log_in(email: str, password: str) -> bool:
    return Client().post(reverse("login"), {"username": email, "password": password}).status_code == 302


def test_an_administrator_adds_a_person_who_can_log_in(login: Login, administrator: User, north: Team) -> None:
    response = add(login(administrator), role="manager", team=north.pk)

    assert response.headers["Location"] == reverse("people")
    person = User.objects.get(name="Nina Roos")
    assert (person.email, person.role, person.team) == ("nina@example.com", Role.MANAGER, north)
    assert (person.time_zone, person.working_days) == ("Europe/Helsinki", [0, 1, 2, 3])
    assert can_log_in("NINA@example.com", PASSWORD)


def test_the_form_begins_with_the_companys_time_zone(login: Login, administrator: User, company: Any) -> None:
    company.time_zone = "Africa/Nairobi"
    company.save()

    form = login(administrator).get(reverse("person_new")).context["form"]

    assert form.initial["time_zone"] == "Africa/Nairobi"
    assert form["working_days"].value() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", value) for value in ("", "\x00", "a" * 151)),
        *(("email", value) for value in ("", "nina", "MIA@example.com", "a" * 250 + "@example.com", "\x00@x.se")),
        *(("role", value) for value in ("", "emperor")),
        *(("team", value) for value in ("0", "x", str(2**63), "\x00")),
        *(("time_zone", value) for value in ("", "Mars/Olympus")),
        ("working_days", ["8"]),
    ],
    ids=range(17),
)
def test_bad_input_gets_a_message_at_the_field(
    login: Login, administrator: User, owner: User, field: str, value: Any
) -> None:
    response = add(login(administrator), **{field: value})

    form = response.context["form"]
    assert set(form.errors) == {field}
    assert form["email"].value() == ("Nina@Example.com" if field != "email" else value)
    assert not User.objects.filter(name="Nina Roos").exists()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", ""),
        (PASSWORD, ""),
        (PASSWORD, "another one"),
        ("short", "short"),
        ("password123", "password123"),
        ("nina@example.com", "nina@example.com"),
        ("\x00" * 12, "\x00" * 12),
    ],
)
def test_the_first_password_is_typed_twice_and_hard_to_guess(
    login: Login, administrator: User, first: str, second: str
) -> None:
    response = add(login(administrator), password1=first, password2=second)

    assert set(response.context["form"].errors) <= {"password1", "password2"}
    assert response.context["form"].errors
    assert not User.objects.filter(name="Nina Roos").exists()


def test_a_person_is_changed(login: Login, administrator: User, owner: User, south: Team) -> None:
    response = edit(login(administrator), owner, name="Mia Lind", role="manager", team=south.pk, working_days=["6"])

    assert response.status_code == 302
    owner.refresh_from_db()
    assert (owner.name, owner.role, owner.team, owner.working_days) == ("Mia Lind", "manager", south, [6])


def test_an_address_somebody_has_is_refused_whatever_its_case(
    login: Login, administrator: User, owner: User, outsider: User
) -> None:
    response = edit(login(administrator), owner, email="OLGA@example.com")

    assert "email" in response.context["form"].errors


def test_the_own_address_is_no_double(login: Login, administrator: User, owner: User) -> None:
    assert edit(login(administrator), owner, email="MIA@example.com").status_code == 302


def test_the_last_administrator_stays_one(login: Login, administrator: User, manager: User) -> None:
    factories.user(Role.ADMINISTRATOR, is_active=False)

    response = edit(login(administrator), administrator, role="manager")

    assert "last administrator" in str(response.context["form"].errors["role"])
    administrator.refresh_from_db()
    assert administrator.role == Role.ADMINISTRATOR
    assert "last administrator" in change_access(login(administrator), administrator, "end")
    administrator.refresh_from_db()
    assert administrator.is_active


def test_one_of_two_administrators_may_step_back(login: Login, administrator: User) -> None:
    factories.user(Role.ADMINISTRATOR)

    assert edit(login(administrator), administrator, role="staff").status_code == 302
    administrator.refresh_from_db()
    assert administrator.role == Role.STAFF


def test_a_person_with_nothing_in_hand_loses_access_at_once(login: Login, administrator: User, teammate: User) -> None:
    open_page = login(teammate)
    assert open_page.get(reverse("settings")).status_code == 200

    assert "can no longer log in" in change_access(login(administrator), teammate, "end")

    assert open_page.get(reverse("settings")).status_code == 302
    assert not can_log_in(teammate.email, "correct horse battery")


def test_access_is_given_back(login: Login, administrator: User, teammate: User) -> None:
    change_access(login(administrator), teammate, "end")
    change_access(login(administrator), teammate, "give back")

    assert can_log_in(teammate.email, "correct horse battery")


@pytest.mark.parametrize("answer", ["", "yes", "\x00"])
def test_access_stays_without_a_clear_answer(login: Login, administrator: User, teammate: User, answer: str) -> None:
    change_access(login(administrator), teammate, answer)

    teammate.refresh_from_db()
    assert teammate.is_active


@pytest.mark.parametrize(
    "make", [factories.customer, "lost", "follow_up", "complaint"], ids=["customer", "lost", "follow_up", "complaint"]
)
def test_who_has_anything_in_hand_cannot_leave_before_handing_over(
    login: Login, administrator: User, teammate: User, customer: Customer, make: Any
) -> None:
    makers: dict[Any, Callable[[], Any]] = {
        "lost": lambda: factories.customer(teammate, lost_on=factories.TODAY),
        "follow_up": lambda: factories.follow_up(customer, assignee=teammate),
        "complaint": lambda: factories.complaint(customer, owner=teammate),
    }
    makers.get(make, lambda: factories.customer(teammate))()

    page = change_access(login(administrator), teammate, "end")

    assert "Hand over what Tom Falk looks after first" in page
    assert reverse("person_hand_over", args=[teammate.pk]) in page
    teammate.refresh_from_db()
    assert teammate.is_active


def test_a_hand_over_moves_all_customers_and_open_work_and_nothing_else(
    login: Login, administrator: User, owner: User, teammate: User, outsider: User
) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner, lost_on=factories.TODAY)
    foreign = factories.customer(outsider)
    promise = factories.follow_up(kept, is_promise=True)
    done = factories.follow_up(kept, done_at=factories.NOW, done_by=owner)
    others = factories.follow_up(kept, assignee=outsider)
    complaint = factories.complaint(kept)
    settled = factories.complaint(kept, resolved_at=factories.NOW)

    response = login(administrator).post(reverse("person_hand_over", args=[owner.pk]), {"to": teammate.pk}, follow=True)

    assert "Tom Falk looks after the customers of Mia Berg now" in response.content.decode()
    for row in (kept, lost, foreign, promise, done, others, complaint, settled):
        row.refresh_from_db()
    assert (kept.owner, lost.owner, foreign.owner) == (teammate, teammate, outsider)
    assert (promise.assignee, done.assignee, others.assignee) == (teammate, owner, outsider)
    assert (complaint.owner, settled.owner) == (teammate, owner)
    change_access(login(administrator), owner, "end")
    owner.refresh_from_db()
    assert not owner.is_active


def test_a_hand_over_can_be_taken_back_from_its_page(
    login: Login, administrator: User, owner: User, teammate: User, customer: Customer
) -> None:
    browser, page = login(administrator), reverse("person_hand_over", args=[owner.pk])
    browser.post(page, {"to": teammate.pk})
    html = browser.get(page).content.decode()
    undo = reverse("hand_over_undo", args=[HandOver.objects.get().pk])
    assert f'action="{undo}"' in html

    done = browser.post(undo, follow=True).content.decode()
    customer.refresh_from_db()
    assert customer.owner == owner
    assert "Mia Berg looks after 1 customer again." in done
    assert "can not be taken back" in browser.post(undo, follow=True).content.decode()
    assert undo not in browser.get(page).content.decode()


def test_a_hand_over_costs_the_same_queries_for_one_and_for_three(owner: User, teammate: User) -> None:
    def cost(*, of: User, to: User) -> int:
        with CaptureQueriesContext(connection) as captured:
            hand_over(of, to=to, by=to, at=factories.NOW)
        return len(captured)

    factories.follow_up(factories.customer(owner))
    one = cost(of=owner, to=teammate)
    for _ in range(2):
        factories.follow_up(factories.customer(teammate))

    assert cost(of=teammate, to=owner) == one
    assert FollowUp.objects.filter(assignee=owner).count() == 3


def test_nobody_hands_over_to_themselves_or_to_somebody_who_left(
    login: Login, administrator: User, customer: Customer, owner: User
) -> None:
    gone = factories.user(is_active=False)

    for to in (owner.pk, gone.pk, "", "x", 2**63, "\x00"):
        response = login(administrator).post(reverse("person_hand_over", args=[owner.pk]), {"to": to})
        assert "to" in response.context["form"].errors
    customer.refresh_from_db()
    assert customer.owner == owner


def test_an_administrator_sets_a_new_password(login: Login, administrator: User, teammate: User) -> None:
    url = reverse("person_password", args=[teammate.pk])
    browser = login(administrator)

    assert (
        "new_password2" in browser.post(url, {"new_password1": PASSWORD, "new_password2": "x"}).context["form"].errors
    )
    assert browser.post(url, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 302
    assert can_log_in(teammate.email, PASSWORD)


def test_managers_read_people_and_teams_and_change_neither(
    login: Login, manager: User, owner: User, north: Team
) -> None:
    browser = login(manager)
    pages = [reverse("people"), reverse("teams"), reverse("person", args=[owner.pk]), reverse("team", args=[north.pk])]

    assert [browser.get(page).status_code for page in pages] == [200] * 4
    assert edit(browser, owner, role="administrator").status_code == 403
    assert browser.post(reverse("team", args=[north.pk]), {"name": "Mine"}).status_code == 403
    assert add(browser).status_code == 403
    owner.refresh_from_db()
    assert owner.role == Role.STAFF


def test_staff_see_neither(login: Login, owner: User, north: Team) -> None:
    browser = login(owner)

    assert browser.get(reverse("people")).status_code == 403
    assert browser.get(reverse("teams")).status_code == 403
    assert edit(browser, owner, role="administrator").status_code == 403


@pytest.mark.parametrize("page", ["people", "teams"])
def test_the_lists_cost_the_same_queries_for_one_and_for_three(
    login: Login, administrator: User, north: Team, page: str
) -> None:
    browser = login(administrator)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(reverse(page)).status_code == 200
        return len(captured)

    one = cost()
    for _ in range(2):
        factories.user(team=factories.team())
    assert cost() == one


def test_teams_are_added_and_renamed(login: Login, administrator: User) -> None:
    browser = login(administrator)

    browser.post(reverse("team_new"), {"name": "  West  coast "})
    team = Team.objects.get()
    assert team.name == "West coast"
    browser.post(reverse("team", args=[team.pk]), {"name": "East"})
    team.refresh_from_db()
    assert team.name == "East"


@pytest.mark.parametrize("name", ["", "\x00", "North", "a" * 121, "\u202e"])
def test_a_bad_team_name_gets_a_message(login: Login, administrator: User, north: Team, name: str) -> None:
    response = login(administrator).post(reverse("team_new"), {"name": name})

    assert set(response.context["form"].errors) == {"name"}
    assert Team.objects.count() == 1


def test_the_list_counts_who_is_active(login: Login, administrator: User, north: Team) -> None:
    factories.user(team=north)
    factories.user(team=north, is_active=False)

    assert "1 person" in login(administrator).get(reverse("teams")).content.decode()


@pytest.mark.parametrize(
    ("in_hand", "words"),
    [
        ((1, 0, 0), "1 customer"),
        ((0, 1, 2), "1 open follow-up and 2 open complaints"),
        ((29992, 2, 1), "29,992 customers, 2 open follow-ups and 1 open complaint"),
    ],
)
def test_what_is_in_hand_is_said_in_words(in_hand: tuple[int, int, int], words: str) -> None:
    assert str(staffing.Responsibility(*in_hand)) == words
