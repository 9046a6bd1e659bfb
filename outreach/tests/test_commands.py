"""Sending from the command line, and rehearsing another day without reaching anybody."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from outreach.models import Message, State
from tests import factories, smtp_sink
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def deliver(*arguments: str) -> str:
    out = StringIO()
    call_command("deliver", *arguments, stdout=out)
    return out.getvalue()


def test_a_rehearsal_sends_what_was_due_at_that_moment(settings: Any) -> None:
    message = factories.message()
    with smtp_sink.running() as sink:
        settings.MAILERS = smtp_sink.mailers(sink)
        assert deliver("--at", "2026-11-26T09:00") == "Nothing was due.\n"
        assert deliver("--at", NOW.isoformat()) == "sent: 1\n"
        assert len(sink.mails) == 1
    message.refresh_from_db()
    assert message.state == State.SENT


def test_what_is_too_late_is_swept_first() -> None:
    factories.message(due_at=NOW - timedelta(days=301), expires_at=NOW - timedelta(days=300))
    assert deliver() == "expired: 1\n"
    assert Message.objects.get().state == State.EXPIRED


def test_a_rehearsal_never_speaks_to_a_real_mail_server(settings: Any) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "mail.example.com"},
        }
    }
    factories.message()
    with pytest.raises(CommandError, match="only speaks to a mail server on this machine"):
        deliver("--at", "2026-11-26T12:00")


def test_a_moment_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(CommandError, match="is not a moment"):
        deliver("--at", "tomorrow")
    with pytest.raises(CommandError, match="is not a day"):
        call_command("plan", "--on", "26.11.2026")
