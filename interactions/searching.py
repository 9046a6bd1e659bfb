"""Finding what somebody wrote down about a conversation."""

from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import Value
from psycopg2.errors import QueryCanceled

from accounts.models import User
from interactions.models import Interaction
from retention_crm.lib import text
from retention_crm.lib.folding import Folded

# Shorter words stand in nearly every note.
SHORTEST = 4


def notes_with(words: str, user: User, *, most: int, patience: timedelta) -> list[Interaction] | None:
    """The newest interactions the person may see whose notes have these words, in this order; case and accents aside.

    With customers and authors; nothing for fewer than four letters. None if it takes longer than `patience`: words
    that stand in every tenth note of a large company are no use to anybody.
    """
    words = text.clean_line(words)
    if len(text.sort_key(words)) < SHORTEST:
        return []
    matching = Interaction.objects.visible_to(user).exclude(notes="").alias(folded=Folded("notes"))
    found = matching.filter(folded__contains=Folded(Value(words))).select_related("customer", "author")
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                milliseconds = str(int(patience.total_seconds() * 1000))
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [milliseconds])
            return list(found.order_by("-happened_at", "-pk")[:most])
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise
