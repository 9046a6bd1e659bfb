"""Recaps of conversations that the demo's staff sent; their rows come by the same steps as those of all mails."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from accounts.models import Company
from dashboard.demo.people import ZONE
from interactions.models import Interaction, Kind, Outcome
from outreach import claiming, gate
from outreach.claiming import Settlement
from outreach.composing import Composer
from outreach.lettering import STOPPABLE_FOR
from outreach.models import Message, State
from outreach.recapping import beginning, plan_recaps, readers
from retention_crm.lib import clock

_MOST = 12
_WITHIN = timedelta(days=90)
# So long after the conversation, in turn.
_LATER = (timedelta(minutes=20), timedelta(hours=1, minutes=35), timedelta(minutes=50), timedelta(hours=4))


def send_recaps(on: date) -> None:
    """Of the last conversation with each of the first customers that was noted and whose contact may get one."""
    until, company = clock.moment(on, time(), ZONE), Company.current()
    sent = 0
    for about in _conversations(until):
        at = about.happened_at + _LATER[sent % len(_LATER)]
        if at + STOPPABLE_FOR < until and _plan(about, company, at):
            sent += 1
        if sent == _MOST:
            break
    _hand_over(until, company)


def _conversations(until: datetime) -> Iterator[Interaction]:
    rows = Interaction.objects.filter(
        kind__in=[Kind.CALL, Kind.MEETING, Kind.VISIT], outcome=Outcome.HELD, contact__isnull=False
    )
    recent = rows.exclude(notes="").filter(happened_at__range=(until - _WITHIN, until))
    latest = recent.select_related("customer__owner", "contact").order_by("customer_id", "-happened_at", "-pk")
    return latest.distinct("customer_id").iterator(chunk_size=100)


def _plan(about: Interaction, company: Company, at: datetime) -> bool:
    reader = next(row for row in readers(about, company=company, at=at) if row.contact.pk == about.contact_id)
    if reader.why_not or reader.waits:
        return False
    words = beginning(about, reader.contact)
    plan_recaps(about, [reader.contact], words, by=about.customer.owner, at=at)
    Message.objects.filter(interaction=about).update(planned_at=at)
    return True


def _hand_over(until: datetime, company: Company) -> None:
    """What a worker does with them, but for the mail server."""
    tokens = claiming.claim(at=until, limit=_MOST)
    for message in gate.load(list(tokens)):
        at, token = message.due_at, tokens[message.pk]
        Composer(company=company, at=at).write(message)
        claiming.begin_submitting(message, token, after=None, at=at)
        claiming.settle([Settlement(message.pk, token, State.SENT)], at=at)
