"""What comments are about: found by words, and corrected by people."""

import re
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import CustomerDataQuerySet
from retention_crm.lib import text
from retention_crm.lib.fields import LineField, NoteField
from surveys.models.response import Response

# From here on scripts write words without spaces between them.
_EASTERN = 0x2E80


class Theme(models.Model):
    """A matter that comments speak of, with the words that show it."""

    name = LineField(_("name"), max_length=60, unique=True)
    words = NoteField(
        _("words that show it"),
        max_length=1000,
        blank=True,
        help_text=_("One on each line, each found at the beginning of a word, too: deliver finds delivery."),
    )
    # The same for the database.
    pattern = models.TextField(editable=False, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pattern = "|".join(_found_as(word) for word in map(text.clean_line, self.words.splitlines()) if word)
        super().save(*args, **kwargs)


def _found_as(word: str) -> str:
    """As a regular expression of PostgreSQL, in which only letters, digits and what is escaped stand for themselves."""
    begins = r"\m" if word[0].isalnum() and ord(word[0]) < _EASTERN else ""
    return begins + re.sub(r"([^\w\s])", r"\\\1", word)


class ThemeChoiceQuerySet(CustomerDataQuerySet["ThemeChoice"]):
    customer_path = "response__customer__"


class ThemeChoice(models.Model):
    """Somebody said that a comment is about a theme, or is not, whatever its words are."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="theme_choices", db_index=False)
    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="choices")
    is_on = models.BooleanField()
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ThemeChoiceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["response", "theme"], name="theme_chosen_once")]

    def __str__(self) -> str:
        return f"{self.response_id}: {self.theme_id}"
