"""Answers to a survey by many people at once, each sent twice, against a bare view that inserts one row."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from customers.models import Contact
from surveys.models import Invitation, Response, Survey, Unnamed

INVITATIONS, CONNECTIONS = 10_000, 100
ANSWER = b"score=9&comment=All+was+well"
_AT_ONCE = 1000
_SEED = 20261127
# The longest a connection waits for one answer.
_SECONDS = 60


@dataclass
class Sent:
    """What came back: how many of each status, and the milliseconds of each."""

    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0


def measure(port: int, at: datetime, number: int = INVITATIONS) -> dict[str, Any]:
    """Everything twice in a drawn order, so that both of a pair are often on their way together."""
    invited = _invite(at, number)
    paths = [reverse("survey_answer", args=[invitation.token]) for invitation in invited] * 2
    random.Random(_SEED).shuffle(paths)  # noqa: S311 - an order, not a secret
    first = min(CONNECTIONS, number)
    warm, counted = paths[:first], paths[first:]
    asyncio.run(_send(port, warm))
    sent = asyncio.run(_send(port, counted))
    bare = asyncio.run(_send(port, [reverse("bare_insert")] * len(counted)))
    Unnamed.objects.all().delete()
    times = sorted(sent.times)
    return {
        "invitations": len(invited),
        "responses": Response.objects.filter(invitation__in=invited).count(),
        "posts": len(paths),
        "connections": CONNECTIONS,
        "statuses": dict(sent.statuses),
        "p95": times[int(len(times) * 0.95)],
        "per_second": len(counted) / sent.seconds,
        "bare_statuses": dict(bare.statuses),
        "bare_per_second": len(counted) / bare.seconds,
    }


def _invite(at: datetime, number: int) -> list[Invitation]:
    """So many of the contacts are asked now, whoever was asked before."""
    survey = Survey.objects.in_use().order_by("pk")[0]
    contacts = list(Contact.objects.select_related("customer").order_by("pk")[:number])
    return Invitation.objects.bulk_create(
        (
            Invitation(
                survey=survey,
                contact=contact,
                customer_id=contact.customer_id,
                send_at=at,
                expires_at=at + timedelta(days=365),
                created_at=at,
            )
            for contact in contacts
        ),
        batch_size=_AT_ONCE,
    )


async def _send(port: int, paths: Sequence[str]) -> Sent:
    """All of them over so many connections, each of which takes the next one when it has its answer."""
    sent, waiting = Sent(), iter(paths)
    began = time.monotonic()
    await asyncio.gather(*(_connection(port, waiting, sent) for _number in range(min(CONNECTIONS, len(paths)))))
    sent.seconds = time.monotonic() - began
    return sent


async def _connection(port: int, waiting: Any, sent: Sent) -> None:
    line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    for path in waiting:
        began = time.monotonic()
        try:
            async with asyncio.timeout(_SECONDS):
                if line is None:
                    line = await asyncio.open_connection("127.0.0.1", port)
                status, is_kept = await _post(*line, path)
        except (OSError, EOFError):
            status, is_kept = 0, False
        sent.times.append(1000 * (time.monotonic() - began))
        sent.statuses[status] += 1
        if not is_kept and line is not None:
            line[1].close()
            line = None
    if line is not None:
        line[1].close()


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> tuple[int, bool]:
    """The status of the answer, and whether the server keeps the connection open."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(ANSWER)}\r\n\r\n"
    )
    writer.write(head.encode() + ANSWER)
    await writer.drain()
    said = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    fields = dict(entry.split(": ", 1) for entry in said.split("\r\n")[1:] if ": " in entry)
    await reader.readexactly(int(fields.get("content-length", "0")))
    return int(said.split(" ", 2)[1]), fields.get("connection") != "close"
