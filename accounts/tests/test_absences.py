"""Days away and who stands in: who says so, and what is refused."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from accounts.absences import Overlap, add_absence
from accounts.models import Absence, Company, User
from tests import factories
from tests.factories import TODAY

pytestmark = pytest.mark.django_db
type Login = Callable[[User], Client]
FAR = date(2099, 7, 1)


def given(**fields: Any) -> dict[str, Any]:
    return {"first_day": "2099-07-01", "last_day": "2099-07-14", "deputy": "", **fields}


def page(person: User) -> str:
    return reverse("person_absences", args=[person.pk])


def test_people_say_themselves_when_they_are_away_and_who_stands_in(
    owner: User, teammate: User, company: Company, login: Login
) -> None:
    browser = login(owner)
    assert page(owner) in browser.get(reverse("profile")).text
    assert browser.post(page(owner), given(deputy=teammate.pk)).status_code == 302
    absence = owner.absences.get()
    assert (absence.first_day, absence.last_day, absence.deputy) == (date(2099, 7, 1), date(2099, 7, 14), teammate)
    assert "Tom Falk" in browser.get(page(owner)).text
    browser.post(reverse("absence_delete", args=[absence.pk]))
    assert not Absence.objects.exists()


def undo_in(page: str) -> str:
    """The address the message posts to."""
    return unescape(re.findall(r'action="([^"]*restore[^"]*)"', page)[0])


def test_what_was_taken_out_is_back_with_one_click_and_once(
    owner: User, teammate: User, outsider: User, company: Company, login: Login
) -> None:
    absence = factories.absence(owner, first_day=FAR, last_day=FAR + timedelta(days=3), deputy=teammate)
    browser = login(owner)
    undo = undo_in(browser.post(reverse("absence_delete", args=[absence.pk]), follow=True).text)
    assert not Absence.objects.exists()

    assert login(teammate).post(undo).status_code == 403
    assert "Taken back." in browser.post(undo, follow=True).text
    again = owner.absences.get()
    assert (again.first_day, again.last_day, again.deputy) == (absence.first_day, absence.last_day, teammate)
    # Once more, for somebody else, or with another signature it is refused in words.
    for address in (undo, undo.replace("was=", "was=x"), undo.partition("?")[0]):
        assert "Enter the days again" in browser.post(address, follow=True).text
    other = undo.replace(f"/{owner.pk}/", f"/{outsider.pk}/")
    assert "Enter the days again" in login(outsider).post(other, follow=True).text
    assert Absence.objects.count() == 1


def test_nobody_who_left_meanwhile_stands_in(owner: User, teammate: User, company: Company, login: Login) -> None:
    absence = factories.absence(owner, first_day=FAR, last_day=FAR, deputy=teammate)
    browser = login(owner)
    undo = undo_in(browser.post(reverse("absence_delete", args=[absence.pk]), follow=True).text)
    User.objects.filter(pk=teammate.pk).update(is_active=False)

    browser.post(undo)

    assert owner.absences.get().deputy is None


def test_managers_say_it_for_others_and_teammates_do_not(
    owner: User, teammate: User, manager: User, company: Company, login: Login
) -> None:
    assert login(manager).post(page(owner), given()).status_code == 302
    absence = owner.absences.get()
    assert login(teammate).get(page(owner)).status_code == 403
    assert login(teammate).post(reverse("absence_delete", args=[absence.pk])).status_code == 403
    assert Absence.objects.count() == 1


def test_deputies_are_those_who_may_see_the_customers_as_it_is(
    owner: User, teammate: User, outsider: User, manager: User, administrator: User, company: Company, login: Login
) -> None:
    retired = factories.user(team=owner.team, is_active=False)
    assert set(User.objects.get_queryset().deputies_for(owner)) == {teammate, manager, administrator}
    for other in (outsider, owner, retired):
        reply = login(owner).post(page(owner), given(deputy=other.pk))
        assert "invalid-feedback" in reply.text
    assert not Absence.objects.exists()


def test_two_people_without_a_team_do_not_stand_in_for_each_other(company: Company) -> None:
    alone, other = factories.user(), factories.user()
    assert other not in User.objects.get_queryset().deputies_for(alone)


@pytest.mark.parametrize(
    ("first", "last", "taken"),
    [
        ("2099-07-14", "2099-07-20", True),
        ("2099-06-01", "2099-07-01", True),
        ("2099-07-03", "2099-07-04", True),
        ("2099-06-01", "2099-08-01", True),
        ("2099-07-15", "2099-07-20", False),
        ("2099-06-01", "2099-06-30", False),
    ],
)
def test_days_that_overlap_are_refused_with_a_sentence(
    owner: User, company: Company, login: Login, first: str, last: str, taken: bool
) -> None:
    browser = login(owner)
    browser.post(page(owner), given())
    reply = browser.post(page(owner), given(first_day=first, last_day=last))
    assert ("Away from" in reply.text) == taken
    assert owner.absences.count() == (1 if taken else 2)


def test_others_may_be_away_at_the_same_time(owner: User, teammate: User) -> None:
    days = {"first_day": TODAY, "last_day": TODAY + timedelta(days=3)}
    add_absence(Absence(user=owner, **days))
    add_absence(Absence(user=teammate, **days))
    with pytest.raises(Overlap):
        add_absence(Absence(user=owner, **days))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("last_day", "2099-06-30"),
        ("last_day", "2199-07-14"),
        ("first_day", ""),
        ("first_day", "2099-02-30"),
        ("first_day", "yesterday\x00"),
        ("deputy", "x"),
    ],
)
def test_what_can_not_be_is_refused_at_its_field(
    owner: User, company: Company, login: Login, field: str, value: str
) -> None:
    reply = login(owner).post(page(owner), given(**{field: value}))
    assert reply.status_code == 200
    assert "invalid-feedback" in reply.text
    assert not Absence.objects.exists()


def test_nobody_is_their_own_deputy_even_in_the_database(owner: User) -> None:
    with pytest.raises(IntegrityError):
        factories.absence(owner, deputy=owner)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries(
    owner: User, teammate: User, company: Company, login: Login, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        day = date(2099, 1, 1 + number)
        factories.absence(owner, first_day=day, last_day=day, deputy=teammate)
    browser = login(owner)
    with django_assert_num_queries(6):
        browser.get(page(owner))
