"""The customer list: who stands on it, what narrows it, in which order, at what cost."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers import searching
from customers.models import Customer
from dashboard.filters import ATTENTION, STATES
from dashboard.sorting import SORTS
from dashboard.views import customer_list
from retention.models import Band, CustomerRisk
from tests import factories

type Login = Callable[[User], Client]
HOSTILE = [
    "\x00",
    "'; DROP TABLE customers_customer; --",
    "%",
    "_",
    "\\",
    "🦊",
    "\u202etxt",
    "a" * 201,
    "{{ 7|add:1 }}",
    "<b>",
]


@pytest.fixture(autouse=True)
def settings_of_the_company(company: Company) -> None:
    """Every test has a company."""


def names(browser: Client, **query: str | int) -> list[str]:
    response = browser.get(reverse("customers"), query)
    assert response.status_code == 200
    return [row.name for row in response.context["page"].rows]


def queries(browser: Client, **query: str | int) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(reverse("customers"), query).status_code == 200
    return len(captured)


@pytest.fixture
def foreign(outsider: User) -> Customer:
    return factories.customer(outsider, name="Petrova GmbH")


def test_staff_see_their_own_and_their_teams_customers(
    login: Login, customer: Customer, foreign: Customer, owner: User, teammate: User, outsider: User
) -> None:
    assert names(login(owner)) == ["Lindqvist AB"]
    assert names(login(teammate)) == ["Lindqvist AB"]
    assert names(login(outsider)) == ["Petrova GmbH"]


def test_managers_and_administrators_see_all(
    login: Login, customer: Customer, foreign: Customer, manager: User, administrator: User
) -> None:
    for person in (manager, administrator):
        assert names(login(person)) == ["Lindqvist AB", "Petrova GmbH"]


def test_staff_of_a_company_that_shares_everything_see_all(
    login: Login, customer: Customer, foreign: Customer, owner: User
) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)

    assert names(login(owner)) == ["Lindqvist AB", "Petrova GmbH"]
    assert names(login(owner), owner=foreign.owner_id) == ["Petrova GmbH"]


def test_a_foreign_owner_is_no_choice_and_tells_nothing(
    login: Login, customer: Customer, foreign: Customer, owner: User
) -> None:
    response = login(owner).get(reverse("customers"), {"owner": foreign.owner_id})

    assert response.context["filters"].form.errors["owner"]
    assert [row.name for row in response.context["page"].rows] == ["Lindqvist AB"]


def test_a_search_never_leaves_what_one_may_see(
    login: Login, customer: Customer, foreign: Customer, owner: User
) -> None:
    factories.contact(foreign, name="Olga Petrova", email="olga@petrova.example")

    assert names(login(owner), q="petrova") == []


@pytest.mark.parametrize(
    "words",
    [
        *("LINDQVIST", "qvist", "  lindqvist   ab ", "Lindqvíst", "li", "ab"),
        *("Ünal", "unal", "ÜNAL", "Ün", "strauß", "STRAU", "sara@unal.example"),
        *("070-123 45 67", "0701234567", "123 45", "(070) 123"),
    ],
)
def test_a_search_finds_names_contacts_addresses_and_telephones(
    login: Login, customer: Customer, owner: User, words: str
) -> None:
    factories.contact(customer, name="Sara Ünal Strauß", email="Sara@Unal.example", phone="070 12 345-67")
    factories.customer(owner, name="Somebody else")

    assert names(login(owner), q=words) == ["Lindqvist AB"]


@pytest.mark.parametrize("words", ["Хаддад", "хад", "ха", "田中", "حداد", "김", "김민"])
def test_a_search_finds_names_in_other_scripts(login: Login, customer: Customer, owner: User, words: str) -> None:
    factories.contact(customer, name="Хаддад 田中 حداد 김민준")
    factories.customer(owner, name="Somebody else")

    assert names(login(owner), q=words) == ["Lindqvist AB"]


@pytest.mark.parametrize("words", ["nd", "vist xx", "%", "_", "l%t", "l_n", "\\", "9876"])
def test_what_is_not_there_is_not_found(login: Login, customer: Customer, owner: User, words: str) -> None:
    factories.contact(customer, name="Sara", phone="070 12 345-67")

    assert names(login(owner), q=words) == []


def test_a_customer_with_two_matching_contacts_shows_once(login: Login, customer: Customer, owner: User) -> None:
    factories.contact(customer, name="Anna Berg")
    factories.contact(customer, name="Bengt Berg")

    assert names(login(owner), q="berg") == ["Lindqvist AB"]


@pytest.mark.parametrize("words", ["berg", "be"])
def test_many_matches_are_found_as_few_are(
    login: Login, owner: User, outsider: User, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    segment = factories.segment()
    for number in range(6):
        factories.customer(owner, name=f"Berg {number}", segment=segment)
    factories.contact(factories.customer(owner, name="Nobody", segment=segment), name="Bo Berg")
    factories.customer(outsider, name="Berg of the others", segment=segment)
    few = names(login(owner), q=words)
    monkeypatch.setattr(searching, "FEW", 3)

    assert names(login(owner), q=words) == few == [*(f"Berg {number}" for number in range(6)), "Nobody"]


def test_lost_customers_show_only_when_asked_for(login: Login, customer: Customer, owner: User) -> None:
    factories.customer(owner, name="Gone Ltd", lost_on=factories.TODAY)

    assert names(login(owner)) == ["Lindqvist AB"]
    assert names(login(owner), state="lost") == ["Gone Ltd"]
    assert names(login(owner), state="all") == ["Gone Ltd", "Lindqvist AB"]


def test_filters_narrow(login: Login, customer: Customer, owner: User, teammate: User, manager: User) -> None:
    vip = factories.segment(name="VIP")
    other = factories.customer(teammate, name="Ito Trading", segment=vip, stage="married")

    assert names(login(manager), owner=teammate.pk) == [other.name]
    assert names(login(manager), segment=vip.pk) == [other.name]
    assert names(login(manager), stage="married") == [other.name]
    assert names(login(manager), stage="married", owner=owner.pk) == []


def test_a_team_narrows_to_the_customers_of_its_members(
    login: Login, customer: Customer, foreign: Customer, manager: User, outsider: User
) -> None:
    assert names(login(manager), team=outsider.team_id or 0) == ["Petrova GmbH"]


def test_risk_bands_narrow_and_customers_without_one_count_as_unknown(
    login: Login, customer: Customer, owner: User
) -> None:
    risky = factories.customer(owner, name="Risky Ltd")
    unknown = factories.customer(owner, name="Unknown Ltd")
    CustomerRisk.objects.update_or_create(customer=risky, defaults={"band": Band.AT_RISK})
    CustomerRisk.objects.update_or_create(customer=unknown, defaults={"band": Band.UNKNOWN})
    CustomerRisk.objects.filter(customer=customer).delete()

    assert names(login(owner), band="at_risk") == ["Risky Ltd"]
    assert names(login(owner), band="unknown") == ["Lindqvist AB", "Unknown Ltd"]
    assert names(login(owner), band="healthy") == []


@pytest.mark.parametrize(
    ("band", "words"),
    [
        (Band.AT_RISK, "At risk"),
        (Band.WATCH, "Watch"),
        (Band.HEALTHY, "Healthy"),
        (Band.LAPSED, "Long silent"),
        (Band.UNKNOWN, "Not enough data"),
    ],
)
def test_a_row_says_the_band_in_words(login: Login, customer: Customer, owner: User, band: Band, words: str) -> None:
    CustomerRisk.objects.update_or_create(customer=customer, defaults={"band": band})

    page = login(owner).get(reverse("customers")).content.decode()

    assert words in page[page.index("<tbody") : page.index("</tbody>")]


def test_overdue_counts_by_the_persons_own_day(login: Login, owner: User) -> None:
    today = owner.today()
    factories.customer(owner, name="Late", next_due_on=today - timedelta(days=1))
    factories.customer(owner, name="In time", next_due_on=today)
    factories.customer(owner, name="Left alone", next_due_on=today - timedelta(days=9), do_not_contact=True)

    assert names(login(owner), attention="overdue") == ["Late"]


def test_never_contacted_are_those_without_a_touchpoint(login: Login, customer: Customer, owner: User) -> None:
    factories.interaction(factories.customer(owner, name="Called"))

    assert names(login(owner), attention="never") == ["Lindqvist AB"]


def test_the_list_is_sorted_by_name_due_day_or_last_contact(login: Login, owner: User) -> None:
    today = owner.today()
    for name, due, ago in (("Émile", 3, 5), ("adam", 1, 9), ("Zoë", 2, 1)):
        factories.customer(
            owner,
            name=name,
            next_due_on=today + timedelta(days=due),
            last_touchpoint_at=factories.NOW - timedelta(days=ago),
        )
    browser = login(owner)

    assert names(browser) == names(browser, sort="name") == ["adam", "Émile", "Zoë"]
    assert names(browser, sort="due") == ["adam", "Zoë", "Émile"]
    assert names(browser, sort="quiet") == ["adam", "Émile", "Zoë"]
    assert names(browser, sort="recent") == ["Zoë", "Émile", "adam"]


def test_next_and_previous_keep_the_filters(login: Login, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_list, "PAGE_SIZE", 2)
    segment = factories.segment()
    for number in range(5):
        factories.customer(owner, name=f"Berg {number}", segment=segment)
    factories.customer(owner, name="Other", segment=segment)
    browser = login(owner)

    first = browser.get(reverse("customers"), {"q": "berg", "sort": "name"})
    second = browser.get(first.context["following"])
    third = browser.get(second.context["following"])
    back = browser.get(third.context["preceding"])

    seen = [[row.name for row in page.context["page"].rows] for page in (first, second, third, back)]
    assert seen == [["Berg 0", "Berg 1"], ["Berg 2", "Berg 3"], ["Berg 4"], ["Berg 2", "Berg 3"]]
    assert (first.context["preceding"], third.context["following"]) == ("", "")
    assert parse_qs(urlsplit(second.context["following"]).query)["q"] == ["berg"]
    assert 'rel="next"' in first.content.decode()


def test_the_list_costs_the_same_queries_for_one_and_for_three(login: Login, customer: Customer, manager: User) -> None:
    browser = login(manager)
    CustomerRisk.objects.get_or_create(customer=customer)
    one = queries(browser, q="li"), queries(browser)
    for name in ("Lin One", "Lin Two"):
        CustomerRisk.objects.get_or_create(customer=factories.customer(factories.user(), name=name))

    assert (queries(browser, q="li"), queries(browser)) == one


def test_the_count_stops_where_it_costs_more_than_it_says(
    login: Login, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_list, "COUNTED_TO", 2)
    segment = factories.segment()
    for _ in range(2):
        factories.customer(owner, segment=segment)
    browser = login(owner)

    assert "2 customers" in browser.get(reverse("customers")).content.decode()
    factories.customer(owner, segment=segment)
    assert "More than 2 customers" in browser.get(reverse("customers")).content.decode()


def test_htmx_gets_the_list_alone_and_a_clean_address(login: Login, customer: Customer, owner: User) -> None:
    response = login(owner).get(
        reverse("customers"), {"q": "lind", "owner": "", "sort": "name"}, headers={"HX-Request": "true"}
    )

    html = response.content.decode()
    assert html.strip().startswith('<div id="customer-list">')
    assert "Lindqvist AB" in html
    assert "<html" not in html
    assert response.headers["HX-Push-Url"] == "/customers/?q=lind&sort=name"
    assert "HX-Request" in response.headers["Vary"]


def test_going_back_in_the_browser_gets_the_whole_page(login: Login, customer: Customer, owner: User) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    response = login(owner).get(reverse("customers"), headers=headers)

    assert "<html" in response.content.decode()
    assert "HX-Push-Url" not in response.headers


def test_an_empty_list_offers_the_first_step(login: Login, owner: User) -> None:
    html = login(owner).get(reverse("customers")).content.decode()

    assert "No customers yet" in html
    assert reverse("customer_new") in html


def test_a_list_without_matches_offers_to_clear_the_filters(login: Login, customer: Customer, owner: User) -> None:
    html = login(owner).get(reverse("customers"), {"q": "nobody at all"}).content.decode()

    assert "No customer matches" in html
    assert "Clear filters" in html
    assert 'value="nobody at all"' in html


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_no_error_and_come_back_as_they_were(
    login: Login, customer: Customer, owner: User, words: str
) -> None:
    response = login(owner).get(reverse("customers"), {"q": words})

    assert response.status_code == 200
    assert response.context["filters"].form["q"].value() == words
    assert "<b>" not in response.content.decode()
    assert "{{ 8" not in response.content.decode()


@pytest.mark.parametrize("name", ["owner", "team", "segment", "stage", "band", "attention", "state", "sort"])
@pytest.mark.parametrize("value", ["0", "-1", str(2**63), "9" * 5000, "x", "\x00", "1.5", "²", "None"])
def test_values_that_mean_nothing_get_a_message_and_narrow_nothing(
    login: Login, customer: Customer, owner: User, name: str, value: str
) -> None:
    response = login(owner).get(reverse("customers"), {name: value})

    assert response.context["filters"].form.errors[name]
    assert [row.name for row in response.context["page"].rows] == ["Lindqvist AB"]


@pytest.mark.parametrize("place", ["after", "before"])
@pytest.mark.parametrize("value", ["x", "\x00", "ä", "=" * 9000])
def test_a_broken_cursor_shows_the_first_page(
    login: Login, customer: Customer, owner: User, place: str, value: str
) -> None:
    assert names(login(owner), **{place: value}) == ["Lindqvist AB"]


def test_names_are_shown_as_text_and_keep_their_own_direction(login: Login, owner: User) -> None:
    factories.customer(owner, name='<script>alert("x")</script>')
    factories.customer(owner, name="شركة الحداد")

    html = login(owner).get(reverse("customers")).content.decode()

    assert "<script>alert" not in html
    assert "<bdi>شركة الحداد</bdi>" in html


def test_every_choice_of_the_filters_can_be_asked_for(login: Login, customer: Customer, owner: User) -> None:
    browser = login(owner)

    for name, values in (("sort", SORTS), ("attention", ATTENTION), ("state", STATES), ("band", dict(Band.choices))):
        for value in values:
            assert browser.get(reverse("customers"), {name: value}).context["filters"].form.is_valid(), value


def test_rows_say_when_in_words(login: Login, owner: User) -> None:
    today = owner.today()
    for name, due, ago in (("A", -3, 41), ("B", 1, 1), ("C", 0, 0), ("D", 9, 2)):
        factories.customer(
            owner,
            name=name,
            next_due_on=today + timedelta(days=due),
            last_touchpoint_at=factories.NOW,
            last_touchpoint_on=today - timedelta(days=ago),
        )

    html = login(owner).get(reverse("customers")).content.decode()

    for words in ("3 days over", "41 days ago", "tomorrow", "yesterday", "today", "in 9 days", "2 days ago"):
        assert words in html
