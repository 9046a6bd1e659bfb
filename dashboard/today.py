"""What waits for one member of staff today: whom to care for, and why.

Every list is cut off by the database, is found through an index on the person, and costs one query however long it is.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import FETCH_RAISE, F, IntegerField, OuterRef, Q, Subquery

from accounts.models import Company, User
from customers.models import Contact, Customer
from dashboard.meetings import todays
from interactions.models import Complaint, FollowUp, Interaction
from interactions.owing import Waiting, waiting
from outreach.models import CUSTOMER_KINDS, Message, MessageKind, MessageQuerySet, State
from outreach.overdue import digest_customers, digest_follow_ups
from retention.wording import who_went_quiet_in_short
from retention_crm.lib import clock
from surveys.models import Response

SHOWN = 10
SHOWN_ALONE = 200
ANSWERS_SINCE = timedelta(days=14)
HELD_SINCE = timedelta(days=7)
BIRTHDAY_DAYS = 7
# What the rows show; making the objects takes as long as finding them.
FOLLOW_UP_COLUMNS = ("title", "origin", "occasion", "is_promise", "disputed", "due_at", "customer__name")
QUIET_COLUMNS = (
    *("name", "time_zone", "cadence_days", "last_touchpoint_on"),
    *("segment__cadence_days", "risk__value_last_year"),
    *("risk__last_day", "risk__rhythm_days", "risk__reasons"),
)
OWED_COLUMNS = (
    *("kind", "notes", "happened_at", "contact__name", "customer__name"),
    *("customer__owner__time_zone", "customer__owner__working_days"),
)
COMPLAINT_COLUMNS = (
    *("what", "severity", "opened_at", "answer_by", "answered_at", "resolve_by", "resolved_at", "escalated_at"),
    "customer__name",
)
ANSWER_COLUMNS = ("score", "low_point", "low_of", "comment", "answered_at", "contact__name", "customer__name")
BIRTHDAY_COLUMNS = (
    *("name", "email", "time_zone", "allows_greetings", "birthday_day", "birthday_month", "birthday_year"),
    *("customer__name", "customer__sort_key", "customer__time_zone"),
)
HELD_COLUMNS = ("kind", "reason", "detail", "said", "due_at", "contact__name", "customer__name")
# Some of those found have their birthday only by another calendar than their own.
FETCHED_PER_SHOWN = 4
# Counting further costs more than the number is worth.
COUNTED_TO = 1000


@dataclass(frozen=True)
class Section:
    """One list of the page; `more` says that there is more than is shown."""

    key: str
    rows: list[Any]
    more: bool


@dataclass(frozen=True)
class Quiet:
    """`who` says whether it was they or we who went quiet, where it can be said."""

    customer: Customer
    days: int | None
    who: str


@dataclass(frozen=True)
class Birthday:
    contact: Contact
    day: date
    in_days: int
    turns: int | None
    is_greeted: bool
    greeting: str
    """The state of the message, once there is one; then it says more than whether one may go out."""

    @property
    def is_called_off(self) -> bool:
        return self.greeting in {State.FAILED, State.CANCELLED, State.EXPIRED}


@dataclass(frozen=True)
class TeamCounts:
    """What waits in the whole team (in the company, for who has no team); each number is cut off at COUNTED_TO."""

    follow_ups: int
    quiet: int
    complaints: int

    def __bool__(self) -> bool:
        return bool(self.follow_ups or self.quiet or self.complaints)


def collect(
    user: User, *, at: datetime, company: Company, only: str = "", instead_of: Collection[int] = ()
) -> list[Section]:
    """The lists in the order of urgency, without the empty ones; with `only` that list alone, and longer.

    `instead_of` are the ids of those who are away and whom the user stands in for.
    """
    people = [user.pk, *instead_of]
    _start, end_of_today = clock.day_bounds(user.today(at), user.time_zone)
    follow_ups = digest_follow_ups(user, end_of_today, of=people).only(*FOLLOW_UP_COLUMNS).fetch_mode(FETCH_RAISE)
    sources = {
        "meetings": partial(todays, user, people, at, end_of_today),
        "promises": lambda limit: follow_ups.filter(is_promise=True)[:limit],
        "owed": partial(_owed, people, at, company),
        "follow_ups": lambda limit: follow_ups.filter(is_promise=False)[:limit],
        "quiet": partial(_quiet, user, people, at),
        "complaints": partial(_complaints, people),
        "answers": partial(_bad_answers, people, at),
        "birthdays": partial(_birthdays, user, people, at, company),
        "held": partial(_held, people, at),
    }
    if only in sources:
        return [_section(only, sources[only], SHOWN_ALONE)]
    return [section for key in sources if (section := _section(key, sources[key], SHOWN)).rows]


def team_counts(manager: User, *, at: datetime) -> TeamCounts:
    """How much waits for the manager's team by the manager's own day."""
    follow_ups, complaints = FollowUp.objects.due_by(at), Complaint.objects.open()
    quiet = Customer.objects.overdue(manager.today(at))
    if manager.team_id is not None:
        members = User.objects.get_queryset().filter(team_id=manager.team_id).values("pk")
        follow_ups, complaints = follow_ups.filter(assignee__in=members), complaints.filter(owner__in=members)
        quiet = quiet.filter(owner__in=members)
    counts = [_Number(rows.order_by().values("pk")[:COUNTED_TO]) for rows in (follow_ups, quiet, complaints)]
    return TeamCounts(*User.objects.get_queryset().values_list(*counts).get(pk=manager.pk))


class _Number(Subquery):
    """How many rows a query has, so that several are counted at once."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def _section(key: str, source: Any, size: int) -> Section:
    rows = list(source(size + 1))
    return Section(key=key, rows=rows[:size], more=len(rows) > size)


def _quiet(user: User, people: list[int], at: datetime, limit: int) -> list[Quiet]:
    today = user.today(at)
    customers = digest_customers(user, today, of=people).select_related("segment", "risk").only(*QUIET_COLUMNS)
    found = customers.fetch_mode(FETCH_RAISE)[:limit]
    return [Quiet(customer, customer.quiet_days(customer.today(at)), _who(customer, today)) for customer in found]


def _who(customer: Customer, today: date) -> str:
    risk = getattr(customer, "risk", None)
    return who_went_quiet_in_short(risk, today) if risk else ""


def _owed(people: list[int], at: datetime, company: Company, limit: int) -> list[Waiting]:
    """Who wants an answer, whoever has waited longest first."""
    mine = Interaction.objects.owed().filter(customer__owner__in=people, customer__lost_on=None)
    shown = mine.select_related("customer__owner", "contact").only(*OWED_COLUMNS).fetch_mode(FETCH_RAISE)
    return waiting(list(shown.order_by("happened_at", "pk")[:limit]), at=at, company=company)


def _complaints(people: list[int], limit: int) -> Iterable[Complaint]:
    mine = Complaint.objects.open().filter(owner__in=people).select_related("customer").only(*COMPLAINT_COLUMNS)
    return mine.fetch_mode(FETCH_RAISE).order_by("-severity", "opened_at", "pk")[:limit]


def _bad_answers(people: list[int], at: datetime, limit: int) -> Iterable[Response]:
    recent = Response.objects.unhappy().filter(customer__owner__in=people, answered_at__gte=at - ANSWERS_SINCE)
    shown = recent.select_related("customer", "contact").only(*ANSWER_COLUMNS).fetch_mode(FETCH_RAISE)
    return shown.order_by("-answered_at", "-pk")[:limit]


def _held(people: list[int], at: datetime, limit: int) -> Iterable[Message]:
    """Messages the gate held back, as long as nobody has been in touch since and a call would be welcome."""
    held = Message.objects.filter(state=State.HELD, kind__in=CUSTOMER_KINDS, due_at__gte=at - HELD_SINCE)
    mine = held.filter(customer__owner__in=people, customer__lost_on=None, customer__do_not_contact=False)
    silent = mine.exclude(customer__last_touchpoint_at__gt=F("due_at"))
    shown = silent.select_related("customer", "contact").only(*HELD_COLUMNS).fetch_mode(FETCH_RAISE)
    return shown.order_by("-due_at", "-pk")[:limit]


def _birthdays(user: User, people: list[int], at: datetime, company: Company, limit: int) -> list[Birthday]:
    """Birthdays of the next days, each by the contact's own calendar, which may be a day away from the user's."""
    today = user.today(at)
    days = [today + timedelta(days=offset) for offset in range(-1, BIRTHDAY_DAYS + 2)]
    born = Contact.objects.with_birthday_on(days, leap_day_on_march_1=company.leap_day_on_march_1)
    mine = born.filter(customer__owner__in=people, customer__lost_on=None, customer__do_not_contact=False)
    # From today on, with January after December; yesterday, which is still today for a few, comes last.
    contacts = (
        mine.filter(deceased=False, do_not_contact=False)
        .annotate(
            passed=Q(birthday_month=days[0].month, birthday_day=days[0].day),
            next_year=Q(birthday_month__lt=days[0].month),
            greeting=_greetings(at).values("state")[:1],
        )
        .order_by("passed", "next_year", "birthday_month", "birthday_day", "customer__sort_key")
        .select_related("customer")
        .only(*BIRTHDAY_COLUMNS)
    )
    found = contacts.fetch_mode(FETCH_RAISE)[: limit * FETCHED_PER_SHOWN]
    kept = [_birthday(contact, at, company) for contact in found]
    soon = [birthday for birthday in kept if birthday.in_days <= BIRTHDAY_DAYS]
    return sorted(soon, key=lambda birthday: (birthday.in_days, birthday.contact.customer.sort_key))[:limit]


def _greetings(at: datetime) -> MessageQuerySet:
    """Of the contact of an outer query, for the birthday that is about to be or just was."""
    of_contact = Message.objects.filter(customer=OuterRef("customer"), contact=OuterRef("pk"))
    near = of_contact.filter(kind=MessageKind.BIRTHDAY, due_at__gte=at - timedelta(days=BIRTHDAY_DAYS))
    return near.order_by("-due_at")


def _birthday(contact: Contact, at: datetime, company: Company) -> Birthday:
    assert contact.birthday_month and contact.birthday_day
    today = clock.today(contact.effective_time_zone, at)
    keep = partial(
        clock.birthday_in,
        month=contact.birthday_month,
        day=contact.birthday_day,
        leap_day_on_march_1=company.leap_day_on_march_1,
    )
    day = keep(today.year)
    if day < today:
        day = keep(today.year + 1)
    return Birthday(
        contact=contact,
        day=day,
        in_days=(day - today).days,
        turns=day.year - contact.birthday_year if contact.birthday_year else None,
        is_greeted=bool(contact.email) and contact.allows_greetings,
        greeting=getattr(contact, "greeting", None) or "",
    )
