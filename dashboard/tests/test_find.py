"""The search at the top: customers, contacts, notes, pages and things to do."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from customers.searching import search
from dashboard import palette
from interactions import searching
from retention_crm.lib.folding import Folded
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]
HOSTILE = [
    "\x00",
    "'; DROP TABLE x; --",
    "%",
    "_____",
    "\\",
    "🦊🦊🦊🦊",
    "\u202etxt",
    "a" * 5000,
    "{{ 7|add:1 }}",
    "<b>",
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def settings_of_the_company(company: object) -> None:
    """Every test has a company."""


def typed(browser: Client, words: str, page: str = "find") -> str:
    response = browser.get(reverse(page), {"q": words}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response.content.decode()


def found(words: str) -> list[str]:
    return [row.name for row in search(Customer.objects.all(), words).order_by("sort_key")]


# ---- Typing errors ----


@pytest.mark.parametrize("words", ["lindqvst", "Lindkvist", "lindqivst ab", "LINDQUIST"])
def test_a_name_is_found_in_spite_of_a_typing_error(customer: Customer, words: str) -> None:
    factories.customer(name="Petrova GmbH")

    assert found(words) == ["Lindqvist AB"]


def test_a_contact_is_found_in_spite_of_one(customer: Customer) -> None:
    factories.contact(customer, name="Amira Haddad", email="amira@haddad.example")

    assert found("hadad") == found("amria haddad") == ["Lindqvist AB"]


def test_what_is_written_so_hides_what_is_written_alike(customer: Customer) -> None:
    factories.customer(name="Lindkvist Bygg")

    assert found("lindkvist") == ["Lindkvist Bygg"]


@pytest.mark.parametrize("words", ["zzqqxx", "xyz", "qwerty uiop"])
def test_nonsense_is_like_nothing(customer: Customer, words: str) -> None:
    assert found(words) == []


def test_a_number_is_found_as_it_is_dialled_at_home_or_abroad_and_never_only_alike(customer: Customer) -> None:
    factories.contact(customer, phone="+46 8 465 004 28")

    assert found("08-465 004 28") == found("+46846500428") == ["Lindqvist AB"]
    assert found("08-465 994 28") == []


# ---- The palette ----


def test_customers_contacts_pages_and_actions_answer(login: Login, owner: User, customer: Customer) -> None:
    factories.contact(customer, name="Today Haddad")

    shown = typed(login(owner), "toda")

    assert f'href="{reverse("customer", args=[customer.pk])}"' in shown
    assert "Today Haddad" in shown
    assert f'href="{reverse("today")}"' in shown
    assert f'href="{reverse("log")}?customer={customer.pk}"' in shown
    assert "<html" not in shown


def test_without_a_word_the_pages_and_what_can_be_done_are_offered(
    login: Login, owner: User, manager: User, customer: Customer
) -> None:
    shown, managers = typed(login(owner), ""), typed(login(manager), "")

    assert reverse("customer_new") in shown
    assert "Lindqvist" not in shown
    portfolio = f'href="{reverse("portfolio")}"'
    assert portfolio not in shown
    assert portfolio in managers


def test_nobody_finds_a_customer_or_a_note_they_may_not_see(
    login: Login, outsider: User, owner: User, customer: Customer
) -> None:
    factories.contact(customer, name="Amira Haddad")
    factories.interaction(customer, notes="They want blue paint")

    for words in ("lindqvist", "lindqvst", "amira", "haddad"):
        assert "Lindqvist" not in typed(login(outsider), words)
    assert "blue paint" not in typed(login(outsider), "blue paint", "find_notes")
    assert "blue paint" in typed(login(owner), "blue paint", "find_notes")


def test_notes_are_found_whatever_their_case_and_accents_the_newest_first(
    login: Login, owner: User, customer: Customer
) -> None:
    for days, notes in ((3, "Likes the café"), (1, "A CAFE again"), (2, "Nothing of it")):
        factories.interaction(customer, notes=notes, happened_at=NOW - timedelta(days=days))

    shown = typed(login(owner), "Café", "find_notes")

    assert shown.index("A CAFE again") < shown.index("Likes the café")
    assert "Nothing of it" not in shown
    assert typed(login(owner), "caf", "find_notes").strip() == ""


def test_a_search_that_takes_too_long_is_given_up_and_says_so(
    login: Login, owner: User, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made slow by the real clock of the database: one millisecond for three hundred thousand rows."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE many AS SELECT generate_series(1, 300000) AS number")

    class Slow(Folded):
        template = f"CONCAT({Folded.template}, (SELECT max(number)::text FROM many))"

    monkeypatch.setattr(searching, "Folded", Slow)
    monkeypatch.setattr(palette, "PATIENCE", timedelta(milliseconds=1))
    monkeypatch.setattr(palette, "PATIENCE_ON_PAGE", timedelta(milliseconds=1))
    factories.interaction(customer, notes="They want blue paint")
    browser = login(owner)

    assert "Look through the notes" in typed(browser, "blue paint", "find_notes")
    for name, asked in (("find", "notes"), ("find_notes", "page")):
        page = browser.get(reverse(name), {"q": "blue paint", asked: "1"}).content.decode()
        assert "too many notes" in page
    # The connection goes on.
    assert Customer.objects.count() == 1


def test_the_page_shows_customers_and_notes_without_script(login: Login, owner: User, customer: Customer) -> None:
    factories.interaction(customer, notes="Lindqvist wants blue paint")

    browser = login(owner)
    page = browser.get(reverse("find"), {"q": "lindqvist", "notes": "1"}).content.decode()

    assert "Found for “<bdi>lindqvist</bdi>”" in page
    assert "wants blue paint" in page
    for asked in ({"q": "zzqqxx", "notes": "1"}, {}):
        assert "Nothing was found" in browser.get(reverse("find"), asked).content.decode()


def test_the_page_shows_the_names_at_once_and_asks_for_the_notes(login: Login, owner: User, customer: Customer) -> None:
    factories.interaction(customer, notes="Lindqvist & Berg want blue paint")
    browser = login(owner)

    page = browser.get(reverse("find"), {"q": "lindqvist & berg"}).content.decode()
    assert "blue paint" not in page
    asked = unescape(re.findall(r'hx-get="([^"]*)"', page)[-1])
    assert "want blue paint" in browser.get(asked).content.decode()
    # A person without script follows the link instead.
    assert (
        "want blue paint" in browser.get(unescape(re.findall(r'href="([^"]*notes=1[^"]*)"', page)[0])).content.decode()
    )


def test_nothing_is_said_to_be_missing_below_the_names_that_were_found(
    login: Login, owner: User, customer: Customer
) -> None:
    browser = login(owner)

    assert (
        "Nothing was found" not in browser.get(reverse("find_notes"), {"q": "lindqvist", "page": "1"}).content.decode()
    )
    assert "Nothing was found" in browser.get(reverse("find_notes"), {"q": "zzqqxx", "page": "1"}).content.decode()


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("page", ["find", "find_notes"])
def test_hostile_words_are_no_error(login: Login, owner: User, customer: Customer, page: str, words: str) -> None:
    factories.interaction(customer, notes="Some notes")
    browser = login(owner)

    typed(browser, words, page)
    assert browser.get(reverse(page), {"q": words}).status_code == 200


def test_three_answers_cost_as_many_queries_as_one(login: Login, owner: User) -> None:
    browser = login(owner)
    counts = []
    for number in range(3):
        customer = factories.customer(owner, name=f"Lindqvist {number}")
        factories.contact(customer, name=f"Lindqvist {number}")
        factories.interaction(customer, notes="Lindqvist again", author=owner)
        with CaptureQueriesContext(connection) as queries:
            typed(browser, "lindqvist")
            typed(browser, "lindqvist", "find_notes")
        counts.append(len(queries))

    assert len(set(counts)) == 1
