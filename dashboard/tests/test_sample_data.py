"""Sample data: loaded by one click into a company without customers, never written to, taken away without a trace."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers import merging
from customers.models import SAMPLE_DOMAIN, Contact, Customer, Segment
from dashboard import beginning
from dashboard.demo import sample
from dashboard.models import Beginning
from interactions.models import Complaint, FollowUp, Interaction, Severity
from outreach import gate
from outreach.accounting import account
from outreach.composing import Unwritable
from outreach.models import CUSTOMER_KINDS, STAFF_KINDS, Message, Notification, State
from outreach.planning import plan
from outreach.tests.reading import build, read, text_of
from retention import scoring
from retention.models import CustomerRisk
from surveys.models import Response, Survey
from surveys.tests.threads import together
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("this_morning")]
LEFT = {"accounts.Company", "dashboard.Beginning", "outreach.Tally", "outreach.Watermark", "sessions.Session"}


@pytest.fixture(autouse=True)
def settings_of_the_company(company: Company) -> None:
    """Every test has a company."""


def rows() -> dict[str, int]:
    """How many rows of each model there are, but for what only counts or remembers."""
    models = [model for model in apps.get_models() if model._meta.label not in LEFT]
    return {model._meta.label: number for model in models if (number := model._default_manager.count())}


# ---- What is loaded ----


def test_there_is_something_of_everything_and_it_belongs_to_whoever_loads_it(manager: User) -> None:
    assert sample.load(manager, at=NOW)

    assert (
        Customer.objects.filter(is_sample=True, owner=manager).count() == Customer.objects.count() == sample.CUSTOMERS
    )
    today = manager.today(NOW)
    assert Interaction.objects.count() > 100
    assert not Interaction.objects.filter(happened_at__gt=NOW).exists()
    assert FollowUp.objects.open().filter(is_promise=True).exists()
    assert Complaint.objects.open().exists()
    assert Response.objects.filter(score__lte=6).exists()
    assert Contact.objects.filter(birthday_month=today.month, birthday_day=today.day).exists()
    assert CustomerRisk.objects.exclude(band="unknown").exists()
    assert Customer.objects.overdue(today).exists()


def test_all_addresses_are_nobodys(manager: User) -> None:
    sample.load(manager, at=NOW)

    addresses = Contact.objects.exclude(email="").values_list("email", flat=True)
    assert addresses
    assert all(address.endswith(f".{SAMPLE_DOMAIN}") for address in addresses)


def test_own_segments_are_used_where_there_are_any(manager: User) -> None:
    own = factories.segment(cadence_days=20), factories.segment(cadence_days=90)

    sample.load(manager, at=NOW)

    assert set(Segment.objects.all()) == set(own)
    assert set(Customer.objects.values_list("segment", flat=True)) == {row.pk for row in own}


def test_the_survey_that_comes_with_them_asks_nobody(manager: User) -> None:
    sample.load(manager, at=NOW)

    assert not Survey.objects.asking().exists()


def test_rows_that_are_made_afterwards_get_ids_of_their_own(manager: User) -> None:
    sample.load(manager, at=NOW)

    customer = factories.customer(manager)
    factories.interaction(customer)
    factories.follow_up(customer)
    factories.response(factories.invitation(factories.contact(customer)))


def test_a_company_with_customers_of_its_own_gets_none(manager: User, customer: Customer) -> None:
    assert not sample.load(manager, at=NOW)
    assert Customer.objects.get() == customer


# ---- No mail ----


def test_whatever_is_planned_for_them_the_gate_calls_off_and_says_why(manager: User) -> None:
    sample.load(manager, at=NOW)
    plan(at=NOW)
    messages = gate.load(list(Message.objects.filter(kind__in=CUSTOMER_KINDS).values_list("pk", flat=True)))

    rulings = gate.check(messages, at=NOW, company=Company.current())

    assert len(messages) > 3
    # What is too late for anybody is not looked at further.
    assert {ruling.rule for ruling in rulings.values()} <= {"sample", "too_late"}
    assert rulings.keys() == {message.pk for message in messages}
    (words,) = {ruling.sentence for ruling in rulings.values() if ruling.rule == "sample"}
    assert "Sample data" in words
    assert {ruling.state for ruling in rulings.values()} == {State.CANCELLED, State.EXPIRED}


def test_an_invented_person_at_a_real_customer_gets_no_mail_either(customer: Customer) -> None:
    invented = factories.contact(customer, email=f"Amira@C4.{SAMPLE_DOMAIN.upper()}")
    (message,) = gate.load([factories.message(invented).pk])

    assert gate.check([message], at=NOW, company=Company.current())[message.pk].rule == "sample"


def test_nobody_sets_that_rule_aside() -> None:
    assert "sample" not in gate.RELEASABLE


def test_staff_find_them_on_today_and_on_the_bell_but_get_no_mail_about_them(manager: User, login: Login) -> None:
    sample.load(manager, at=NOW)
    Complaint.objects.open().update(severity=Severity.SEVERE, opened_at=NOW)
    Customer.objects.update(cadence_days=30, next_due_on=NOW.date() - timedelta(days=16))
    FollowUp.objects.open().update(is_promise=True, due_at=NOW)
    # A Monday morning, when the week is reported as well.
    for at in (NOW, NOW + timedelta(days=4)):
        plan(at=at)
        assert not Message.objects.filter(kind__in=STAFF_KINDS).exclude(kind="weekly").exists()
    (weekly,) = Message.objects.filter(kind="weekly")
    with pytest.raises(Unwritable, match="settled"):
        build(weekly, NOW + timedelta(days=4))
    assert Notification.objects.filter(person=manager, kind="promise").exists()
    task = FollowUp.objects.open().earliest("due_at")
    assert task.title in login(manager).get("/").content.decode()

    real = factories.customer(manager, name="Real AB", next_due_on=NOW.date() - timedelta(days=11))
    factories.follow_up(real, is_promise=True, due_at=NOW + timedelta(days=5))
    plan(at=NOW + timedelta(days=5))
    kinds = {"overdue_digest", "urgent", "escalation"}
    told = Message.objects.filter(kind__in=kinds).select_related("recipient")
    assert {message.kind for message in told} == kinds
    for message in told:
        text = text_of(read(build(message, NOW + timedelta(days=5))))
        assert "Real AB" in text
        assert not any(customer.name in text for customer in Customer.objects.filter(is_sample=True))


# ---- Taken away ----


def test_they_go_without_a_trace(manager: User) -> None:
    before = rows()
    sample.load(manager, at=NOW)
    plan(at=NOW)
    assert rows() != before

    assert sample.remove()

    assert rows() == before
    assert Beginning.current().made == {}


def test_the_ledger_still_balances(manager: User) -> None:
    sample.load(manager, at=NOW)
    plan(at=NOW)

    sample.remove()

    assert all(kind.missing == 0 for kind in account(at=NOW).kinds)


def test_what_somebody_entered_stays_and_what_they_entered_with_invented_customers_is_said_to_go(
    login: Login, manager: User
) -> None:
    sample.load(manager, at=NOW - timedelta(hours=1))
    segment = Segment.objects.order_by("pk")[0]
    own = factories.customer(manager, name="Lindqvist AB", segment=segment)
    factories.contact(own)
    logged = factories.interaction(own)
    with_them = factories.interaction(Customer.objects.filter(is_sample=True)[0], created_at=NOW)
    browser = login(manager)

    page = browser.get(reverse("sample_remove")).content.decode()
    assert "30 invented customers go" in page
    assert "1 entry was made" in page
    done = browser.post(reverse("sample_remove"), follow=True).content.decode()

    assert "The sample data are gone" in done
    assert Customer.objects.get() == own
    assert Interaction.objects.get() == logged != with_them
    # It has a customer of the company, the other three have nobody.
    assert Segment.objects.get() == segment


def test_a_segment_with_another_name_is_the_companys_by_now(manager: User) -> None:
    sample.load(manager, at=NOW)
    Segment.objects.filter(name="C customers").update(name="Small shops")

    sample.remove()

    assert Segment.objects.get().name == "Small shops"


def test_who_was_merged_with_a_real_customer_is_real(customer: Customer, manager: User) -> None:
    invented = factories.customer(manager, name="Invented", is_sample=True)
    kept, lost = merging.locked(invented, customer)

    merging.join_customers(kept, lost, by=manager, at=NOW)

    assert not Customer.objects.get(pk=kept.pk).is_sample


# ---- Twice and at once ----


def test_loading_and_taking_away_twice_is_harmless(manager: User, administrator: User) -> None:
    assert sample.load(manager, at=NOW)
    assert not sample.load(administrator, at=NOW)
    assert Customer.objects.count() == sample.CUSTOMERS
    assert sample.remove()
    assert not sample.remove()
    assert sample.load(administrator, at=NOW)
    assert Customer.objects.filter(owner=administrator).count() == sample.CUSTOMERS


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_load_once_and_take_away_once() -> None:
    person = factories.user("manager")

    assert sorted(together(lambda: sample.load(person, at=NOW), lambda: sample.load(person, at=NOW))) == [False, True]
    assert Customer.objects.count() == sample.CUSTOMERS
    assert sorted(together(sample.remove, sample.remove)) == [False, True]
    assert not Customer.objects.exists()


def test_if_it_fails_nothing_is_left(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_parts: Any, **_options: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(scoring, "rescore", fail)
    before = rows()
    with pytest.raises(RuntimeError):
        sample.load(manager, at=NOW)
    assert rows() == before
    assert Beginning.current().loaded_at is None


# ---- The pages ----


def test_one_click_loads_and_every_page_with_them_says_so(login: Login, manager: User, teammate: User) -> None:
    browser = login(manager)
    assert "Load sample data" in browser.get(reverse("first_steps")).content.decode()

    answer = browser.post(reverse("sample_load"), follow=True)

    assert "The sample data are there" in answer.content.decode()
    for name in ("today", "customers", "portfolio"):
        html = browser.get(reverse(name)).content.decode()
        assert "Sample data are loaded." in html
        assert reverse("sample_remove") in html
    customer = Customer.objects.filter(is_sample=True)[0]
    assert "no mail goes there" in browser.get(reverse("customer", args=[customer.pk])).content.decode()
    html = login(teammate).get(reverse("today")).content.decode()
    assert "Sample data are loaded." in html
    assert reverse("sample_remove") not in html
    assert "Load sample data" not in browser.get(reverse("first_steps")).content.decode()
    assert browser.get(reverse("customers")).content.decode().count(">Sample</span>") == Customer.objects.kept().count()


def test_where_there_are_customers_the_click_explains_itself(login: Login, manager: User, customer: Customer) -> None:
    browser = login(manager)

    assert "not to be mixed" in browser.get(reverse("first_steps")).content.decode()
    assert "customers of your own" in browser.post(reverse("sample_load"), follow=True).content.decode()
    assert "There are no sample data" in browser.get(reverse("sample_remove"), follow=True).content.decode()
    assert browser.post(reverse("sample_remove")).status_code == 302
    assert Customer.objects.get() == customer


def test_own_customers_are_all_but_the_invented(customer: Customer) -> None:
    factories.customer(is_sample=True)

    assert list(beginning.own_customers()) == [customer]


def test_ids_come_from_the_tables_own_sequence(manager: User) -> None:
    ids = sample._next_ids(Customer)
    taken = [next(ids) for _number in range(250)]

    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM customers_customer_id_seq")
        (last,) = cursor.fetchone()
    assert len(set(taken)) == 250
    assert taken == sorted(taken)
    assert last >= taken[-1]
