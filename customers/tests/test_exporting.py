"""Customers and contacts taken away: every field, read back as it was, harmless in a spreadsheet."""

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import vobject
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Company, User
from customers.models import Customer, CustomField, Tag
from tests import factories

type Login = Callable[[User], Client]
HOSTILE = ["=1+1", "+46 8 465 004", "-2", "@SUM(A1)", "\t=1", "a,b", 'say "hi"', "日本 🦊", "مرحبا", "x" * 200]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def settings_of_the_company(company: object) -> None:
    """Every test has a company."""


def taken(browser: Client, kind: str, **query: Any) -> bytes:
    response: Any = browser.get(reverse("customers_export", args=[kind]), query)
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    return b"".join(response.streaming_content)


def lines(browser: Client, **query: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(taken(browser, "csv", **query).decode("utf-8-sig"))))


def everything(owner: User) -> Customer:
    customer = factories.customer(
        owner,
        name="Lindqvist AB",
        customer_since=date(2020, 2, 29),
        cadence_days=45,
        country="SE",
        care_note="Speaks slowly,\ngive him time",
        external_key="K-1",
    )
    customer.tags.set(Tag.objects.named(["trade fair", "Café"]))
    field = CustomField.objects.create(name="Machines", kind="number")
    Customer.objects.filter(pk=customer.pk).set_custom({field.key: "12.5"})
    factories.contact(
        customer,
        name="Amira Haddad",
        preferred_name="Amira",
        job_title="Head",
        email="amira@lindqvist.example",
        phone="+46 8 465 004",
        birthday_month=5,
        birthday_day=7,
        allows_surveys=False,
        is_primary=True,
    )
    return customer


def test_every_field_is_there(login: Login, owner: User) -> None:
    customer = everything(owner)

    (line,) = lines(login(owner))

    assert line == {
        "Customer": "Lindqvist AB",
        "Customer number": "K-1",
        "Owner": "mia@example.com",
        "Segment": customer.segment.name,
        "Stage": customer.stage,
        "Customer since": "2020-02-29",
        "Cadence in days": "45",
        "Country": "SE",
        "Care note": "Speaks slowly,\ngive him time",
        "Customer language": "en",
        "Customer time zone": "Europe/Stockholm",
        "Lost on": "",
        "Do not contact": "no",
        "Name": "Amira Haddad",
        "Preferred name": "Amira",
        "Job title": "Head",
        "E-mail": "amira@lindqvist.example",
        "Phone": "'+46 8 465 004",
        "Tone": "formal",
        "Preferred channel": "email",
        "Best time": "",
        "Birthday": "'--05-07",
        "Language": "",
        "Time zone": "",
        "Greetings": "yes",
        "Thank-you notes": "yes",
        "Surveys": "no",
        "Do not contact the person": "no",
        "Deceased": "no",
        "Champion": "no",
        "Left the company on": "",
        "Last contact": "",
        "Next due": "2020-04-14",
        "Tags": "Café, trade fair",
        "Machines": "12.5",
    }


def test_each_contact_has_a_line_and_so_has_a_customer_without_any(login: Login, owner: User) -> None:
    several = factories.customer(owner, name="Several")
    for name in ("One", "Two"):
        factories.contact(several, name=name)
    factories.customer(owner, name="Alone")

    assert [(row["Customer"], row["Name"]) for row in lines(login(owner))] == [
        ("Alone", ""), ("Several", "One"), ("Several", "Two"),
    ]  # fmt: skip


def test_what_is_exported_is_the_list_the_person_sees(
    login: Login, owner: User, outsider: User, customer: Customer
) -> None:
    factories.customer(outsider, name="Petrova GmbH")
    factories.customer(owner, name="Other")

    assert [row["Customer"] for row in lines(login(owner), q="lindq")] == ["Lindqvist AB"]
    assert [row["Customer"] for row in lines(login(owner))] == ["Lindqvist AB", "Other"]
    assert b"Petrova" not in taken(login(owner), "vcf")


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_a_formula_and_everything_is_read_back(login: Login, owner: User, name: str) -> None:
    customer = factories.customer(owner, name=name)
    browser = login(owner)

    (line,) = lines(browser)
    assert not line["Customer"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert line["Customer"].removeprefix("'") == customer.name
    book = load_workbook(io.BytesIO(taken(browser, "xlsx")), read_only=True)
    cell = next(iter(book["Customers"].iter_rows(min_row=2)))[0]
    assert (cell.value, cell.data_type) == (customer.name, "s")


def test_cards_are_read_by_the_library_with_all_they_hold(login: Login, owner: User) -> None:
    everything(owner)
    factories.contact(Customer.objects.get(), name="Gone", deceased=True)

    (card,) = vobject.readComponents(taken(login(owner), "vcf").decode())

    assert (card.fn.value, card.n.value.family, card.n.value.given) == ("Amira Haddad", "Haddad", "Amira")
    assert card.org.value == ["Lindqvist AB"]
    assert (card.title.value, card.email.value, card.tel.value) == ("Head", "amira@lindqvist.example", "+46 8 465 004")
    assert (card.bday.value, card.nickname.value, card.version.value) == ("--05-07", "Amira", "3.0")


@pytest.mark.parametrize("name", ["Prince", "a;b,c\\d", "日本 太郎", "x\nBEGIN:VCARD", "مرحبا"])
def test_any_name_is_one_card(login: Login, owner: User, name: str) -> None:
    contact = factories.contact(factories.customer(owner), name=name)

    (card,) = vobject.readComponents(login(owner).get(reverse("contact_card", args=[contact.pk])).content.decode())
    contact.refresh_from_db()
    assert card.fn.value == contact.name


def test_a_spreadsheet_that_would_be_too_long_says_what_to_take_instead(
    login: Login, owner: User, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.exporting.MOST_IN_SPREADSHEET", 0)

    response = login(owner).get(reverse("customers_export", args=["xlsx"]), {"q": "lindq"}, follow=True)

    assert "Take CSV" in response.content.decode()
    assert response.redirect_chain[0][0].endswith("?q=lindq")


def test_the_chosen_alone_are_taken_away(login: Login, owner: User, outsider: User) -> None:
    one, _other = factories.customer(owner, name="Chosen Ltd"), factories.customer(owner, name="Other Ltd")
    foreign = factories.customer(outsider, name="Petrova GmbH")

    response: Any = login(owner).post(reverse("customers_export", args=["csv"]), {"pk": [one.pk, foreign.pk, "x"]})

    written = b"".join(response.streaming_content).decode()
    assert "Chosen Ltd" in written
    assert "Other Ltd" not in written
    assert "Petrova" not in written


def test_who_chose_nobody_is_told_so(login: Login, owner: User, company: Company) -> None:
    response = login(owner).post(reverse("customers_export", args=["vcf"]) + "?q=x", {"pk": ["9999999"]}, follow=True)

    assert "Choose the customers first" in response.content.decode()
    assert response.redirect_chain[0][0] == "/customers/?q=x"


def test_three_customers_cost_as_many_queries_as_one(login: Login, owner: User) -> None:
    browser = login(owner)
    counts = []
    for _number in range(3):
        row = factories.customer(owner)
        factories.contact(row)
        row.tags.set(Tag.objects.named(["one"]))
        with CaptureQueriesContext(connection) as queries:
            taken(browser, "csv")
            taken(browser, "vcf")
        counts.append(len(queries))

    assert len(set(counts)) == 1
