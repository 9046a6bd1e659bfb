"""One timeline of everything that happened with a customer, newest first, page by page.

Each source gives at most one page from the place on where the last page ended; the pages are merged here. The order is
by time, then by source, then by id, so that nothing is lost or shown twice where many things have the same time.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import FETCH_RAISE, Model, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import ConsentChange, Customer, Merge, OwnerChange, PreferenceChange
from interactions.models import Complaint, FollowUp, Interaction, Kind, Wish
from outreach.models import Message, State
from outreach.recapping import shown_recaps
from surveys.models import Response

PAGE = 30
SHOWN_KINDS: dict[str, tuple[Any, Collection[str]]] = {
    "calls": (_("Calls"), {Kind.CALL}),
    "meetings": (_("Meetings"), {Kind.MEETING, Kind.VISIT}),
    "messages": (_("Messages"), {Kind.EMAIL, Kind.MESSAGE, "mail"}),
    "purchases": (_("Purchases, gestures, referrals"), {Kind.PURCHASE, Kind.GESTURE, Kind.REFERRAL}),
    "answers": (_("Survey answers"), {"answer"}),
    "done": (_("Things done"), {"done"}),
    "complaints": (_("Complaints"), {"complaint", "resolved"}),
    "wishes": (_("Wishes"), {"wish", "answered"}),
    "owner": (_("Who looks after them"), {"owner"}),
    "consent": (_("Consent and preferences"), {"consent", "preference"}),
}


@dataclass(frozen=True)
class Source:
    """A kind of row: `moment` is the column its place in time comes from."""

    name: str
    moment: str
    rows: Callable[[Customer], QuerySet[Any]]


@dataclass(frozen=True)
class Entry:
    """One thing that happened; `source` names its kind, `row` is the object to show."""

    at: datetime
    rank: int
    source: str
    row: Model

    @property
    def place(self) -> "Place":
        return Place(self.at, self.rank, self.row.pk)


@dataclass(frozen=True)
class Place:
    """Where a page ended."""

    at: datetime
    rank: int
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.rank}_{self.pk}"

    @classmethod
    def read(cls, written: str) -> "Place | None":
        """None for anything malformed, which then means the beginning."""
        try:
            at, rank, pk = written.split("_")
            place = cls(datetime.fromisoformat(at), int(rank), int(pk))
        except ValueError:
            return None
        is_sound = place.at.tzinfo is not None and 1900 < place.at.year < 2200 and 0 < place.pk < 2**63
        return place if is_sound else None

    def older(self, moment: str, rank: int) -> Q:
        """Rows of the source with that rank that come after this place."""
        if rank > self.rank:
            return Q(**{f"{moment}__lt": self.at})
        until = Q(**{f"{moment}__lte": self.at})
        if rank < self.rank:
            return until
        return until & (Q(**{f"{moment}__lt": self.at}) | Q(pk__lt=self.pk))


@dataclass(frozen=True)
class Timeline:
    entries: list[Entry]
    older: str = ""


def _person(path: str) -> tuple[str, str]:
    """The columns that name a member of staff."""
    return f"{path}__name", f"{path}__email"


def _interactions(customer: Customer) -> QuerySet[Interaction]:
    rows = Interaction.objects.filter(customer=customer).select_related("author", "contact")
    shown = ("kind", "outcome", "happened_at", "notes", "sentiment", "amount", "contact__name")
    recaps = Prefetch("messages", queryset=shown_recaps(), to_attr="recaps")
    return rows.only(*shown, *_person("author")).prefetch_related(recaps)


def _mails(customer: Customer) -> QuerySet[Message]:
    sent = Message.objects.filter(customer=customer, state=State.SENT, finished_at__isnull=False)
    return sent.select_related("contact").only("kind", "finished_at", "subject", "contact__name")


def _answers(customer: Customer) -> QuerySet[Response]:
    rows = Response.objects.filter(customer=customer).select_related("contact")
    return rows.only("score", "comment", "answered_at", "contact__name")


def _done(customer: Customer) -> QuerySet[FollowUp]:
    done = FollowUp.objects.filter(customer=customer, done_at__isnull=False).select_related("done_by")
    return done.only("title", "is_promise", "due_at", "done_at", *_person("done_by"))


def _consent(customer: Customer) -> QuerySet[ConsentChange]:
    rows = ConsentChange.objects.filter(contact__customer=customer).select_related("contact", "changed_by")
    return rows.only("kind", "granted", "source", "changed_at", "contact__name", *_person("changed_by"))


def _preferences(customer: Customer) -> QuerySet[PreferenceChange]:
    rows = PreferenceChange.objects.filter(contact__customer=customer).select_related("contact")
    return rows.only("what", "former", "chosen", "changed_at", "contact__name")


def _owners(customer: Customer) -> QuerySet[OwnerChange]:
    rows = OwnerChange.objects.filter(customer=customer).select_related("former", "owner", "changed_by")
    return rows.only("changed_at", "announced_at", *_person("former"), *_person("owner"), *_person("changed_by"))


def _merges(customer: Customer) -> QuerySet[Merge]:
    rows = Merge.objects.filter(customer=customer).select_related("contact", "merged_by")
    return rows.only("former_name", "differing", "customer_id", "merged_at", "contact__name", *_person("merged_by"))


def _complaints(customer: Customer) -> QuerySet[Complaint]:
    return Complaint.objects.filter(customer=customer)


def _resolved(customer: Customer) -> QuerySet[Complaint]:
    return _complaints(customer).filter(resolved_at__isnull=False)


def _wishes(customer: Customer) -> QuerySet[Wish]:
    rows = Wish.objects.filter(customer=customer).select_related("contact", "noted_by")
    return rows.only("text", "origin", "said_at", "contact__name", *_person("noted_by"))


def _answered(customer: Customer) -> QuerySet[Wish]:
    """What became of wishes, also where something is only planned."""
    rows = Wish.objects.filter(customer=customer, decided_at__isnull=False).select_related("decided_by")
    return rows.only("text", "state", "outcome", "decided_at", *_person("decided_by"))


# The place in the list is the rank of a source; of two things with the same time the higher rank is shown first.
SOURCES = (
    Source("interaction", "happened_at", _interactions),
    Source("mail", "finished_at", _mails),
    Source("answer", "answered_at", _answers),
    Source("complaint", "opened_at", _complaints),
    Source("resolved", "resolved_at", _resolved),
    Source("done", "done_at", _done),
    Source("consent", "changed_at", _consent),
    Source("preference", "changed_at", _preferences),
    Source("owner", "changed_at", _owners),
    Source("merge", "merged_at", _merges),
    Source("wish", "said_at", _wishes),
    Source("answered", "decided_at", _answered),
)


def timeline(customer: Customer, *, show: str = "", after: str = "", size: int = PAGE) -> Timeline:
    """One page, newest first: all, or what `show` names in SHOWN_KINDS; `after` is `older` of the page before."""
    kinds = SHOWN_KINDS[show][1] if show in SHOWN_KINDS else None
    place = Place.read(after)
    entries: list[Entry] = []
    for rank, source in enumerate(SOURCES):
        rows = _narrowed(source, customer, kinds)
        if rows is None:
            continue
        if place is not None:
            rows = rows.filter(place.older(source.moment, rank))
        rows = rows.fetch_mode(FETCH_RAISE).order_by(f"-{source.moment}", "-pk")[: size + 1]
        moment = attrgetter(source.moment)
        entries.extend(Entry(moment(row), rank, source.name, row) for row in rows)
    entries.sort(key=lambda entry: (entry.at, entry.rank, entry.row.pk), reverse=True)
    has_older = len(entries) > size
    entries = entries[:size]
    return Timeline(entries, older=str(entries[-1].place) if has_older else "")


def _narrowed(source: Source, customer: Customer, kinds: Collection[str] | None) -> QuerySet[Any] | None:
    """The rows of a source, or of it those of the wanted kinds; None if it has none of them."""
    rows = source.rows(customer)
    if kinds is None or source.name in kinds:
        return rows
    wanted = [kind for kind in kinds if kind in Kind.values]
    return rows.filter(kind__in=wanted) if source.name == "interaction" and wanted else None
