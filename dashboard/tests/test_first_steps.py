"""The first steps of a company: who sees them, what is done, and how they go and come back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from dashboard.demo import sample
from dashboard.models import Beginning
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("this_morning")]


@pytest.fixture(autouse=True)
def empty_company(db: None) -> None:
    Company.objects.create(pk=1, name="Nordlicht AB", postal_address="")


def today(browser: Client) -> str:
    return browser.get(reverse("today")).content.decode()


@pytest.mark.parametrize("role", ["manager", "administrator"])
def test_an_empty_company_begins_with_four_steps_each_a_link(login: Login, role: str) -> None:
    html = today(login(factories.user(role)))

    assert "0 of 4 done" in html
    mail = "company_settings" if role == "administrator" else "sending"
    for name in ("people", "import_new", "segments", mail):
        assert f'href="{reverse(name)}"' in html


def test_staff_get_a_gentle_sentence_until_they_look_after_somebody(login: Login, owner: User) -> None:
    html = today(login(owner))
    assert "First steps" not in html
    assert "There is nobody here you look after yet" in html

    factories.customer(owner, customer_since=factories.TODAY)
    assert "There is nobody here" not in today(login(owner))


@pytest.mark.parametrize(
    ("make", "number"),
    [
        (lambda: factories.user(), 1),
        (lambda: factories.user(is_active=False), 0),
        (lambda: factories.segment(), 1),
        (lambda: Company.objects.update(postal_address="Stora gatan 1"), 1),
        (lambda: Company.objects.update(postal_address="  "), 0),
    ],
)
def test_what_is_done_is_counted(login: Login, make: Callable[[], Any], number: int) -> None:
    person = factories.user("administrator")
    make()

    assert f"{number} of 4 done" in today(login(person))


def test_sample_data_are_no_step(login: Login) -> None:
    person = factories.user("manager")
    assert "Or look around first, with sample data" in today(login(person))
    sample.load(person, at=NOW)

    html = today(login(person))
    assert "0 of 4 done" in html
    assert "Or look around first" not in html


def test_when_all_are_done_they_are_gone(login: Login) -> None:
    person = factories.user("administrator")
    factories.customer(customer_since=factories.TODAY)
    assert "3 of 4 done" in today(login(person))

    Company.objects.update(postal_address="Stora gatan 1")

    assert "First steps" not in today(login(person))
    page = login(person).get(reverse("first_steps")).content.decode()
    assert "4 of 4 done" in page
    assert "All are done" in page


def test_who_has_seen_enough_sends_them_away_and_calls_them_back_from_the_settings(login: Login) -> None:
    browser, colleague = login(factories.user("manager")), login(factories.user("administrator"))

    answer = browser.post(reverse("first_steps_show"), follow=True)
    assert "Gone from Today" in answer.content.decode()
    assert "of 4 done" not in today(browser)
    assert "of 4 done" not in today(colleague)
    assert reverse("first_steps") in browser.get(reverse("settings")).content.decode()
    assert "Show them on Today again" in browser.get(reverse("first_steps")).content.decode()

    browser.post(reverse("first_steps_show"), {"shown": "on"})
    assert "of 4 done" in today(browser)
    assert Beginning.objects.count() == 1


def test_sending_them_away_keeps_what_is_known_of_sample_data(login: Login) -> None:
    person = factories.user("manager")
    sample.load(person, at=NOW)
    login(person).post(reverse("first_steps_show"))

    assert Beginning.current().loaded_at == NOW
    assert sample.remove()
    assert Beginning.current().hidden_at is not None


def test_the_lists_alone_come_without_the_steps(login: Login) -> None:
    browser = login(factories.user("manager"))

    assert "of 4 done" not in browser.get(reverse("today"), headers={"HX-Request": "true"}).content.decode()
    assert "of 4 done" not in browser.get(reverse("today"), {"only": "quiet"}).content.decode()
