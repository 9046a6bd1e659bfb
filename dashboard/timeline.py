"""One timeline of everything that happened with a customer, newest first, page by page.

One statement finds which rows a page has, wherever they are; only the tables that have some are then read. The order is
by time, then by source, then by id, so that nothing is lost or shown twice where many things have the same time.
"""

from collections import defaultdict
from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import FETCH_RAISE, Model, OuterRef, Prefetch, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from customers.models import (
    ConsentChange,
    Contact,
    Customer,
    Merge,
    OwnerChange,
    PreferenceChange,
    StageChange,
    Step,
)
from interactions.models import CheckInAnswer, Complaint, FollowUp, Interaction, Kind, Wish
from outreach.models import AgreedVersion, Correction, Message, State
from outreach.recapping import shown_recaps
from retention.models import PlanOutcome, PlanState, RetentionPlan
from surveys.models import Response

PAGE = 30
SHOWN_KINDS: dict[str, tuple[Any, Set[str]]] = {
    "calls": (_("Calls"), {Kind.CALL}),
    "meetings": (_("Meetings"), {Kind.MEETING, Kind.VISIT, "correction", "agreed"}),
    "messages": (_("Messages"), {Kind.EMAIL, Kind.MESSAGE, "mail"}),
    "purchases": (_("Purchases, gestures, referrals"), {Kind.PURCHASE, Kind.GESTURE, Kind.REFERRAL}),
    "answers": (_("Survey answers"), {"answer"}),
    "done": (_("Things done"), {"done"}),
    "complaints": (_("Complaints"), {"complaint", "resolved", "reopened"}),
    "wishes": (_("Wishes"), {"wish", "answered"}),
    "owner": (_("Who looks after them, and stage"), {"owner", "stage"}),
    "plans": (_("Plans to keep them"), {"plan", "plan_approved", "plan_closed"}),
    "consent": (_("Consent and preferences"), {"consent", "preference"}),
}


_CUSTOMER = "customer_id = %(customer)s"


@dataclass(frozen=True)
class Source:
    """A kind of row: `moment` is the column its place in time comes from, `belongs` says in SQL which are a customer's.

    `rows` are those of all customers, with what the page shows of them.
    """

    name: str
    model: type[Model]
    moment: str
    rows: Callable[[], QuerySet[Any]]
    belongs: str = _CUSTOMER


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


@dataclass(frozen=True)
class Timeline:
    entries: list[Entry]
    older: str = ""


def _person(path: str) -> tuple[str, str]:
    """The columns that name a member of staff."""
    return f"{path}__name", f"{path}__email"


def _interactions() -> QuerySet[Interaction]:
    shown = (
        *("kind", "outcome", "happened_at", "notes", "sentiment", "amount", "minutes", "is_owed", "answered_at"),
        *("gesture_kind", "limit_reason", "contact__name"),
    )
    rows = Interaction.objects.select_related("author", "contact").only(*shown, *_person("author"))
    answers = CheckInAnswer.objects.select_related("question")
    rows = rows.prefetch_related(Prefetch("messages", queryset=shown_recaps(), to_attr="recaps"))
    return rows.prefetch_related(Prefetch("check_in_answers", queryset=answers, to_attr="answers"))


def _mails() -> QuerySet[Message]:
    return Message.objects.select_related("contact").only("kind", "finished_at", "subject", "contact__name")


def _answers() -> QuerySet[Response]:
    return Response.objects.select_related("contact").only("score", "comment", "answered_at", "contact__name")


def _done() -> QuerySet[FollowUp]:
    done = FollowUp.objects.select_related("done_by", "confirmed_by")
    shown = ("title", "is_promise", "is_released", "due_at", "done_at", "confirmed_at", "confirmed_by__name")
    return done.only(*shown, *_person("done_by"))


def _consent() -> QuerySet[ConsentChange]:
    rows = ConsentChange.objects.select_related("contact", "changed_by")
    return rows.only("kind", "granted", "source", "changed_at", "contact__name", *_person("changed_by"))


def _preferences() -> QuerySet[PreferenceChange]:
    rows = PreferenceChange.objects.select_related("contact")
    return rows.only("what", "former", "chosen", "changed_at", "contact__name")


def _owners() -> QuerySet[OwnerChange]:
    rows = OwnerChange.objects.select_related("former", "owner", "changed_by")
    return rows.only("changed_at", "announced_at", *_person("former"), *_person("owner"), *_person("changed_by"))


def _stages() -> QuerySet[StageChange]:
    rows = StageChange.objects.select_related("changed_by")
    return rows.only("former", "stage", "changed_at", *_person("changed_by"))


def _merges() -> QuerySet[Merge]:
    kept = Step.objects.filter(merge=OuterRef("pk")).order_by().values("pk")[:1]
    rows = Merge.objects.select_related("contact", "merged_by", "undone_by").annotate(kept_step=Subquery(kept))
    shown = ("former_name", "differing", "customer_id", "merged_at", "undone_at", "part_of_id", "contact__name")
    return rows.only(*shown, *_person("merged_by"), *_person("undone_by"))


def _complaints() -> QuerySet[Complaint]:
    return Complaint.objects.all()


def _wishes() -> QuerySet[Wish]:
    rows = Wish.objects.select_related("contact", "noted_by")
    return rows.only("text", "origin", "said_at", "contact__name", *_person("noted_by"))


def _answered() -> QuerySet[Wish]:
    """What became of wishes, also where something is only planned."""
    return Wish.objects.select_related("decided_by").only(
        "text", "state", "outcome", "decided_at", *_person("decided_by")
    )


def _corrections() -> QuerySet[Correction]:
    rows = Correction.objects.select_related("contact", "decided_by")
    return rows.only("text", "said_at", "decision", "word", "contact__name", *_person("decided_by"))


def _agreed() -> QuerySet[AgreedVersion]:
    rows = AgreedVersion.objects.select_related("agreed_by")
    return rows.only("number", "text", "agreed_at", "interaction_id", *_person("agreed_by"))


def _plans() -> QuerySet[RetentionPlan]:
    rows = RetentionPlan.objects.select_related("written_by", "approved_by", "closed_by", "play")
    people = (*_person("written_by"), *_person("approved_by"), *_person("closed_by"))
    shown = ("suspected", "offer", "outcome", "learned", "started_at", "approved_at", "closed_at", "play__name")
    return rows.only(*shown, *people)


_CONTACT = f"contact_id IN (SELECT id FROM {Contact._meta.db_table} WHERE {_CUSTOMER})"  # noqa: S608 - only constants

_IS_CLOSED = f"state = '{PlanState.CLOSED}' AND outcome <> '{PlanOutcome.MERGED}'"

# The place in the list is the rank of a source; of two things with the same time the higher rank is shown first.
SOURCES = (
    Source("interaction", Interaction, "happened_at", _interactions),
    Source(
        "mail", Message, "finished_at", _mails, f"{_CUSTOMER} AND state = '{State.SENT}' AND finished_at IS NOT NULL"
    ),
    Source("answer", Response, "answered_at", _answers),
    Source("complaint", Complaint, "opened_at", _complaints),
    Source("resolved", Complaint, "resolved_at", _complaints, f"{_CUSTOMER} AND resolved_at IS NOT NULL"),
    Source("reopened", Complaint, "reopened_at", _complaints, f"{_CUSTOMER} AND reopened_at IS NOT NULL"),
    Source("done", FollowUp, "done_at", _done, f"{_CUSTOMER} AND done_at IS NOT NULL"),
    Source("consent", ConsentChange, "changed_at", _consent, _CONTACT),
    Source("preference", PreferenceChange, "changed_at", _preferences, _CONTACT),
    Source("owner", OwnerChange, "changed_at", _owners),
    Source("merge", Merge, "merged_at", _merges),
    Source("wish", Wish, "said_at", _wishes),
    Source("answered", Wish, "decided_at", _answered, f"{_CUSTOMER} AND decided_at IS NOT NULL"),
    Source("stage", StageChange, "changed_at", _stages),
    Source("correction", Correction, "said_at", _corrections),
    Source("agreed", AgreedVersion, "agreed_at", _agreed),
    Source("plan", RetentionPlan, "started_at", _plans, f"{_CUSTOMER} AND started_at IS NOT NULL"),
    Source("plan_approved", RetentionPlan, "approved_at", _plans, f"{_CUSTOMER} AND approved_at IS NOT NULL"),
    Source("plan_closed", RetentionPlan, "closed_at", _plans, f"{_CUSTOMER} AND {_IS_CLOSED}"),
)


def timeline(customer: Customer, *, show: str = "", after: str = "", size: int = PAGE) -> Timeline:
    """One page, newest first: all, or what `show` names in SHOWN_KINDS; `after` is `older` of the page before."""
    places = _places(customer, SHOWN_KINDS[show][1] if show in SHOWN_KINDS else None, Place.read(after), size + 1)
    has_older = len(places) > size
    places = places[:size]
    found = _rows(places)
    entries = [
        Entry(place.at, place.rank, SOURCES[place.rank].name, found[place.rank][place.pk])
        for place in places
        # What was taken back between the two statements is not there any more.
        if place.pk in found[place.rank]
    ]
    return Timeline(entries, older=str(places[-1]) if has_older else "")


def _places(customer: Customer, kinds: Set[str] | None, after: Place | None, size: int) -> list[Place]:
    """Where the next `size` entries are."""
    selects = []
    for rank, source in enumerate(SOURCES):
        condition = source.belongs
        if kinds is not None and source.name not in kinds:
            if source.name != "interaction" or kinds.isdisjoint(Kind.values):
                continue
            condition += " AND kind = ANY(%(kinds)s)"
        if after is not None:
            condition += f" AND ({source.moment}, {rank}, id) < (%(at)s, %(rank)s, %(pk)s)"
        selects.append(
            f"(SELECT {source.moment} AS at, {rank} AS rank, id FROM {source.model._meta.db_table} WHERE {condition}"  # noqa: S608 - only constants
            f" ORDER BY {source.moment} DESC, id DESC LIMIT %(size)s)"
        )
    either = " UNION ALL ".join(selects)
    parameters: dict[str, Any] = {"customer": customer.pk, "kinds": list(kinds or ()), "size": size}
    if after is not None:
        parameters |= vars(after)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({either}) AS entries ORDER BY at DESC, rank DESC, id DESC LIMIT %(size)s",  # noqa: S608
            parameters,
        )
        return [Place(*row) for row in cursor.fetchall()]


def _rows(places: list[Place]) -> dict[int, dict[int, Any]]:
    """The rows at these places by their sources' ranks and their ids."""
    wanted: dict[int, list[int]] = defaultdict(list)
    for place in places:
        wanted[place.rank].append(place.pk)
    return {rank: SOURCES[rank].rows().fetch_mode(FETCH_RAISE).in_bulk(pks) for rank, pks in wanted.items()}
