"""Delivery of planned messages against plain smtplib with ready-made mails of the same size."""

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

WANTED = 7_500
Worker = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Way:
    """To which server, and by how many processes at once."""

    server: str
    processes: int


# A worker has two processes unless it is told otherwise, so two is how the product delivers.
WAYS = {"one": Way("aiosmtpd", 1), "two": Way("aiosmtpd", 2), "quick": Way("quick", 1)}
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

    A third of it is delivered in each of the ways.
    """
    prepare(at)
    parts = Message.objects.filter(state=State.PLANNED, due_at__lte=at).annotate(part=Mod("pk", len(WAYS)))
    moments = [at + timedelta(minutes=10 * number) for number in range(len(WAYS))]
    for number, moment in enumerate(moments):
        parts.filter(part=number).update(due_at=moment)
    return {name: _measure(way, moment) for (name, way), moment in zip(WAYS.items(), moments, strict=True)}


def prepare(at: datetime) -> None:
    """Plans the messages."""
    Message.objects.filter(state=State.PLANNED).exclude(kind__in=[MessageKind.THANK_YOU, MessageKind.SURVEY]).delete()
    with connection.cursor() as cursor:
        cursor.execute(_BIRTHDAYS, {"month": at.month, "day": at.day, "number": WANTED})
    plan(at=at + timedelta(seconds=1))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE outreach_message")


def _measure(way: Way, at: datetime) -> dict[str, Any]:
    with _line(way.server) as smtp:
        _count(smtp)
    with _workers(way, at) as workers:
        began = time.perf_counter()
        for worker in workers:
            _say_go(worker)
        for worker in workers:
            worker.wait()
        seconds = time.perf_counter() - began
    with _line(way.server) as smtp:
        mails, octets = _count(smtp)
    size = octets // max(1, mails)
    return {
        "server": way.server,
        "processes": way.processes,
        "mails": mails,
        "size": size,
        "per_second": mails / seconds,
        "bare_per_second": mails / _plain(way.server, mails, size),
    }


@contextmanager
def _workers(way: Way, at: datetime) -> Iterator[list[Worker]]:
    """Processes that have loaded the product and wait for the word to begin."""
    command = [sys.executable, "-m", "django", "hand_over", way.server, at.isoformat()]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(way.processes)]
    try:
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def _say_go(worker: Worker) -> None:
    assert worker.stdin is not None
    worker.stdin.write(b"go\n")
    worker.stdin.flush()


def hand_over(server: str, at: datetime) -> None:
    """What each of the processes does."""
    deliver(now=lambda: at, seconds=600, transport=Transport(mailers[server]))


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
