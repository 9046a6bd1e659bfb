"""Notes are found in spite of typing errors, by words that were learnt from all of them the night before."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Company, User
from customers.models import Customer
from interactions import searching
from interactions.learning_words import learn_words_if_due
from interactions.models import Interaction, NoteWord
from interactions.searching import Notes, notes_with
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
PATIENCE = timedelta(seconds=5)


def search(words: str, user: User) -> Notes:
    return notes_with(words, user, most=5, patience=PATIENCE)


def noted(customer: Customer, notes: str) -> Interaction:
    return factories.interaction(customer, notes=notes)


@pytest.mark.parametrize(
    ("notes", "typed", "instead"),
    [
        ("Asked about the delivery on Monday", "delivrey", "delivery"),
        ("Asked about the delivery on Monday", "Delvery", "delivery"),
        ("Asked about the delivery on Monday", "the delievry on munday", "the delivery on monday"),
        ("Möchte eine Bestätigung der Lieferung", "Bestaetigung", "bestatigung"),
        ("Möchte eine Bestätigung der Lieferung", "leiferung", "lieferung"),
        ("Спросил про доставку и цены", "доствку", "доставку"),
        ("سأل عن موعد التسليم", "التسيلم", "التسليم"),
    ],
)
def test_a_note_is_found_in_spite_of_typing_errors(
    owner: User, customer: Customer, notes: str, typed: str, instead: str
) -> None:
    wanted = noted(customer, notes)
    noted(customer, "Nothing of the kind, only small talk")
    learn_words_if_due(at=NOW)

    found = search(typed, owner)

    assert (found.rows, found.instead) == ([wanted], instead)


@pytest.mark.parametrize("typed", ["delivery", "deliv", "DELIVERY note"])
def test_what_stands_there_is_found_as_it_is_typed(owner: User, customer: Customer, typed: str) -> None:
    wanted = noted(customer, "About the delivery note")
    noted(customer, "About the deliverer")
    learn_words_if_due(at=NOW)

    assert wanted in (search(typed, owner).rows or [])
    assert search(typed, owner).instead == ""


@pytest.mark.parametrize(
    "typed", ["zzqqxxyy", "price list 4711", "%%%%", "____", "\\\\\\\\", "'; DROP TABLE x", "🦊🦊🦊🦊"]
)
def test_what_is_like_nothing_finds_nothing(owner: User, customer: Customer, typed: str) -> None:
    noted(customer, "About the delivery note")
    learn_words_if_due(at=NOW)

    assert search(typed, owner) == Notes([])


@pytest.mark.parametrize(
    ("not_large", "latest"), [(9, 9), (0, 9), (0, 1), (0, 0)], ids=["read", "late", "few", "index"]
)
def test_the_newest_are_found_however_large_the_book_is(
    owner: User, outsider: User, customer: Customer, monkeypatch: pytest.MonkeyPatch, not_large: int, latest: int
) -> None:
    monkeypatch.setattr(searching, "NOT_LARGE", not_large)
    monkeypatch.setattr(searching, "LATEST", latest)
    texts = ["The DELIVERY", "die Délivery, Größe Ⅳ", "nothing", "", "a delivery of 100%_", "del ivery"]
    hours = [3, 1, 0, 0, 2, 0]
    notes = [
        factories.interaction(customer, notes=words, happened_at=NOW - timedelta(hours=back))
        for words, back in zip(texts, hours, strict=True)
    ]

    assert search("delivery", owner).rows == [notes[1], notes[4], notes[0]]
    assert search("größe iv", owner).rows == [notes[1]]
    assert search("100%_", owner).rows == [notes[4]]
    assert notes_with("delivery", owner, most=2, patience=PATIENCE).rows == [notes[1], notes[4]]
    assert search("delivery", outsider).rows == []


def test_no_word_is_given_away_that_stands_only_in_notes_of_others(
    owner: User, outsider: User, customer: Customer
) -> None:
    noted(customer, "They are to be sold to Waldemarsson")
    learn_words_if_due(at=NOW)

    assert search("Waldemarson", outsider) == Notes([])
    assert search("Waldemarson", owner).instead == "waldemarsson"


def test_words_are_learnt_once_a_day_also_late_and_those_that_are_gone_are_forgotten(
    owner: User, customer: Customer
) -> None:
    gone = noted(customer, "Waldemarsson called, 4711 boxes, ok")
    noted(customer, "Delivery")
    assert learn_words_if_due(at=NOW) == 4
    assert set(NoteWord.objects.values_list("word", flat=True)) == {"waldemarsson", "called", "boxes", "delivery"}
    gone.delete()
    noted(customer, "Another day")
    assert learn_words_if_due(at=NOW + timedelta(hours=3)) == 0

    # A night was missed.
    assert learn_words_if_due(at=NOW + timedelta(days=2)) == 2
    assert set(NoteWord.objects.values_list("word", "seen_on")) == {
        ("another", TODAY + timedelta(days=2)),
        ("delivery", TODAY + timedelta(days=2)),
    }


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_learns(customer: Customer) -> None:
    noted(customer, "Delivery of boxes")

    assert sorted(at_once(lambda: learn_words_if_due(at=NOW), 4)) == [0, 0, 0, 2]


def test_the_day_is_the_companys(customer: Customer) -> None:
    Company.objects.update(time_zone="Pacific/Auckland")
    noted(customer, "Delivery")

    assert learn_words_if_due(at=datetime(2026, 11, 26, 10, tzinfo=UTC)) == 1
    assert learn_words_if_due(at=datetime(2026, 11, 26, 10, 59, tzinfo=UTC)) == 0
    assert learn_words_if_due(at=datetime(2026, 11, 26, 11, tzinfo=UTC)) == 1


def test_three_notes_cost_as_many_queries_as_one(owner: User, customer: Customer) -> None:
    counts: list[int] = []
    search("warm", owner)
    for number in range(3):
        noted(customer, f"The delivery number {number}")
        learn_words_if_due(at=NOW + timedelta(days=number))
        with CaptureQueriesContext(connection) as queries:
            assert len(search("delivrey", owner).rows or []) == number + 1
        counts.append(len(queries))

    assert len(set(counts)) == 1
