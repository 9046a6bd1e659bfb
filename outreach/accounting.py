"""Accounting: no planned message vanishes unseen.

A trigger counts every row that is planned, in a table of its own. At any moment the sum of the states must be what was
planned; a row that was deleted, whoever did it, is missing from it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from accounts.models import Company
from outreach import pausing
from outreach.models import LedgerPlace, Message, MessageKind, MessageQuerySet, State, Tally
from retention_crm.lib import clock

# Leases last a minute and the sweep comes four times in it; what is older was forgotten.
STUCK_AFTER = timedelta(minutes=10)
RECENTLY = timedelta(minutes=10)


@dataclass
class KindAccount:
    """One kind: how many were planned, how many are in each state, how many are stuck."""

    kind: str
    planned: int
    states: dict[str, int]
    stuck: int

    @property
    def missing(self) -> int:
        """Planned but in no state; negative if there are rows nobody planned."""
        return self.planned - sum(self.states.values())


@dataclass
class Account:
    """The whole ledger; it balances if nothing is missing and nothing is stuck."""

    kinds: list[KindAccount] = field(default_factory=list)

    @property
    def balances(self) -> bool:
        return all(row.missing == 0 and row.stuck == 0 for row in self.kinds)


def account(*, at: datetime) -> Account:
    """Counts by kind and state, compared with what was planned; for all kinds that ever were."""
    planned: dict[str, int] = dict(Tally.objects.values_list("kind").annotate(total=Sum("planned")))
    counted: dict[str, dict[str, int]] = {}
    for kind, state, number in Message.objects.values_list("kind", "state").annotate(Count("pk")).order_by():
        counted.setdefault(kind, {})[state] = number
    stuck: dict[str, int] = dict(stuck_messages(at=at).values_list("kind").annotate(Count("pk")).order_by())
    known = [kind.value for kind in MessageKind]
    kinds = known + sorted((set(planned) | set(counted)) - set(known))
    return Account(
        [
            KindAccount(
                kind,
                planned.get(kind, 0),
                {state.value: counted.get(kind, {}).get(state.value, 0) for state in State},
                stuck.get(kind, 0),
            )
            for kind in kinds
        ]
    )


def sending_figures(*, at: datetime) -> dict[str, int]:
    """How many messages wait, are due, held and of unknown fate, and how many were sent in the last ten minutes."""
    recently = Message.objects.filter(state=State.SENT, due_at__gt=at - timedelta(days=7))
    return {
        "waiting": Message.objects.waiting().count(),
        "due": Message.objects.filter(state=State.PLANNED, due_at__lte=at).count(),
        "held": Message.objects.filter(state=State.HELD).count(),
        "unknown": Message.objects.filter(state=State.UNKNOWN).count(),
        "sent": recently.filter(finished_at__gt=at - RECENTLY).count(),
    }


def stuck_messages(*, at: datetime) -> MessageQuerySet:
    """Messages nobody works on although somebody should: a lease long over, or long due and still only planned.

    Not those that wait because sending is paused, or for their turn under the company's limit while others are sent.
    """
    abandoned = Q(state__in=[State.LEASED, State.SUBMITTING], lease_until__lt=clock.now() - STUCK_AFTER)
    forgotten = Q(state=State.PLANNED, due_at__lt=at - STUCK_AFTER)
    if pausing.is_paused() or _is_limited(at):
        return Message.objects.filter(abandoned)
    return Message.objects.filter(abandoned | forgotten)


def _is_limited(at: datetime) -> bool:
    is_going_on = LedgerPlace.objects.filter(seen_at__gt=at - STUCK_AFTER).exists()
    return is_going_on and bool(Company.current().mails_per_minute)
