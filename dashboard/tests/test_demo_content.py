"""What there is to see in the demo company: something of everything, on the first day and the first run."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from django.core import mail
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Contact, Customer
from dashboard.demo import cultures, people, rhythms, showcase, writing
from dashboard.tests.demo_company import AT, ON, seed
from interactions.models import Complaint, FollowUp, Interaction, Kind
from outreach import gate
from outreach.models import Message, MessageKind
from outreach.planning import plan
from retention.models import Band, CustomerRisk
from retention_crm.lib import clock
from surveys.models import Opinion, Response

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo() -> User:
    """The demo as a first run loads it; its first member of staff."""
    seed(60)
    return User.objects.get(email="sales@example.com")


# --- something of everything


def test_today_has_something_in_each_section_for_the_first_login(demo: User) -> None:
    end_of_day = clock.day_bounds(ON, demo.time_zone)[1]
    due = FollowUp.objects.due_by(end_of_day).filter(assignee=demo)
    assert due.promises().exists()
    assert due.filter(is_promise=False, origin=FollowUp.Origin.STAFF).exists()
    assert due.filter(origin=FollowUp.Origin.SURVEY).exists()
    assert Customer.objects.overdue(ON).filter(owner=demo).exists()
    assert Complaint.objects.open().filter(owner=demo).exists()
    assert Response.objects.detractors().filter(customer__owner=demo, answered_at__gte=AT - timedelta(days=14)).exists()
    week = [ON + timedelta(days=days) for days in range(7)]
    birthdays = Contact.objects.with_birthday_on(week).reachable().filter(customer__owner=demo)
    assert {(c.birthday_month, c.birthday_day) for c in birthdays} >= {(11, 26), (11, 27)}


def test_a_promise_is_late_and_another_is_due_today(demo: User) -> None:
    start, end = clock.day_bounds(ON, demo.time_zone)
    promises = FollowUp.objects.open().promises().filter(assignee=demo)
    assert promises.filter(due_at__lt=start).exists()
    assert promises.filter(due_at__range=(start, end)).exists()


def test_promises_were_kept_and_broken(demo: User) -> None:
    done = FollowUp.objects.exclude(done_at=None)
    assert done.filter(done_at__lte=F("due_at")).exists()
    assert done.filter(done_at__gt=F("due_at")).exists()


def test_the_portfolio_has_customers_in_every_band(demo: User) -> None:
    found = set(CustomerRisk.objects.values_list("band", flat=True))
    assert found == set(Band.values)


def test_the_first_login_has_a_good_many_customers_and_so_has_everybody_who_sells(demo: User) -> None:
    assert Customer.objects.filter(owner=demo).count() > 15
    assert Customer.objects.values("owner").distinct().count() == sum(member.share > 0 for member in people.MEMBERS)


def test_answers_of_every_kind_have_come_in(demo: User) -> None:
    assert {response.opinion for response in Response.objects.all()} == set(Opinion)
    assert Response.objects.exclude(comment="").exists()


def test_there_is_every_kind_of_interaction_and_outcome(demo: User) -> None:
    assert set(Interaction.objects.values_list("kind", flat=True)) == set(Kind.values)
    assert {"held", "no_answer"} <= set(Interaction.objects.values_list("outcome", flat=True))
    assert not Interaction.objects.filter(kind=Kind.PURCHASE, amount=None).exists()
    assert not Interaction.objects.filter(kind=Kind.CALL).exclude(amount=None).exists()


def test_names_come_from_many_scripts(demo: User) -> None:
    text_of_all = "".join(Customer.objects.values_list("name", flat=True))
    for first, last in ("AZ", "את", "ءي", "Αω", "Ѐя", "一龥", "가힣", "अह"):
        assert any(first <= letter <= last for letter in text_of_all), f"nothing from {first} to {last}"


def test_somebody_was_born_on_29_february_and_somebody_has_died(demo: User) -> None:
    assert Contact.objects.filter(birthday_month=2, birthday_day=29).exists()
    assert Contact.objects.filter(deceased=True).exists()


def test_some_customers_are_lost_and_some_were_silent_lately(demo: User) -> None:
    assert Customer.objects.filter(lost_on__lt=ON).exists()
    assert Customer.objects.kept().filter(last_touchpoint_on__lt=ON - timedelta(days=90)).exists()


# --- the first run


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_on_the_first_run_mails_go_out_at_any_hour_but_no_flood(demo: User, hour: int) -> None:
    at = clock.moment(ON, time(hour, 10), people.ZONE)
    planned = plan(at=at)
    due = Message.objects.filter(due_at__lte=at, expires_at__gt=at)
    assert due.filter(kind=MessageKind.BIRTHDAY).exists()
    assert due.filter(kind=MessageKind.SURVEY).exists()
    if hour >= 2:
        assert due.filter(kind=MessageKind.THANK_YOU).exists()
    assert sum(planned.values()) < 40
    assert mail.outbox == []


def test_a_greeting_meets_an_open_complaint_on_the_first_day(demo: User) -> None:
    plan(at=AT)
    greetings = Message.objects.filter(kind=MessageKind.BIRTHDAY, customer__owner=demo, due_at__lte=AT)
    assert greetings.filter(customer__complaints__resolved_at=None, customer__complaints__isnull=False).exists()


def test_on_the_first_day_a_greeting_is_held_for_each_reason_and_others_go_out(demo: User) -> None:
    evening = clock.moment(ON, time(17, 0), people.ZONE)
    plan(at=AT)
    greetings = Message.objects.filter(kind=MessageKind.BIRTHDAY, customer__owner=demo, due_at__lte=evening)
    messages = gate.load(list(greetings.values_list("pk", flat=True)))
    rulings = [
        gate.check([message], at=message.due_at, company=Company.current()).get(message.pk) for message in messages
    ]
    held = sorted(ruling.rule for ruling in rulings if ruling)
    assert held == ["detractor", "open_complaint", "overdue_promise", "owner_changed"]
    assert rulings.count(None) >= 3


def test_the_new_customer_of_yesterday_is_thanked(demo: User) -> None:
    plan(at=AT)
    assert Message.objects.filter(occasion__startswith="thank-you:customer:").exists()


# --- the pages


@pytest.mark.parametrize("name", ["today", "customers"])
def test_the_pages_show_the_demo(demo: User, name: str, login: Callable[[User], Client]) -> None:
    response = login(demo).get(reverse(name))
    assert response.status_code == 200


# --- the parts


def test_every_culture_has_names_zones_and_mailboxes_that_work() -> None:
    for culture in cultures.cultures().values():
        random = Random(1)
        assert set(culture.zones) <= set(clock.zone_names())
        person = culture.person(random)
        assert re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+", person.mailbox), f"{culture.key}: {person.mailbox}"
        assert all(name.latin.isascii() and name.latin for name in (*culture.given, *culture.family))
        business, family = culture.business(random)
        assert business and "{" not in business
        assert family in culture.family


def test_the_weekend_is_left_to_friday() -> None:
    friday = date(2026, 11, 27)
    for days, expected in ((-1, -1), (0, 0), (1, 0), (2, 0), (3, 3)):
        day = friday + timedelta(days=days)
        assert date.fromordinal(rhythms.workday(day.toordinal())) == friday + timedelta(days=expected)


@pytest.mark.parametrize("course", rhythms.COURSES, ids=lambda course: course.name)
def test_a_course_stays_within_its_time(course: rhythms.Course) -> None:
    for number in range(200):
        span = rhythms.span(Random(number), course, usual_gap=30, until=ON)
        assert span.days == sorted(span.days)
        assert all(span.start <= day <= ON.toordinal() for day in span.days)
        assert len(span.days) <= course.longest
        assert (span.lost is not None) == (course is rhythms.LOST)


def test_every_scene_belongs_to_the_first_login_whatever_the_seed() -> None:
    seed(len(showcase.SCENES), seed=99)
    staged = Customer.objects.filter(pk__lte=len(showcase.SCENES))
    assert set(staged.values_list("owner__email", flat=True)) == {"sales@example.com"}
    assert not staged.filter(do_not_contact=True).exists()


def test_texts_with_quotes_line_ends_and_nothing_arrive_as_they_are(customer: Customer) -> None:
    book = writing.Book()
    hard = 'He said: "no",\nthen\t\\N and ; 👍 עברית'
    moment = "2026-11-25 10:00 Asia/Tokyo"
    for note in (hard, ""):
        values = (customer.pk, None, None, "call", "held", moment, "2026-11-25", note, None, None, moment)
        book.add(Interaction, *values)
    book.write()
    kept = Interaction.objects.order_by("pk")
    assert [row.notes for row in kept] == [hard, ""]
    assert kept[0].happened_at == datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    assert (kept[0].contact, kept[0].sentiment, kept[0].is_touchpoint) == (None, None, True)
