"""Learning which words stand in notes, once a night for all of them: what is erased is forgotten the night after."""

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import Company
from interactions.models import NoteWord
from retention_crm.lib import clock
from retention_crm.lib.alone import Job, is_alone
from retention_crm.lib.folding import folded

# Shorter ones are found, or written anew, sooner than put right.
SHORTEST_WORD = 4
# What stands between words. Letters of no script are named, so that all are taken.
BETWEEN_WORDS = "[[:space:][:punct:]“”„‚‘’«»…–—·•،。、]+"
_LEARN = f"""
INSERT INTO interactions_noteword (word, seen_on)
SELECT DISTINCT word, %(today)s::date
FROM interactions_interaction, regexp_split_to_table({folded("notes")}, %(between)s) AS word
WHERE notes <> '' AND length(word) BETWEEN %(shortest)s AND %(longest)s AND word !~ '[0-9]'
ORDER BY word
ON CONFLICT (word) DO UPDATE SET seen_on = excluded.seen_on
"""  # noqa: S608 - only constants


def learn_words_if_due(*, at: datetime) -> int:
    """Learns the words of all notes if that was not done on this day of the company; returns how many there are.

    Of two at once one learns and the other returns at once. A missed night is made up for by the next call.
    """
    today = clock.today(Company.current().time_zone, at)
    if NoteWord.objects.filter(seen_on__gte=today).exists():
        return 0
    with transaction.atomic():
        if not is_alone(Job.NOTE_WORDS) or NoteWord.objects.filter(seen_on__gte=today).exists():
            return 0
        return _learn(today)


def _learn(today: date) -> int:
    parameters: dict[str, Any] = {
        "today": today,
        "between": BETWEEN_WORDS,
        "shortest": SHORTEST_WORD,
        "longest": NoteWord.LONGEST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LEARN, parameters)
        learnt = int(cursor.rowcount)
    NoteWord.objects.filter(seen_on__lt=today).delete()
    return learnt
