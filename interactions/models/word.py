"""The words that stand in notes, so that one that was mistyped can be put right."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models


class NoteWord(models.Model):
    """A word that stood in somebody's notes on that day, folded as the search folds; not in whose."""

    LONGEST = 30

    word = models.CharField(max_length=LONGEST, primary_key=True)
    seen_on = models.DateField()

    objects: models.Manager["NoteWord"] = models.Manager()

    class Meta:
        indexes = [
            GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="note_word_alike"),
            models.Index(fields=["-seen_on"], name="note_word_by_day"),
        ]

    def __str__(self) -> str:
        return self.word
