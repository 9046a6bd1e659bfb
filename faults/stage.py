"""The stage of all cases: servers of its own, a company, processes, a mail server, and the account at the end."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.utils import InterfaceError

from accounts.models import Company, Role, User
from customers.models import Contact, Customer, Segment
from faults.processes import Processes, answers
from faults.sink import Sink
from outreach.accounting import account
from outreach.claiming import LEASE
from outreach.models import LedgerPlace, Message, SendingPause, State, Suppression, Watermark
from outreach.planning import plan
from outreach.sweeping import sweep
from retention_crm.celery import app
from retention_crm.embedded.servers import Servers
from retention_crm.lib import clock

PATIENCE = 300.0
_OLD = timedelta(seconds=4)
_AWAY = (OperationalError, InterfaceError)


@dataclass
class Result:
    """What a case found out: a line of the table."""

    case: str
    faults: int
    states: Counter[str] = field(default_factory=Counter)
    taken: int = 0
    duplicates: int = 0
    recovery: float = 0.0
    complaints: list[str] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return sum(self.states.values())


class Stage:
    """Everything a case needs; `reset` clears it for the next."""

    def __init__(self, servers: Servers, sink: Sink, processes: Processes, home: Path, *, hurry: bool) -> None:
        self.servers, self.sink, self.processes, self.home = servers, sink, processes, home
        # In a hurry the leases of the dead are ended by hand instead of being waited for, beat stays between the cases,
        # and there are no more than two workers.
        self.hurry = hurry
        self.standing = ("web", "beat0") if hurry else ("web",)
        self.web = ""

    def prepare(self) -> None:
        """An empty company that sends at any hour."""
        call_command("migrate", verbosity=0)
        hours = {"greeting_time": "09:00", "quiet_from": "00:00", "quiet_until": "00:00"}
        Company.objects.update_or_create(pk=1, defaults={"name": "Faults", "thank_new_customers": False, **hours})
        # Without working days there are no digests, whose number depends on the day the cases are run.
        User.objects.create_user("owner@example.com", "no login", name="Olga", role=Role.STAFF, working_days=[])
        self.web = self.processes.web()

    def reset(self) -> None:
        """No worker, no customer, no message, a mail server that takes everything."""
        self.processes.stop(but=self.standing)
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE customers_customer, outreach_message, outreach_tally CASCADE")
        for model in (SendingPause, LedgerPlace, Suppression, Watermark):
            model.objects.all().delete()
        self.sink.forget()

    def greetings(self, number: int) -> None:
        """So many birthdays today of customers where it is noon; the product itself plans the greetings, due now."""
        at = clock.now()
        today = clock.today(_where_it_is_noon(at), at)
        self.customers(number, birthday_day=today.day, birthday_month=today.month)
        plan(at=at)

    def customers(self, number: int, **fields: int) -> list[Customer]:
        """So many customers where it is noon, with a contact each that has the given fields."""
        at, owner = clock.now(), User.objects.get()
        segment, _made = Segment.objects.get_or_create(name="All", defaults={"cadence_days": 30})
        zone, first = _where_it_is_noon(at), Customer.objects.count()
        since = clock.today(zone, at) - timedelta(days=900)
        customers = Customer.objects.bulk_create(
            Customer(name=f"C{n}", owner=owner, segment=segment, customer_since=since, time_zone=zone, created_at=at)
            for n in range(first, first + number)
        )
        Contact.objects.bulk_create(
            Contact(
                customer=customer,
                name=f"P{customer.name}",
                email=f"{customer.name.lower()}@d{customer.pk % 97}.example",
                is_primary=True,
                **fields,
            )
            for customer in customers
        )
        return customers

    def start(self, *, workers: int = 2, beats: int = 1, processes: int = 2, **environ: str) -> None:
        for number in range(min(workers, 2) if self.hurry else workers):
            self.processes.worker(f"worker{number}", processes=processes, **environ)
        for name in (f"beat{number}" for number in range(beats)):
            if not self.processes.has(name):
                self.processes.beat(name)

    def tick(self) -> None:
        """Has a worker look for what is due, sooner than beat would."""
        app.send_task("outreach.deliver")

    def wait(self, condition: Callable[[], bool], *, patience: float = PATIENCE, every: float = 0.3) -> float:
        """Seconds until the condition holds; `patience` if it never does. A database that is away is waited for."""
        began = time.monotonic()
        while (lasted := time.monotonic() - began) < patience:
            try:
                if condition():
                    return lasted
            except _AWAY:
                connection.close()
            time.sleep(every)
        return patience

    def settled(self) -> bool:
        """Nothing is under way and nothing that is due waits."""
        under_way = Message.objects.filter(state__in=[State.LEASED, State.SUBMITTING])
        due = Message.objects.filter(state=State.PLANNED, due_at__lte=clock.now() + timedelta(minutes=5))
        if self.hurry:
            under_way.filter(lease_until__lt=clock.now() + LEASE - _OLD).update(lease_until=clock.now())
            sweep(at=clock.now())
        return not under_way.exists() and not due.exists()

    def finish(
        self,
        case: str,
        *,
        faults: int,
        recovery: float,
        unknown: int | None = None,
        fine: Collection[str] = (),
        taken: Collection[str] = ("sent", "unknown"),
    ) -> Result:
        """The account: every message in one state, what was sent was taken once, and nothing was taken twice.

        Messages may be sent, unknown, or in a state that is `fine` in this case. The mail server may have those in the
        states `taken`, and has all that are sent.
        """
        connection.close()
        states = Counter(Message.objects.values_list("state", flat=True))
        result = Result(case, faults, states, sum(self.sink.taken.values()), self.sink.duplicates, recovery)
        result.complaints += self._complaints(fine, taken)
        if recovery >= PATIENCE:
            result.complaints.append("did not recover")
        if unknown is not None and states["unknown"] > unknown:
            result.complaints.append(f"{states['unknown']} unknown, expected at most {unknown}")
        self.processes.stop(but=self.standing)
        return result

    def _complaints(self, fine: Collection[str], taken: Collection[str]) -> Iterable[str]:
        if not account(at=clock.now()).balances:
            out = StringIO()
            with contextlib.suppress(SystemExit):
                call_command("ledger", stdout=out, stderr=out)
            yield f"the ledger does not balance:\n{out.getvalue()}"
        if self.sink.duplicates:
            yield f"{self.sink.duplicates} mails were sent twice"
        yield from self._differences(fine, taken)
        if not answers(self.web):
            yield "the web does not answer"

    def _differences(self, fine: Collection[str], taken: Collection[str]) -> Iterable[str]:
        """Between what is expected, what the ledger says and what the mail server has."""
        states = {key.hex: state for key, state in Message.objects.values_list("mail_key", "state")}
        had = Counter(states.get(mail.strip("<").split("@")[0], "nowhere") for mail in self.sink.taken)
        number = Counter(states.values())
        if had["sent"] != number["sent"]:
            yield f"{number['sent']} are sent by the ledger, {had['sent']} of them were taken by the mail server"
        for state in set(number) - {"sent", "unknown", *fine}:
            yield f"{number[state]} are {state}: {self._reasons(state)}"
        for state in set(had) - set(taken):
            yield f"{had[state]} mails were taken of messages that are {state}"

    def _reasons(self, state: str) -> str:
        reasons = Counter(Message.objects.filter(state=state).values_list("reason", flat=True))
        return ", ".join(f"{reason or 'none'} {number}" for reason, number in reasons.items())


def _where_it_is_noon(at: datetime) -> str:
    return next(name for name in clock.zone_names() if at.astimezone(clock.zone(name)).hour == 12)
