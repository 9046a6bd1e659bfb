"""Finding what somebody wrote down about a conversation."""

import time
from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Func, Value
from psycopg2.errors import QueryCanceled

from accounts.models import User
from customers.models import Customer
from interactions.learning_words import BETWEEN_WORDS, SHORTEST_WORD
from interactions.models import Interaction, InteractionQuerySet
from retention_crm.lib import text
from retention_crm.lib.folding import Folded, FoldedAsRead, folded

# Shorter words stand in nearly every note.
SHORTEST = 4
# How much of two words has to be alike: by their trigrams, to be looked at ("delivrey" and "delivery" have 0.38), and
# letter by letter, to be taken for the same (0.88).
_LOOKED_AT, _TAKEN = 0.3, 0.75
_MOST_LOOKED_AT = 12
_MOST_WORDS = 8
# Up to so many customers all their notes are read, and of more so many of the latest notes.
NOT_LARGE, LATEST = 2_000, 3_000
# The words that are typed, folded, with what stands behind each, and those like them; a word that stands in a note, or
# is the beginning of one that does, has none.
_ALIKE = f"""
SELECT w.word, ARRAY(
    SELECT k.word FROM interactions_noteword k
    WHERE k.word %% w.word
      AND NOT EXISTS (SELECT FROM interactions_noteword same WHERE same.word LIKE w.word || '%%')
    ORDER BY similarity(k.word, w.word) DESC, k.word LIMIT %(most)s
)
FROM regexp_split_to_table({folded("%(words)s")}, %(between)s) WITH ORDINALITY AS w(word, place)
WHERE w.word <> '' ORDER BY place LIMIT %(words_at_most)s
"""  # noqa: S608 - only constants


@dataclass(frozen=True)
class Notes:
    """What was found; `instead` are the words it was found by if those that were typed stand nowhere.

    None found (`rows` is None) if it took too long: words of every tenth note of a large company are no use to anybody.
    """

    rows: list[Interaction] | None
    instead: str = ""


def notes_with(words: str, user: User, *, most: int, patience: timedelta) -> Notes:
    """The newest interactions the person may see whose notes have these words, in this order; case and accents aside.

    With customers and authors; nothing for fewer than four letters. If there are none, words that stand in no note are
    taken for those most like them. All of it takes no longer than `patience`.
    """
    words = text.clean_line(words)
    if len(text.sort_key(words)) < SHORTEST:
        return Notes([])
    until = time.monotonic() + patience.total_seconds()
    try:
        found = _newest(user, words, most, until)
        instead = "" if found else _put_right(words, until)
        # Of notes nobody may see no word is given away: what is not found is not said.
        if instead and (found := _newest(user, instead, most, until)):
            return Notes(found, instead)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return Notes(None)
        raise
    return Notes(found)


def _newest(user: User, words: str, most: int, until: float) -> list[Interaction]:
    """Notes of a book that is not large are read; of a large one the latest are, and if these do not do, the index is.

    The index knows nothing of who may see a note, nor of when it was written: of words that stand in every thirtieth
    note it finds them all, whoever asks, to show the newest few.
    """
    seen = Interaction.objects.visible_to(user).exclude(notes="")
    with transaction.atomic():
        _limit(until)
        if Customer.objects.visible_to(user).order_by()[: NOT_LARGE + 1].count() <= NOT_LARGE:
            return _with(seen, FoldedAsRead, words, most)
        latest = Interaction.objects.exclude(notes="").order_by("-happened_at", "-pk").values("pk")[:LATEST]
        found = _with(seen.filter(pk__in=latest), FoldedAsRead, words, most)
        return found if len(found) == most else _with(seen, Folded, words, most)


def _with(seen: InteractionQuerySet, fold: type[Func], words: str, most: int) -> list[Interaction]:
    found = seen.alias(folded=fold("notes")).filter(folded__contains=Folded(Value(words)))
    return list(found.select_related("customer", "author").order_by("-happened_at", "-pk")[:most])


def _put_right(words: str, until: float) -> str:
    """The same with the words that stand in no note replaced by the likeliest that do; empty if there is nothing to."""
    parameters: dict[str, Any] = {
        "words": words,
        "between": BETWEEN_WORDS,
        "most": _MOST_LOOKED_AT,
        "words_at_most": _MOST_WORDS,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        _limit(until)
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(_LOOKED_AT)])
        cursor.execute(_ALIKE, parameters)
        typed = cursor.fetchall()
    right = [_likeliest(word, alike) for word, alike in typed]
    return " ".join(right) if any(word != was for word, (was, _alike) in zip(right, typed, strict=True)) else ""


def _likeliest(word: str, alike: list[str]) -> str:
    if len(word) < SHORTEST_WORD or not alike:
        return word
    likeness = {other: SequenceMatcher(None, word, other).ratio() for other in alike}
    best = max(alike, key=lambda other: likeness[other])
    return best if likeness[best] >= _TAKEN else word


def _limit(until: float) -> None:
    """Until the end of the transaction no statement runs on after that moment of the steady clock."""
    # None at all would mean no limit.
    milliseconds = max(1, round((until - time.monotonic()) * 1000))
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
