"""Tests: a mail as its reader would get it, to oneself alone, with links that touch nothing.

A test is a row of the ledger like every other mail, of a kind of its own for staff, and leaves by the same way.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from outreach.models import Message, MessageKind, Rehearsal
from outreach.sampling import Links
from outreach.wording import Text
from retention_crm.lib import tokens

# Whoever asked for a test waits for it; after that it would only surprise.
WAITED_FOR = timedelta(hours=1)
PAGES = ("survey", "unsubscribe", "preferences", "answer")


def rehearse(message: Message, *, by: User, at: datetime) -> Message:
    """Plans a test of a message to a customer, for the one who asks and nobody else."""
    return _plan(Rehearsal(about=message), by, at)


def rehearse_wording(kind: str, tone: str, text: Text, *, by: User, at: datetime) -> Message:
    """Plans a test of a text as it stands in the editor, saved or not, with sample data."""
    shown = Rehearsal(
        kind=kind, tone=tone, language=text.language, subject=text.subject, text=text.text, html=text.html
    )
    return _plan(shown, by, at)


def _plan(rehearsal: Rehearsal, by: User, at: datetime) -> Message:
    with transaction.atomic():
        rehearsal.message = Message.objects.create(
            occasion=f"test:{uuid.uuid4()}",
            kind=MessageKind.TEST,
            recipient=by,
            due_at=at,
            dated_at=at,
            expires_at=at + WAITED_FOR,
        )
        rehearsal.save(force_insert=True)
    return rehearsal.message


def links_of(pk: int) -> Links:
    """Where the links of the test with that id lead: to pages that look the part and keep nothing."""
    return Links(*(f"{settings.SITE_URL}{reverse('test_page', args=[token_for(pk, page)])}" for page in PAGES))


def token_for(pk: int, page: str) -> str:
    return tokens.make(f"test:{page}", pk)


def meant_by(token: str) -> tuple[Message, str] | None:
    """The test and the page a link belongs to; None for every link that was not made here."""
    pk = tokens.claimed_pk(token)
    if pk is None:
        return None
    page = next((page for page in PAGES if tokens.proves(token, f"test:{page}", pk)), None)
    rows = Message.objects.filter(pk=pk, kind=MessageKind.TEST)
    message = (
        rows.select_related(
            *("rehearsal__about__invitation__survey__published", "rehearsal__about__contact__customer", "recipient")
        ).first()
        if page
        else None
    )
    return (message, page) if message and page else None
