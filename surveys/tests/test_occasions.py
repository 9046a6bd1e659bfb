"""After what a survey asks by itself, of whom, and what the preview says about it before."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import Complaint, Kind
from outreach import gate
from outreach.models import Message
from outreach.planning import plan as plan_all
from surveys.foreseeing import foresee
from surveys.models import Invitation, Occasion, Queued, Survey
from surveys.planning import invite
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = date(2026, 11, 26)


@pytest.fixture
def survey(company: Company) -> Survey:
    return factories.survey(name="How was it?", asks_after=())


@pytest.fixture
def amira(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad")


def plan(at: datetime = NOW + HOUR) -> int:
    return invite(since=at - DAY, until=at, at=at, company=Company.current())


def asks(survey: Survey, kind: str, **fields: Any) -> Occasion:
    return factories.occasion(survey, kind=kind, **fields)


# ---- After what ----


def test_after_a_complaint_is_resolved_the_main_contact_is_asked_once(survey: Survey, amira: Contact) -> None:
    occasion = asks(survey, "complaint", delay_hours=24)
    factories.contact(amira.customer, is_primary=False)
    complaint = Complaint.objects.create(
        customer=amira.customer, owner=amira.customer.owner, what="Late", opened_at=NOW - DAY, resolved_at=NOW
    )

    assert [plan(), plan()] == [1, 0]
    made = Invitation.objects.get()
    assert (made.contact, made.occasion, made.trigger, made.send_at) == (amira, occasion, None, NOW + DAY)
    Complaint.objects.filter(pk=complaint.pk).update(resolved_at=NOW + HOUR)
    assert plan(NOW + 2 * HOUR) == 0
    assert Queued.objects.count() == 1


def test_an_open_complaint_and_one_resolved_long_ago_ask_nobody(survey: Survey, amira: Contact) -> None:
    asks(survey, "complaint", delay_hours=0)
    for resolved_at in (None, NOW - 8 * DAY):
        Complaint.objects.create(
            customer=amira.customer,
            owner=amira.customer.owner,
            what="Late",
            opened_at=NOW - 9 * DAY,
            resolved_at=resolved_at,
        )

    assert plan() == 0


@pytest.mark.parametrize(("days", "asked"), [(28, 0), (30, 1), (36, 1), (38, 0)])
def test_so_many_days_after_they_became_a_customer(survey: Survey, amira: Contact, days: int, asked: int) -> None:
    asks(survey, "start", number=30)
    Customer.objects.update(customer_since=TODAY - timedelta(days=days), time_zone="Europe/Stockholm")

    at = datetime(2026, 11, 26, 8, 1, tzinfo=UTC)
    assert [plan(at), plan(at)] == [asked, 0]
    if asked:
        assert Queued.objects.get().due_at == datetime(2026, 11, 26, 8, tzinfo=UTC) - timedelta(days=days - 30)


def test_it_is_asked_at_the_hour_of_greetings_by_the_customers_clock(survey: Survey, amira: Contact) -> None:
    asks(survey, "start", number=30)
    Customer.objects.update(customer_since=TODAY - timedelta(days=30), time_zone="Asia/Tokyo")
    nine_in_tokyo = datetime(2026, 11, 26, 0, tzinfo=UTC)

    assert plan(nine_in_tokyo - timedelta(minutes=1)) == 0
    assert plan(nine_in_tokyo) == 1
    assert Invitation.objects.get().send_at == nine_in_tokyo


@pytest.mark.parametrize(
    ("since", "months", "asked"),
    [
        (date(2026, 5, 26), 6, 1),
        (date(2025, 11, 26), 6, 1),
        (date(2026, 5, 20), 6, 1),
        (date(2026, 5, 18), 6, 0),
        (date(2026, 5, 27), 6, 0),
        (date(2026, 8, 26), 6, 0),
        (date(2026, 8, 26), 3, 1),
        (date(1999, 11, 26), 12, 1),
        (TODAY, 1, 0),
    ],
)
def test_every_few_months_from_the_day_they_became_a_customer(
    survey: Survey, amira: Contact, since: date, months: int, asked: int
) -> None:
    asks(survey, "regular", number=months)
    Customer.objects.update(customer_since=since)

    at = NOW + 6 * HOUR
    assert [plan(at), plan(at)] == [asked, 0]


def test_the_end_of_a_short_month_is_the_day_in_it(survey: Survey, amira: Contact) -> None:
    asks(survey, "regular", number=1)
    Customer.objects.update(customer_since=date(2026, 1, 31), time_zone="UTC")

    assert plan(datetime(2026, 2, 28, 8, 59, tzinfo=UTC)) == 0
    assert plan(datetime(2026, 2, 28, 9, 1, tzinfo=UTC)) == 1


def test_it_comes_round_again(survey: Survey, amira: Contact) -> None:
    asks(survey, "regular", number=6)
    Customer.objects.update(customer_since=date(2025, 1, 10))

    at = datetime(2025, 7, 10, 20, tzinfo=UTC)
    assert [plan(at), plan(at + 90 * DAY), plan(at + 184 * DAY)] == [1, 0, 1]


def test_who_has_left_is_asked_why_and_by_that_survey_only(survey: Survey, amira: Contact, company: Company) -> None:
    asks(survey, "loss", delay_hours=72)
    other = factories.survey(name="Meetings")
    factories.interaction(amira.customer, contact=amira, kind=Kind.MEETING, created_at=NOW, happened_at=NOW)
    Customer.objects.update(lost_on=TODAY, time_zone="UTC")

    at = NOW + 2 * DAY
    assert [plan(at), plan(at)] == [1, 0]
    made = Invitation.objects.get()
    assert made.survey == survey != other
    assert made.send_at == datetime(2026, 11, 29, 9, tzinfo=UTC)


def test_the_mail_about_leaving_passes_the_gate_and_no_other_does(survey: Survey, amira: Contact) -> None:
    occasion = asks(survey, "loss")
    Customer.objects.update(lost_on=TODAY)
    about = factories.invitation(amira, survey=survey, occasion=occasion)
    other = factories.invitation(amira, survey=survey)
    plan_all(at=NOW)

    (message,) = Message.objects.filter(kind="survey")
    assert message.invitation == about
    forced = factories.message(amira, kind="survey", occasion=f"invitation:{other.pk}", invitation=other, due_at=NOW)
    loaded = gate.load([message.pk, forced.pk])
    rulings = gate.check(loaded, at=NOW, company=Company.current())
    assert message.pk not in rulings
    assert rulings[forced.pk].rule == "lost"


# ---- Of whom ----


def test_only_the_segments_that_were_chosen(survey: Survey) -> None:
    gold, silver = factories.segment(name="Gold"), factories.segment(name="Silver")
    occasion = asks(survey, "meeting")
    occasion.segments.add(gold)
    for segment in (gold, silver):
        contact = factories.contact(factories.customer(segment=segment))
        factories.interaction(contact.customer, kind=Kind.MEETING, created_at=NOW, happened_at=NOW)

    assert plan() == 1
    assert Invitation.objects.get().customer.segment == gold


def test_a_sample_is_about_its_share_and_the_same_every_time(survey: Survey) -> None:
    occasion = asks(survey, "meeting", sample_percent=30)
    contacts = [factories.contact() for _number in range(200)]
    for contact in contacts:
        factories.interaction(contact.customer, kind=Kind.MEETING, created_at=NOW, happened_at=NOW)
    first = plan()
    drawn = set(Invitation.objects.values_list("contact", flat=True))
    assert 30 < first < 90

    Invitation.objects.all().delete()
    Queued.objects.all().delete()
    plan()
    assert set(Invitation.objects.values_list("contact", flat=True)) == drawn

    Invitation.objects.all().delete()
    Queued.objects.all().delete()
    Occasion.objects.filter(pk=occasion.pk).update(sample_percent=60)
    plan()
    assert set(Invitation.objects.values_list("contact", flat=True)) > drawn


def test_another_secret_draws_others(survey: Survey, settings: Any) -> None:
    asks(survey, "meeting", sample_percent=50)
    for _number in range(60):
        factories.interaction(factories.contact().customer, kind=Kind.MEETING, created_at=NOW, happened_at=NOW)
    plan()
    drawn = set(Invitation.objects.values_list("contact", flat=True))
    Invitation.objects.all().delete()
    Queued.objects.all().delete()

    settings.SECRET_KEY = "another secret of sixty characters, as it should be, and long enough"
    plan()
    assert set(Invitation.objects.values_list("contact", flat=True)) != drawn


# ---- The preview ----


def foreseen(survey: Survey, user: User, at: datetime = NOW) -> tuple[list[Any], list[Any]]:
    """Who is asked with why, and who waits with the moment."""
    found = foresee(survey, user, at=at, company=Company.current())
    return (
        [(row.contact.name, row.why) for row in found.asked],
        [(row.contact.name, row.send_at) for row in found.waiting],
    )


def test_the_preview_says_who_is_asked_why_and_who_waits(survey: Survey, manager: User) -> None:
    asks(survey, "meeting", delay_hours=12)
    asks(survey, "start", number=30)
    new, met, waits = (
        factories.contact(factories.customer(customer_since=since, time_zone="UTC"), name=name)
        for name, since in (("Nora", TODAY - 29 * DAY), ("Mira", date(2020, 1, 1)), ("Wim", date(2020, 1, 1)))
    )
    factories.invitation(waits, survey=factories.survey(name="Other", asks_after=()), send_at=NOW - 80 * DAY)
    for contact in (met, waits):
        factories.interaction(contact.customer, contact=contact, kind=Kind.MEETING, created_at=NOW, happened_at=NOW)
    before = Queued.objects.count(), Invitation.objects.count()

    expected = (
        [("Mira", "Meeting or visit on 26 Nov 2026"), ("Nora", "A customer for 30 days")],
        [("Wim", NOW + 10 * DAY)],
    )
    assert foreseen(survey, manager) == expected
    assert (Queued.objects.count(), Invitation.objects.count()) == before
    plan()
    assert foreseen(survey, manager, NOW + HOUR) == expected
    assert new.invitations.count() == 0


def test_of_a_contact_with_two_events_one_is_asked_about(survey: Survey, manager: User, amira: Contact) -> None:
    asks(survey, "meeting", delay_hours=12)
    for hours in (0, 1):
        at = NOW - hours * HOUR
        factories.interaction(amira.customer, contact=amira, kind=Kind.MEETING, created_at=at, happened_at=at)

    assert [len(rows) for rows in foreseen(survey, manager)] == [1, 0]


def test_the_page_shows_occasions_and_foresight_at_the_same_cost_for_one_and_for_three(
    login: Login, manager: User, survey: Survey, present: Any
) -> None:
    browser = login(manager)
    page = reverse("survey_occasions", args=[survey.pk])
    assert "By hand only" in browser.get(page).content.decode()
    counts: list[int] = []
    for _round in range(2):
        for _number in range(1 if not counts else 2):
            asks(survey, "meeting", delay_hours=5)
            contact = factories.contact()
            factories.interaction(contact.customer, kind=Kind.MEETING, created_at=NOW, happened_at=NOW)
        with CaptureQueriesContext(connection) as counted:
            html = browser.get(page).content.decode()
        counts.append(len(counted))
    assert counts[0] == counts[1]
    assert "3 are asked by the end of tomorrow" in html


def test_an_occasion_is_made_and_stopped(login: Login, manager: User, survey: Survey) -> None:
    gold = factories.segment(name="Gold")
    browser = login(manager)
    typed = {"number": "6", "sample_percent": "50", "reminder_days": "3", "is_active": "on", "segments": [gold.pk]}
    page = browser.post(reverse("occasion_new", args=[survey.pk, "regular"]), typed)
    assert page.headers["Location"] == reverse("survey_occasions", args=[survey.pk])
    occasion = Occasion.objects.get()
    assert (occasion.kind, occasion.number, occasion.sample_percent) == ("regular", 6, 50)
    assert list(occasion.segments.all()) == [gold]

    del typed["is_active"]
    browser.post(reverse("occasion_edit", args=[occasion.pk]), typed)
    assert not Occasion.objects.get().is_active
    assert "stopped" in browser.get(reverse("survey_occasions", args=[survey.pk])).content.decode()


@pytest.mark.parametrize(
    ("kind", "field", "value", "words"),
    [
        ("meeting", "delay_hours", "-1", "greater than or equal to 0"),
        ("meeting", "delay_hours", "1441", "less than or equal to 1440"),
        ("meeting", "sample_percent", "0", "greater than or equal to 1"),
        ("meeting", "sample_percent", "101", "less than or equal to 100"),
        ("meeting", "reminder_days", "61", "less than or equal to 60"),
        ("regular", "number", "0", "greater than or equal to 1"),
        ("regular", "number", "61", "less than or equal to 60"),
        ("start", "number", "3651", "less than or equal to 3650"),
        ("start", "number", "9" * 500, "less than or equal to 3650"),
        ("meeting", "delay_hours", "\x00", "Enter a whole number"),
    ],
)
def test_what_is_no_occasion_is_told_at_its_field(
    login: Login, manager: User, survey: Survey, kind: str, field: str, value: str, words: str
) -> None:
    typed = {"delay_hours": "2", "number": "6", "sample_percent": "100", "reminder_days": "7", "is_active": "on"}
    page = login(manager).post(reverse("occasion_new", args=[survey.pk, kind]), typed | {field: value})

    assert page.status_code == 422
    assert words in page.content.decode()
    assert not Occasion.objects.exists()
