"""Text as a search compares it, folded by the database on both sides so that both follow the same rules."""

from django.db import models
from django.db.models.expressions import Func


class Folded(Func):
    """A text without case, accents and compatibility forms."""

    arity = 1
    output_field = models.TextField()
    template = "LOWER(REGEXP_REPLACE(NORMALIZE(%(expressions)s, NFKD), '[\u0300-\u036f]', '', 'g'))"


class Digits(Func):
    """The digits of a text: telephone numbers are written in many ways."""

    arity = 1
    output_field = models.TextField()
    template = "REGEXP_REPLACE(%(expressions)s, '[^0-9]', '', 'g')"
