"""Delivery of planned messages against plain smtplib with ready-made mails of the same size."""

import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import mailers
from django.db import connection
from django.db.models.functions import Mod

from accounts.models import Company
from outreach.delivery import deliver
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from outreach.transport import Transport

WANTED = 5_000
_BIRTHDAYS = """
    UPDATE customers_contact SET birthday_month = %(month)s, birthday_day = %(day)s, birthday_year = NULL
    WHERE id IN (
        SELECT c.id FROM customers_contact c JOIN customers_customer k ON k.id = c.customer_id
        WHERE c.email <> '' AND c.allows_greetings AND NOT c.deceased AND NOT c.do_not_contact
          AND NOT k.do_not_contact AND k.lost_on IS NULL AND k.time_zone LIKE 'Europe/%%'
          AND NOT EXISTS (SELECT FROM interactions_complaint o WHERE o.customer_id = k.id AND o.resolved_at IS NULL)
        ORDER BY c.id LIMIT %(number)s
    )
"""


def measure(at: datetime) -> dict[str, Any]:
    """Delivers a day on which thousands have their birthday, beside the thanks and invitations that day has anyway.

    Half of it goes to each of the two servers.
    """
    prepare(at)
    later = at + timedelta(minutes=30)
    halves = Message.objects.filter(state=State.PLANNED, due_at__lte=at).annotate(half=Mod("pk", 2))
    halves.filter(half=1).update(due_at=later)
    return {server: _measure(server, now) for server, now in (("aiosmtpd", at), ("quick", later))}


def prepare(at: datetime) -> None:
    """Plans the messages."""
    Message.objects.filter(state=State.PLANNED).exclude(kind__in=[MessageKind.THANK_YOU, MessageKind.SURVEY]).delete()
    with connection.cursor() as cursor:
        cursor.execute(_BIRTHDAYS, {"month": at.month, "day": at.day, "number": WANTED})
    plan(at=at + timedelta(seconds=1))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE outreach_message")


def _measure(server: str, at: datetime) -> dict[str, Any]:
    with _line(server) as smtp:
        _count(smtp)
    began = time.perf_counter()
    outcome = deliver(now=lambda: at, seconds=600, transport=Transport(mailers[server]))
    seconds = time.perf_counter() - began
    with _line(server) as smtp:
        mails, octets = _count(smtp)
    size = octets // max(1, mails)
    return {
        "outcome": dict(outcome),
        "mails": mails,
        "size": size,
        "per_second": mails / seconds,
        "bare_per_second": mails / _plain(server, mails, size),
    }


@contextmanager
def _line(server: str) -> Iterator[smtplib.SMTP]:
    options = settings.MAILERS[server]["OPTIONS"]
    with smtplib.SMTP(options["host"], options["port"], timeout=20) as smtp:
        smtp.ehlo()
        yield smtp


def _count(smtp: smtplib.SMTP) -> tuple[int, int]:
    """Mails and bytes the server has taken since it was asked last."""
    _code, answer = smtp.docmd("XCOUNT")
    mails, octets = answer.split()
    return int(mails), int(octets)


def _plain(server: str, mails: int, size: int) -> float:
    """Seconds to send as many ready-made mails of that size over one connection."""
    sender = "crm@example.com"
    head = f"From: {sender}\r\nTo: somebody@example.org\r\nSubject: {Company.current().name}\r\n\r\n".encode()
    line = b"Ready-made text of the usual length of a line, again and again and again.\r\n"
    mail = (head + line * (size // len(line) + 1))[:size]
    with _line(server) as smtp:
        began = time.perf_counter()
        for number in range(mails):
            smtp.sendmail(sender, [f"somebody{number}@example.org"], mail)
        return time.perf_counter() - began
