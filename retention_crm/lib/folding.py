"""Text as a search compares it, folded by the database on both sides so that both follow the same rules."""

from django.db import models
from django.db.models.expressions import Func


def folded(expression: str) -> str:
    """The SQL of an expression without case, accents and compatibility forms, for statements that are written out."""
    return f"LOWER(REGEXP_REPLACE(NORMALIZE({expression}, NFKD), '[\u0300-\u036f]', '', 'g'))"


class Folded(Func):
    """A text without case, accents and compatibility forms."""

    arity = 1
    output_field = models.TextField()
    template = folded("%(expressions)s")


class FoldedAsRead(Func):
    """The same for rows that are read one by one and not through an index: a text of ASCII alone costs a third."""

    arity = 1
    output_field = models.TextField()
    template = (
        "CASE WHEN LENGTH(%(expressions)s) = OCTET_LENGTH(%(expressions)s) THEN LOWER(%(expressions)s) "
        f"ELSE {folded('%(expressions)s')} END"
    )


class Digits(Func):
    """The digits of a text: telephone numbers are written in many ways."""

    arity = 1
    output_field = models.TextField()
    template = "REGEXP_REPLACE(%(expressions)s, '[^0-9]', '', 'g')"
