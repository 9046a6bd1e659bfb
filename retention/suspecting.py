"""What the history says about why a customer may leave: facts in words, each beside the cause it speaks for.

A fact proves nothing; it is what somebody who has to name a cause should have seen. Each kind costs one query, for
however many customers.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import OwnerChange
from interactions.models import Complaint, FollowUp, Interaction, Kind, Outcome, Wish
from retention.models import Cause, CustomerRisk
from retention_crm.lib import clock, dates, text
from surveys.models import Response

LOOKED_BACK = timedelta(days=365)
# A wish that has waited so long was not heard.
WISH_WAITS = timedelta(days=30)
# Longer than that without a word by voice or in person is no personal contact.
PERSONAL_DAYS = 180
PERSONAL_KINDS = (Kind.CALL, Kind.MEETING, Kind.VISIT)
QUIET_RHYTHMS = 1.5
EXCERPT = 120

type Evidence = dict[Cause, list[str]]
# Facts of many customers: whose it is, which cause it speaks for, and the words.
type Facts = Iterator[tuple[int, Cause, str]]


@dataclass(frozen=True)
class Look:
    """Which customers are looked at, when, and by whose clock days are written."""

    customers: Collection[int]
    zone: str
    at: datetime

    @property
    def on(self) -> date:
        return clock.today(self.zone, self.at)

    @property
    def since(self) -> datetime:
        return self.at - LOOKED_BACK

    def day(self, moment: datetime | date) -> str:
        """The day in words; with the year where that is not the present one."""
        day = clock.today(self.zone, moment) if isinstance(moment, datetime) else moment
        return dates.write(day, "day of year" if day.year == self.on.year else "day")


def evidence(customers: Collection[int], *, zone: str, at: datetime) -> dict[int, Evidence]:
    """By customer and cause, what speaks for it as known at that moment; who has nothing is left out."""
    found: dict[int, Evidence] = defaultdict(lambda: defaultdict(list))
    look = Look(customers, zone, at)
    for facts in _SOURCES:
        for customer, cause, words in facts(look):
            found[customer][cause].append(words)
    return {customer: dict(known) for customer, known in found.items()}


def evidence_of(customer: int, *, zone: str, at: datetime) -> Evidence:
    return evidence([customer], zone=zone, at=at).get(customer, {})


def _complaints(look: Look) -> Facts:
    rows = Complaint.objects.open().filter(customer__in=look.customers).order_by("opened_at", "pk")
    words = _("Open complaint since %(day)s: %(what)s")
    for row in rows:
        yield row.customer_id, Cause.CARELESSNESS, words % {"day": look.day(row.opened_at), "what": row.what}


def _answers(look: Look) -> Facts:
    rows = Response.objects.detractors().filter(customer__in=look.customers, answered_at__gte=look.since)
    for row in rows.order_by("-answered_at", "-pk"):
        known = {"score": row.score, "day": look.day(row.answered_at), "said": text.excerpt(row.comment, EXCERPT)}
        words = (
            _("Answered %(score)s of 10 on %(day)s: “%(said)s”")
            if row.comment
            else _("Answered %(score)s of 10 on %(day)s.")
        )
        yield row.customer_id, Cause.CARELESSNESS, words % known


def _promises(look: Look) -> Facts:
    is_late = Q(done_at=None, due_at__lt=look.at) | Q(done_at__gt=F("due_at"), due_at__gte=look.since)
    rows = FollowUp.objects.promises().filter(is_late, customer__in=look.customers).order_by("due_at", "pk")
    for row in rows:
        words = _("Promise kept late, due on %(day)s: %(what)s")
        if row.is_open:
            words = _("Promise not kept, due on %(day)s: %(what)s")
        yield row.customer_id, Cause.BROKEN_WORD, words % {"day": look.day(row.due_at), "what": row.title}


def _missed(look: Look) -> Facts:
    rows = Interaction.objects.filter(
        customer__in=look.customers, outcome=Outcome.MISSED_BY_US, happened_at__gte=look.since, happened_at__lte=look.at
    )
    for row in rows.order_by("-happened_at"):
        yield row.customer_id, Cause.BROKEN_WORD, _("We missed an appointment on %(day)s.") % {"day": look.day(row.day)}


def _silence(look: Look) -> Facts:
    """Silence of a customer we used to call is ours; a rhythm of purchases that stops is theirs as well."""
    rows = CustomerRisk.objects.filter(customer__in=look.customers, last_day__isnull=False)
    for row in rows:
        quiet = (look.on - row.last_day).days if row.last_day else 0
        if row.rhythm_days is None or row.contact_days < 2 or quiet <= QUIET_RHYTHMS * row.rhythm_days:
            continue
        known = {"quiet": quiet, "usual": max(round(row.rhythm_days), 1)}
        words = ngettext(
            "Quiet for %(quiet)d day; usually %(usual)d.", "Quiet for %(quiet)d days; usually %(usual)d.", quiet
        )
        yield row.pk, Cause.COMFORT, words % known
        if row.value_last_year == 0:
            yield row.pk, Cause.INACTIVITY, _("Nothing bought in the last year.")


def _personal(look: Look) -> Facts:
    spoken = Interaction.objects.filter(
        customer__in=look.customers, kind__in=PERSONAL_KINDS, outcome=Outcome.HELD, happened_at__lte=look.at
    )
    for customer, last in spoken.order_by().values_list("customer").annotate(last=Max("day")):
        if (look.on - last).days > PERSONAL_DAYS:
            words = _("Nobody has spoken to them since %(day)s.") % {"day": look.day(last)}
            yield customer, Cause.NO_PERSONAL_CONTACT, words


def _owners(look: Look) -> Facts:
    rows = OwnerChange.objects.filter(customer__in=look.customers, changed_at__gte=look.since)
    words = _("Another person looks after them since %(day)s: %(owner)s instead of %(former)s.")
    for row in rows.select_related("owner", "former").order_by("-changed_at", "-pk"):
        known = {"day": look.day(row.changed_at), "owner": row.owner, "former": row.former}
        yield row.customer_id, Cause.NO_PERSONAL_CONTACT, words % known


def _wishes(look: Look) -> Facts:
    rows = Wish.objects.open().filter(customer__in=look.customers, said_at__lte=look.at - WISH_WAITS)
    words = _("Wish without an answer since %(day)s: %(what)s")
    for row in rows.order_by("said_at", "pk"):
        yield row.customer_id, Cause.OUTDATED_OFFER, words % {"day": look.day(row.said_at), "what": row.text}


_SOURCES: tuple[Callable[[Look], Facts], ...] = (
    _silence,
    _complaints,
    _answers,
    _promises,
    _missed,
    _personal,
    _owners,
    _wishes,
)
