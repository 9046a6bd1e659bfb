"""One customer of the demo and the people there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import NamedTuple

from accounts.models import User
from customers.models import (
    Channel,
    ConsentChange,
    ConsentKind,
    Contact,
    Customer,
    Tone,
)
from customers.models import (
    Stage as Closeness,
)
from dashboard.demo import phrases, rhythms
from dashboard.demo.cultures import Culture, Person, any_culture, cultures
from dashboard.demo.moments import iso, moment
from dashboard.demo.people import Care, Stage
from dashboard.demo.rhythms import Course, Span
from dashboard.demo.writing import Book
from retention_crm.lib import text

_SHARE_OF_PERSONS = 0.22
# When a staged new customer was entered: less than a day before any hour of the day of the demo.
_LATE = 23 * 60 + 20
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Birthday(NamedTuple):
    day: int | None
    month: int | None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a customer; what is left open is chance."""

    culture: str = ""
    zone: str = ""
    course: Course | None = None
    segment: int | None = None
    business: bool | None = None
    birthday: Birthday | None = None
    contacts: int | None = None
    mourned: bool = False
    starred: bool = False
    since_days: int | None = None


@dataclass(slots=True)
class Relationship:
    """A customer whose rows are noted, as the history needs it."""

    pk: int
    name: str
    culture: Culture
    zone: str
    owner: User
    care: Care
    span: Span
    domains: Sequence[str]
    # Names by id; the first is the main contact.
    contacts: dict[int, str] = field(default_factory=dict)
    # Contacts who get mail and allow surveys.
    askable: set[int] = field(default_factory=set)
    # The day and the minute of the last touchpoint.
    touched: tuple[int, int] | None = None

    @property
    def main_contact(self) -> int:
        return next(iter(self.contacts))


def meet(book: Book, stage: Stage, number: int, random: Random, wish: Wish) -> Relationship:
    """Notes the contacts of customer number so-and-so; the customer's own row is for `close`."""
    culture = cultures()[wish.culture] if wish.culture else any_culture(random)
    place = wish.segment if wish.segment is not None else random.choices(range(4), stage.segment_weights)[0]
    care = stage.segments[place]
    # Where the day begins later than in Stockholm, yesterday is not over yet when it is midnight there.
    until = stage.on - timedelta(days=2 if culture.west else 1)
    course = wish.course or rhythms.any_course(random)
    span = rhythms.span(random, course, usual_gap=care.usual_gap, until=until)
    if wish.since_days is not None:
        start = stage.on.toordinal() - wish.since_days
        span = Span(course, start, None, [])
    owner = stage.star if wish.starred else random.choices(stage.owners, stage.shares)[0]
    zone = wish.zone or random.choice(culture.zones)
    business = random.random() >= _SHARE_OF_PERSONS if wish.business is None else wish.business
    name, family = culture.business(random)
    heads = (wish.contacts or _head_count(random)) if business else 1
    people = [culture.person(random, family if random.random() < 0.4 else None) for _ in range(heads)]
    name = text.clean_line(name if business else people[0].name)
    relationship = Relationship(book.next_id(Customer), name, culture, zone, owner, care, span, stage.domains)
    for index, person in enumerate(people):
        _note_contact(book, random, relationship, person, number, wish if index == 0 else Wish(mourned=wish.mourned))
    return relationship


def _head_count(random: Random) -> int:
    return random.choices((1, 2, 3, 4), (40, 32, 18, 10))[0]


def close(book: Book, random: Random, of: Relationship, wish: Wish) -> None:
    """Notes the customer's own row, once the history is told and the last touchpoint is known."""
    chosen = of.span.course in (rhythms.STEADY, rhythms.GROWING)
    own_cadence = random.choice((21, 45, 90)) if chosen and random.random() < 0.05 else None
    last = of.touched[0] if of.touched else None
    book.put(
        Customer,
        of.pk,
        of.name,
        text.sort_key(of.name)[:400],
        of.owner.pk,
        of.care.pk,
        _closeness(random, len(of.span.days)),
        of.zone,
        of.culture.language,
        own_cadence,
        phrases.care_note(random) if random.random() < 0.3 else "",
        iso(of.span.start),
        random.random() < 0.012 and not wish.starred,
        iso(of.span.lost) if of.span.lost else None,
        moment(of.span.start, 9 * 60 if wish.since_days is None else _LATE, of.zone),
        moment(*of.touched, of.zone) if of.touched else None,
        iso(last) if last else None,
        iso((last or of.span.start) + (own_cadence or of.care.cadence)),
    )


def _closeness(random: Random, contacts: int) -> str:
    """The stage of the relationship grows with the number of contacts, more or less."""
    steps = list(Closeness)
    return steps[min(len(steps) - 1, int((contacts + 1) ** 0.5 * random.uniform(0.3, 0.9)))].value


def _note_contact(book: Book, random: Random, at: Relationship, person: Person, number: int, wish: Wish) -> None:
    first = not at.contacts
    email = _address(random, person, number, len(at.contacts), at.domains) if first or random.random() < 0.93 else ""
    allows = {
        ConsentKind.GREETINGS: wish.birthday is not None or random.random() >= 0.04,
        ConsentKind.THANKS: random.random() >= 0.03,
        ConsentKind.SURVEYS: wish.starred or random.random() >= 0.05,
    }
    deceased = (not first and wish.mourned) or (not wish.starred and random.random() < 0.003)
    left_alone = not wish.starred and random.random() < 0.015
    pk = book.add(
        Contact,
        at.pk,
        text.clean_line(person.name),
        text.clean_line(person.given) if random.random() < 0.5 else "",
        phrases.job_title(random) if random.random() < 0.7 else "",
        email,
        at.culture.phone_number(random) if random.random() < 0.85 else "",
        first,
        "",
        "",
        random.choice((Tone.FORMAL.value, Tone.FORMAL.value, Tone.FRIENDLY.value)),
        random.choices(Channel.values, (35, 40, 6, 12, 7))[0],
        *(wish.birthday or _birthday(random)),
        *allows.values(),
        left_alone,
        deceased,
    )
    at.contacts[pk] = person.name
    if email and allows[ConsentKind.SURVEYS] and not (deceased or left_alone):
        at.askable.add(pk)
    for kind, allowed in allows.items():
        if not allowed:
            _note_withdrawal(book, random, at, pk, kind)


def _note_withdrawal(book: Book, random: Random, at: Relationship, contact: int, kind: ConsentKind) -> None:
    by_link = random.random() < 0.7
    book.add(
        ConsentChange,
        contact,
        kind.value,
        False,
        ConsentChange.Source.LINK.value if by_link else ConsentChange.Source.STAFF.value,
        None if by_link else at.owner.pk,
        moment(at.span.days[-1] if at.span.days else at.span.start, 19 * 60, at.zone),
    )


def _address(random: Random, person: Person, number: int, index: int, domains: Sequence[str]) -> str:
    """Unique by the customer's number."""
    again = str(index + 1) if index else ""
    return f"{person.mailbox}{again}@c{number}.{random.choice(domains)}"


def _birthday(random: Random) -> Birthday:
    if random.random() < 0.3:
        return Birthday(None, None)
    month = random.randrange(12)
    day = random.randint(1, _DAYS_IN_MONTH[month])
    # Years in which every day exists, where the day is 29 February.
    year = random.randrange(1944, 2004, 4) if (month, day) == (1, 29) else random.randrange(1944, 2006)
    return Birthday(day, month + 1, year if random.random() < 0.55 else None)
