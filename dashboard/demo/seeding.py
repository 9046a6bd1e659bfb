"""Fills an empty database with the demo company, the same for the same seed, number and day."""

from collections.abc import Callable, Sequence
from datetime import date, time
from random import Random

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from accounts.models import User
from dashboard.demo import (
    agreeing,
    complaining,
    histories,
    keeping,
    kindnesses,
    meetings,
    people,
    recaps,
    remembering,
    showcase,
    standing,
    trying,
)
from dashboard.demo.relationships import Relationship, Wish, close, meet
from dashboard.demo.writing import COLUMNS, Book
from interactions.models import Interaction
from retention import expecting, scoring
from retention_crm.lib import clock

BATCH = 2_000
OWN_APPS = ("accounts", "customers", "interactions", "surveys", "outreach", "retention")

Progress = Callable[[str], None]


def obstacle(*, replace: bool) -> str:
    """Why the demo may not be loaded into this database, in a sentence; empty if it may."""
    emails = list(User.objects.values_list("email", flat=True))
    if not emails:
        return ""
    if not people.are_the_demos_own(emails):
        return (
            "This database has people of its own in it, so the demo company is not loaded. "
            "Set DATABASE_URL to an empty database, or RETENTION_DATA_DIR to an empty directory."
        )
    if not replace:
        return "The demo company is loaded already. Add --replace to delete everything in it and load it anew."
    return ""


def seed(*, seed: int, customers: int, on: date, progress: Progress) -> dict[str, int]:
    """Loads the demo in one transaction, all or nothing; returns the number of rows by what the models are called.

    Deletes whatever was there; ask `obstacle` before.
    """
    with transaction.atomic():
        _empty()
        stage = people.set_the_stage(on, customers)
        book = Book()
        for first in range(1, customers + 1, BATCH):
            last = min(first + BATCH - 1, customers)
            for number in range(first, last + 1):
                tell_of(book, stage, number, seed, showcase.SCENES)
            book.write()
            progress(f"{last:,} of {customers:,} customers, {book.written[Interaction]:,} interactions")
        book.continue_sequences()
        _happen(on, seed)
        _analyze()
        progress("risk")
        scoring.rebuild(at=clock.moment(on, time(), people.ZONE))
        expecting.expect_orders(at=clock.moment(on, time(), people.ZONE))
        expecting.propose_calls(at=clock.moment(on, time(7), people.ZONE))
        standing.look_back(on)
        progress("lists of before")
        remembering.keep_lists(on, customers)
        trying.try_plays(on)
        trying.warn_of_losses(on)
        progress("references")
        connection.check_constraints()
    return {_called(model, number): number for model, number in book.written.items()}


def _happen(on: date, seed: int) -> None:
    """What people did with the customers and the product until the morning of the demo's day."""
    morning = clock.moment(on, time(8), people.ZONE)
    showcase.keep_a_day(on)
    showcase.tell_news(on)
    recaps.send_recaps(on)
    meetings.plan_meetings(on)
    agreeing.answer_as_customers(on)
    complaining.ask_and_answer(until=morning)
    complaining.ask_in_conversations()
    complaining.deal_with_complaints(seed, until=morning)
    keeping.say_why(on)
    keeping.plan_for_two(on)
    keeping.put_wishes_together()
    standing.agree(on)
    kindnesses.be_kind(on)


def tell_of(book: Book, stage: people.Stage, number: int, seed: int, scenes: Sequence[showcase.Scene]) -> Relationship:
    """Each customer has chances of its own, so but for their owners the first are the same however many there are."""
    random = Random(f"{seed}:{number}")  # noqa: S311 - nothing here is secret
    scene = scenes[number - 1] if number <= len(scenes) else None
    wish = showcase.wish_for(scene, stage.on) if scene else Wish()
    relationship = meet(book, stage, number, random, wish)
    histories.tell(book, stage, relationship, random, plain=scene is not None)
    if scene:
        scene.play(showcase.Set(book, stage, relationship, random))
    close(book, random, relationship, wish)
    return relationship


def _called(model: type[Model], number: int) -> str:
    return str(model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural)


def _empty() -> None:
    quote = connection.ops.quote_name
    tables = [quote(model._meta.db_table) for app in OWN_APPS for model in apps.get_app_config(app).get_models()]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")


def _analyze() -> None:
    """So that the first pages are planned by what is there now."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(quote(model._meta.db_table) for model in COLUMNS)}")
