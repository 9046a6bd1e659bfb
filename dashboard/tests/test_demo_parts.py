"""What the demo company is made of: names, rhythms, scenes, and rows written in bulk."""

import re
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from customers.models import Customer
from dashboard.demo import cultures, rhythms, showcase, writing
from dashboard.tests.demo_company import ON, seed
from interactions.models import Interaction
from retention_crm.lib import clock

pytestmark = pytest.mark.django_db


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
