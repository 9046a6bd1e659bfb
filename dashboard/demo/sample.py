"""Sample data: a few customers of the demo for a company that has none, marked, and taken away again by one click.

They belong to whoever loads them and are in the company's own segments, where it has any; nothing of the company is
changed.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import connection, models, transaction

from accounts.models import User
from customers.models import SAMPLE_DOMAIN, Customer, Segment
from dashboard.beginning import own_customers
from dashboard.demo import people, showcase
from dashboard.demo.people import Care, Questionnaire, Stage
from dashboard.demo.seeding import tell_of
from dashboard.demo.writing import Book
from dashboard.models import Beginning
from interactions.models import Complaint, FollowUp, Interaction, Wish
from outreach.forgetting import forget
from outreach.models import Message
from outreach.planning import one_at_a_time
from retention import scoring
from retention.losing import record_unrecorded
from retention_crm.lib import clock
from surveys.models import Survey
from surveys.starting import ask_for_recommendation

CUSTOMERS = 30
SEED = 7
_IDS_AT_ONCE = 100
# How much shorter the usual gap between contacts is than the longest one that is allowed.
_USUAL_PART = 2 / 3


@dataclass(frozen=True)
class Contents:
    """What there is of sample data; `entered` of it by people since they were loaded."""

    customers: int
    contacts: int
    interactions: int
    entered: int


def load(by: User, *, at: datetime) -> bool:
    """Loads them, all or nothing; false if they are there, or if the company has customers of its own."""
    with transaction.atomic():
        _in_turns()
        beginning = Beginning.current()
        if beginning.loaded_at or own_customers().exists():
            return False
        # By the clock of the demo's stage, so that nothing happens later than now.
        on = clock.today(people.ZONE, at)
        beginning.made = {}
        stage = _stage(by, on, beginning)
        book = Book(_next_ids)
        pks = [tell_of(book, stage, number, SEED, showcase.ALONE).pk for number in range(1, CUSTOMERS + 1)]
        book.write()
        Customer.objects.filter(pk__in=pks).update(is_sample=True)
        scoring.rescore(pks, at=at)
        record_unrecorded(at=at)
        beginning.loaded_at, beginning.loaded_by = at, by
        beginning.save()
        return True


def contents() -> Contents:
    """What would be taken away now."""
    loaded_at, samples = Beginning.current().loaded_at, Customer.objects.filter(is_sample=True)
    logged = Interaction.objects.filter(customer__is_sample=True)
    entered: list[models.QuerySet[Any]] = [
        logged.filter(created_at__gt=loaded_at),
        FollowUp.objects.filter(customer__is_sample=True, created_at__gt=loaded_at),
        Complaint.objects.filter(customer__is_sample=True, opened_at__gt=loaded_at),
        Wish.objects.filter(customer__is_sample=True, said_at__gt=loaded_at),
    ]
    return Contents(
        customers=samples.count(),
        contacts=samples.aggregate(number=models.Count("contacts"))["number"],
        interactions=logged.count(),
        entered=sum(rows.count() for rows in entered) if loaded_at else 0,
    )


def remove() -> bool:
    """Takes them away with all that belongs to them, and what was made for them alone; false if there are none."""
    with transaction.atomic():
        _in_turns()
        beginning = Beginning.current()
        if not beginning.loaded_at:
            return False
        # A planner may be writing messages to them.
        one_at_a_time()
        forget(Message.objects.filter(customer__is_sample=True))
        Customer.objects.filter(is_sample=True).delete()
        _take_away_what_was_made(beginning)
        beginning.loaded_at = beginning.loaded_by = None
        beginning.made = {}
        beginning.save()
        return True


def _in_turns() -> None:
    """Whoever loads or takes away waits for whoever else does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('dashboard.sample'))")


def _stage(by: User, on: date, beginning: Beginning) -> Stage:
    return Stage(
        on=on,
        star=by,
        owners=[by],
        shares=[1],
        segments=_segments(beginning),
        segment_weights=[weight for *_rest, weight in people.SEGMENTS],
        survey=_survey(on, beginning),
        domains=(SAMPLE_DOMAIN,),
    )


def _segments(beginning: Beginning) -> list[Care]:
    """Four of the company's own, from the one with the most care on; or, if it has none, those of the demo."""
    own = list(Segment.objects.order_by("cadence_days", "pk"))
    if not own:
        own = [Segment.objects.create(name=name, cadence_days=days) for name, days, *_rest in people.SEGMENTS]
        beginning.made["segments"] = {str(segment.pk): segment.name for segment in own}
    amounts = [amount for _name, _days, _gap, amount, _weight in people.SEGMENTS]
    return [
        Care(segment.pk, segment.cadence_days, segment.cadence_days * _USUAL_PART, amount)
        for segment, amount in zip((own[place * len(own) // 4] for place in range(4)), amounts, strict=True)
    ]


def _survey(on: date, beginning: Beginning) -> Questionnaire:
    """The company's own, or one that asks nobody."""
    survey = Survey.objects.asking().order_by("pk").first()
    if survey is None:
        begun = clock.moment(on, time(), people.ZONE)
        survey = ask_for_recommendation("How are we doing?", at=begun, is_active=False)
        beginning.made["survey"] = survey.pk
    return Questionnaire.of(survey)


def _next_ids(model: type[models.Model]) -> Iterator[int]:
    """Ids that nobody else gets, from the table's own sequence."""
    table = connection.ops.quote_name(model._meta.db_table)
    numbers = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
    for _round in itertools.count():
        with connection.cursor() as cursor:
            cursor.execute(numbers, [table, _IDS_AT_ONCE])
            yield from [pk for (pk,) in cursor.fetchall()]


def _take_away_what_was_made(beginning: Beginning) -> None:
    """Segments that got another name or customers of the company are its own by now, and so is a survey in use."""
    for pk, name in beginning.made_segments.items():
        Segment.objects.filter(pk=pk, name=name, customers__isnull=True).delete()
    Survey.objects.filter(pk=beginning.made.get("survey"), is_active=False, invitations__isnull=True).delete()
