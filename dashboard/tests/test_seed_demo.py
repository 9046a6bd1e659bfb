"""Loading the demo company: the same rows for the same seed, sound rows, and never over real data."""

import hashlib
import json
from collections import Counter
from datetime import UTC, date, datetime, time

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Max, Model
from django.test import Client
from pytest_django import Settings

from accounts.models import Company, Role, Team, User
from customers.models import Customer, Segment
from dashboard.demo import people, seeding, writing
from dashboard.tests.demo_company import seed
from interactions.models import Interaction, Kind
from retention import scoring
from retention.models import CustomerRisk, HealthChange, ListQuality, RiskDay, RiskSnapshot
from retention_crm.lib import clock
from surveys.models import Occasion, Survey
from tests import factories

pytestmark = pytest.mark.django_db


def digest() -> str:
    """Of all the rows of the demo, but for the moments the risk was computed, which are the database's."""
    found = []
    tables: list[type[Model]] = [User, Team, Segment, Company, Survey, *writing.COLUMNS, CustomerRisk]
    tables += [HealthChange, RiskDay, RiskSnapshot, ListQuality]
    for model in tables:
        with connection.cursor() as cursor:
            row = "to_jsonb(t) - '{computed_at,noted_at}'::text[]"
            cursor.execute(f"SELECT ({row})::text FROM {model._meta.db_table} t ORDER BY 1")
            found.append(cursor.fetchall())
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


# --- the same rows for the same seed


def test_the_same_seed_number_and_day_give_the_same_rows() -> None:
    seed(40)
    first = digest()
    seed(40, replace=True)
    assert digest() == first


def test_another_seed_gives_other_rows() -> None:
    seed(20)
    first = digest()
    seed(20, seed=8, replace=True)
    assert digest() != first


def test_the_first_customers_do_not_depend_on_how_many_there_are() -> None:
    def names() -> list[str]:
        return list(Customer.objects.filter(pk__lte=20).order_by("pk").values_list("name", flat=True))

    seed(20)
    first = names()
    seed(45, replace=True)
    assert names() == first


def test_the_number_of_customers_is_exact_and_each_has_about_ten_interactions() -> None:
    seed(300)
    assert Customer.objects.count() == 300
    assert 7 < Interaction.objects.count() / 300 < 14


def test_customers_written_in_several_batches_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    seed(25)
    whole = digest()
    monkeypatch.setattr(seeding, "BATCH", 10)
    seed(25, replace=True)
    assert digest() == whole


def test_a_demo_of_one_customer_works() -> None:
    seed(1)
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("on", [date(2028, 2, 29), date(2027, 1, 1), date(2027, 3, 28), date(2026, 10, 25)])
def test_any_day_will_do(on: date) -> None:
    seed(20, on=on)
    assert Interaction.objects.aggregate(last=Max("happened_at"))["last"] < clock.moment(on, time(), people.ZONE)


def test_the_day_is_today_in_stockholm_if_not_said() -> None:
    with time_machine.travel(datetime(2026, 7, 1, 23, 30, tzinfo=UTC), tick=False):
        seed(5, on=None)
    assert Survey.objects.get().created_at == clock.moment(date(2026, 7, 2), time(), people.ZONE)


# --- where it may be loaded


def test_an_empty_database_is_filled_and_the_logins_are_named() -> None:
    said = seed()
    assert "20 customers" in said
    assert "sales@example.com, manager@example.com, admin@example.com" in said


def test_what_was_loaded_is_counted_in_english() -> None:
    assert ", 6 wishes, " in seed()
    assert f"Loaded {people.COMPANY}: 1 customer, " in seed(1, replace=True)


def test_if_empty_does_nothing_when_there_is_anybody() -> None:
    factories.user(name="Somebody")
    assert seed(if_empty=True) == ""
    assert not Customer.objects.exists()


def test_if_empty_fills_an_empty_database() -> None:
    seed(if_empty=True)
    assert Customer.objects.count() == 20


def test_a_database_with_people_of_its_own_is_refused() -> None:
    kept = factories.customer()
    with pytest.raises(CommandError, match="people of its own"):
        seed()
    with pytest.raises(CommandError, match="people of its own"):
        seed(replace=True)
    assert Customer.objects.get() == kept


def test_a_demo_with_one_more_person_in_it_is_refused() -> None:
    seed()
    factories.user(name="Somebody")
    with pytest.raises(CommandError, match="people of its own"):
        seed(replace=True)


def test_a_demo_that_is_there_is_kept_unless_it_is_to_be_replaced() -> None:
    seed()
    Customer.objects.filter(pk=1).update(name="Renamed")
    with pytest.raises(CommandError, match="--replace"):
        seed()
    assert Customer.objects.get(pk=1).name == "Renamed"
    seed(replace=True)
    assert Customer.objects.get(pk=1).name != "Renamed"


def test_production_is_refused(settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="never loaded in production"):
        seed()
    assert not User.objects.exists()


@pytest.mark.parametrize("number", [0, -3])
def test_less_than_one_customer_is_refused(number: int) -> None:
    with pytest.raises(CommandError, match="at least 1"):
        seed(number)


@pytest.mark.parametrize("day", ["26.11.2026", "2026-13-01", "2026-02-30", "yesterday", ""])
def test_a_malformed_day_is_a_sentence(day: str) -> None:
    with pytest.raises(CommandError, match="a day such as"):
        call_command("seed_demo", f"--on={day}")


def test_if_it_fails_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_options: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(scoring, "rebuild", fail)
    with pytest.raises(RuntimeError):
        seed()
    assert not User.objects.exists()
    assert not Customer.objects.exists()


# --- that the rows are what the product would have written


def test_the_next_rows_get_new_ids() -> None:
    seed()
    mia = User.objects.get(email="sales@example.com")
    customer = factories.customer(mia)
    contact = factories.contact(customer)
    meeting = factories.interaction(customer, kind=Kind.MEETING)
    made: list[Model] = [
        customer,
        contact,
        meeting,
        factories.follow_up(customer),
        factories.complaint(customer),
        factories.response(factories.invitation(contact, trigger=meeting)),
    ]
    for row in made:
        assert type(row)._default_manager.filter(pk__gt=row.pk).count() == 0


# --- the logins


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("sales@example.com", Role.STAFF),
        ("manager@example.com", Role.MANAGER),
        ("admin@example.com", Role.ADMINISTRATOR),
    ],
)
def test_the_demo_logins_work(email: str, role: Role) -> None:
    seed(2)
    assert Client().login(username=email, password="demo")
    assert User.objects.get(email=email).role == role


def test_nobody_else_can_log_in() -> None:
    seed(2)
    others = User.objects.exclude(email__in=people.LOGINS)
    assert others.count() == 5
    assert not any(user.has_usable_password() or user.check_password("demo") for user in others)


def test_the_company_is_set_up_so_that_a_survey_goes_out_at_once() -> None:
    seed(2)
    company = Company.current()
    assert (company.name, company.currency, company.time_zone) == ("Nordlicht Handel", "EUR", "Europe/Stockholm")
    assert set(Occasion.objects.values_list("kind", "delay_hours")) == {("meeting", 0), ("purchase", 0)}


def test_a_small_company_has_only_the_people_with_names_of_their_own() -> None:
    assert tuple(people.members(2_000)) == people.MEMBERS


def test_a_large_company_has_as_many_people_as_its_customers_need_in_teams_of_eight() -> None:
    everybody = people.members(100_000)
    sellers = [member for member in everybody if member.share]
    assert len(sellers) == 100_000 // people.CUSTOMERS_EACH
    emails = [member.email for member in everybody]
    assert len(set(emails)) == len(emails)
    assert people.are_the_demos_own(emails)
    assert max(Counter(member.team for member in everybody).values()) == 8
    assert people.members(100_000) == everybody


def test_somebody_elses_colleagues_are_not_the_demos_own() -> None:
    assert not people.are_the_demos_own(["sales@example.com", "colleague-001@example.com.evil.example"])


def test_everybody_of_a_large_company_has_customers_and_it_can_be_loaded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "CUSTOMERS_EACH", 3)
    seed(customers=60)
    seed(customers=60, replace=True)
    assert User.objects.filter(role="staff").count() == 20
    assert Customer.objects.values("owner").distinct().count() > 12
    assert User.objects.filter(email__startswith="colleague-", team__name="Team 5").exists()
