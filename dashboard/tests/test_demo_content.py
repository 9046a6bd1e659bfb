"""What there is to see in the demo company: something of everything, on the first day and the first run."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Contact, Customer
from dashboard.demo import people
from dashboard.tests.demo_company import AT, ON
from interactions.models import Complaint, FollowUp, Interaction, Kind
from outreach import gate
from outreach.models import Message, MessageKind
from outreach.planning import plan
from retention.models import Band, CustomerRisk, Loss, PlanStep, RetentionPlan
from retention_crm.lib import clock
from surveys.models import Opinion, Response

pytestmark = pytest.mark.django_db


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


def test_it_is_known_why_most_of_the_lost_left_and_two_have_a_plan(demo: User) -> None:
    assert set(Loss.objects.open().values_list("customer")) == set(
        Customer.objects.exclude(lost_on=None).values_list("pk")
    )
    assert Loss.objects.unexplained().count() < Loss.objects.count()
    assert sorted(RetentionPlan.objects.open().values_list("state", flat=True)) == ["draft", "waiting"]
    assert RetentionPlan.objects.filter(started_at__isnull=False, state="closed").exclude(outcome="").exists()
    assert not PlanStep.objects.exclude(follow_up=None).exists()
