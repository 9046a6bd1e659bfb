"""Delivery of planned messages against plain smtplib with ready-made mails of the same size."""

import os
import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.models import Company
from outreach.delivery import deliver
from outreach.models import Message, MessageKind, State
from outreach.planning import plan

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
    """Delivers a day on which thousands have their birthday, beside the thanks and invitations that day has anyway."""
    Message.objects.filter(state=State.PLANNED).exclude(kind__in=[MessageKind.THANK_YOU, MessageKind.SURVEY]).delete()
    day = at.date()
    with connection.cursor() as cursor:
        cursor.execute(_BIRTHDAYS, {"month": day.month, "day": day.day, "number": WANTED})
    plan(at=at + timedelta(seconds=1))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE outreach_message")
    due = Message.objects.filter(state=State.PLANNED, due_at__lte=at)
    kinds = {kind.value: due.filter(kind=kind).count() for kind in MessageKind}
    with _line() as smtp:
        _count(smtp)
    began = time.perf_counter()
    outcome = deliver(now=lambda: at, seconds=600)
    seconds = time.perf_counter() - began
    with _line() as smtp:
        mails, octets = _count(smtp)
    size = octets // max(1, mails)
    return {
        "due": kinds,
        "outcome": dict(outcome),
        "mails": mails,
        "size": size,
        "per_second": mails / seconds,
        "bare_per_second": mails / _plain(mails, size),
    }


@contextmanager
def _line() -> Iterator[smtplib.SMTP]:
    host, _, port = os.environ["EMAIL_URL"].removeprefix("smtp://").partition(":")
    with smtplib.SMTP(host, int(port), timeout=20) as smtp:
        smtp.ehlo()
        yield smtp


def _count(smtp: smtplib.SMTP) -> tuple[int, int]:
    """Mails and bytes the sink has taken since it was asked last."""
    _code, answer = smtp.docmd("XCOUNT")
    mails, octets = answer.split()
    return int(mails), int(octets)


def _plain(mails: int, size: int) -> float:
    """Seconds to send as many ready-made mails of that size over one connection."""
    sender = "crm@example.com"
    head = f"From: {sender}\r\nTo: somebody@example.org\r\nSubject: {Company.current().name}\r\n\r\n".encode()
    line = b"Ready-made text of the usual length of a line, again and again and again.\r\n"
    mail = (head + line * (size // len(line) + 1))[:size]
    with _line() as smtp:
        began = time.perf_counter()
        for number in range(mails):
            smtp.sendmail(sender, [f"somebody{number}@example.org"], mail)
        return time.perf_counter() - began
