"""From the cells of a line to what they mean, by where each column goes."""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from customers.importing import values
from customers.importing.recognising import OURS
from customers.importing.records import Record, Refused
from customers.importing.targets import Target
from customers.importing.telephones import in_one_form
from customers.importing.written_days import Day, read_day
from customers.models import ConsentKind, ContactDetail, Customer, CustomField, Segment
from retention_crm.lib import text

Kind = ContactDetail.Kind
LONGEST_DETAIL = 5000
OLDEST_BIRTH_YEAR, EARLIEST_YEAR = 1880, 1900
# Days that are no birthdays lie ahead as well; so far ahead may be a year of two digits.
_YEARS_AHEAD = 50
# The group in which Google has everybody, and what stands before the names of its own.
_GOOGLES_ALL, _GOOGLES_OWN = "* myContacts", "* "
LONGEST_KEY = 120
# Lines and names that are not the person's own telephone.
_NOT_TO_CALL = re.compile(r"fax|pager|telex|assist|isdn|funkruf|tty|texttelefon|rückmeldung|callback", re.IGNORECASE)
# What tells the addresses of one line apart, by the names of their columns.
_PLACE = re.compile(
    r"address \d+|business|home|mailing|billing|shipping|other|work|geschäftlich|privat|weitere", re.IGNORECASE
)
_GENERIC = {"email", "e-mail", "mail", "phone", "telephone", "telefon", "tel", "e-mail address", "email address"}
_NUMBERED = re.compile(
    r"(?:e-mail|phone|address|website|messenger|im|event|date|relation|related|profile|custom field|note)"
)
_UP_TO_NUMBER = re.compile(r".*?\d+")
_IN_COMPANY = {Target.COMPANY, Target.CUSTOMER_KEY}
_FLAGS = {"do_not_contact", "deceased", "is_champion"}
# The general first: what a column says of one kind counts more.
_CONSENT = {
    Target.ALLOWS_ALL: list(ConsentKind),
    Target.ALLOWS_GREETINGS: [ConsentKind.GREETINGS],
    Target.ALLOWS_THANKS: [ConsentKind.THANKS],
    Target.ALLOWS_SURVEYS: [ConsentKind.SURVEYS],
}
_LIST_KINDS = {Target.WEBSITE: Kind.WEBSITE, Target.MESSENGER: Kind.MESSENGER, Target.NOTE: Kind.NOTE}


class Known:
    """What the names in a file are looked up in: segments, people customers may be given to, fields of the company."""

    def __init__(self, user: User) -> None:
        people = User.objects.get_queryset().active()
        self.user = user
        self.today = user.today()
        self.last_day = self.today.replace(year=self.today.year + _YEARS_AHEAD, day=1)
        self.fields = {field.column: field for field in CustomField.objects.used()}
        self.segments = {text.sort_key(name): pk for pk, name in Segment.objects.values_list("pk", "name")}
        self.segment_names = ", ".join(Segment.objects.values_list("name", flat=True)) or "–"
        self._referrers: dict[str, int | None] = {}
        self.people: dict[str, list[int]] = defaultdict(list)
        for pk, name, email in people.values_list("pk", "name", "email"):
            self.people[email.lower()].append(pk)
            self.people[text.sort_key(name)].append(pk)

    def segment(self, cell: str) -> int:
        try:
            return self.segments[text.sort_key(cell)]
        except KeyError:
            words = _("There is no segment %(value)s. There are: %(known)s.")
            raise Refused(words % {"value": values.quoted(cell), "known": self.segment_names}) from None

    def owner(self, cell: str) -> int:
        found = self.people.get(cell.strip().lower()) or self.people.get(text.sort_key(cell)) or []
        if len(found) != 1:
            raise Refused(_("No active colleague is known as %(value)s.") % {"value": values.quoted(cell)})
        if not self.user.sees_everything and found[0] != self.user.pk:
            raise Refused(_("The owner is %(value)s; you can only bring customers of your own.") % {"value": cell})
        return found[0]

    def referrer(self, cell: str) -> int | None:
        """The one customer the person may see who is called so, or has that number elsewhere; each is asked once."""
        if cell not in self._referrers:
            rows = Customer.objects.visible_to(self.user).order_by()
            named = Q(sort_key=text.sort_key(cell)[:400]) | Q(external_key=cell)
            found = list(rows.filter(named).values_list("pk", flat=True)[:2])
            self._referrers[cell] = found[0] if len(found) == 1 else None
        return self._referrers[cell]


@dataclass(frozen=True)
class _Column:
    place: int
    target: str
    name: str
    order: str
    label_place: int | None

    def label(self, cells: list[str]) -> str:
        said = cells[self.label_place].lstrip("* ").strip() if self.label_place is not None else ""
        if said:
            return text.excerpt(said, 100)
        return "" if self.name.lower() in _GENERIC or _NUMBERED.match(self.name.lower()) else self.name


def _is_of_one(label: str, name: str) -> bool:
    """Whether a column that says what another is may speak of this one: where both are numbered, of one number."""
    of, own = _UP_TO_NUMBER.match(label), _UP_TO_NUMBER.match(name)
    return not of or not own or of[0] == own[0]


class Interpreter:
    """Reads lines by one mapping; `country` is whose telephone numbers have no + in front."""

    def __init__(
        self, columns: list[dict[str, Any]], mapping: list[dict[str, str]], options: dict[str, Any], known: Known
    ) -> None:
        self.known, self.country = known, options.get("country", "")
        self.source = options.get("source", "")
        self._width = len(columns)
        self._by_target: dict[str, list[_Column]] = defaultdict(list)
        label: tuple[int, str] | None = None
        for place, (column, goes) in enumerate(zip(columns, mapping, strict=True)):
            target, name = goes["target"], column["name"]
            if target == Target.LABEL:
                label = place, name
                continue
            labelled = label[0] if label and _is_of_one(label[1], name) else None
            self._by_target[target].append(_Column(place, target, name, goes["order"], labelled))
            if target not in {Target.ADDRESS, Target.ADDRESS_PART, Target.LEFT_OUT}:
                label = None

    def record(self, cells: list[str]) -> Record:
        """What the cells mean; raises Refused with the reason if that cannot be said.

        There may be fewer cells than columns: of cards only the later ones may have some of what there is.
        """
        cells = [*cells, *[""] * (self._width - len(cells))]
        record = Record()
        name, company = self._name(cells), self._line(cells, Target.COMPANY, 200)
        self._put_ways_to_reach(record, cells)
        name = name or ("" if company else record.contact.get("email", ""))
        if not name and not company:
            raise Refused(_("The line names neither a person nor a company."))
        record.is_company = bool(company)
        self._put_customer(record, cells, company or name)
        self._put_labels(record, cells)
        self._put_more(record, cells)
        self._put_person(record, cells)
        is_person = name or (record.contact.keys() - _FLAGS) or record.details or record.events or record.consent
        if is_person:
            record.contact["name"] = name or company
        return record

    def _cell(self, cells: list[str], target: str) -> str:
        # Asked for every place in every line: a loop takes half the time of a generator.
        for column in self._by_target.get(target, ()):
            if cells[column.place]:
                return cells[column.place]
        return ""

    def _line(self, cells: list[str], target: Target, limit: int) -> str:
        cell = self._cell(cells, target)
        return values.line(cell, target.label, limit) if cell else ""

    def _name(self, cells: list[str]) -> str:
        whole = self._line(cells, Target.NAME, 200)
        parts = (Target.GIVEN, Target.MIDDLE, Target.FAMILY)
        named = " ".join(filter(None, (self._line(cells, part, 200) for part in parts)))
        if not whole and not named:
            return ""
        sides = [self._line(cells, Target.PREFIX, 100), whole or named, self._line(cells, Target.SUFFIX, 100)]
        missing = [side for side in sides if side == sides[1] or side.lower() not in sides[1].lower()]
        return values.line(" ".join(filter(None, missing)), Target.NAME.label, 200)

    def _put_customer(self, record: Record, cells: list[str], name: str) -> None:
        customer = record.customer
        customer["name"] = name
        readers = {
            Target.SEGMENT: ("segment_id", self.known.segment),
            Target.STAGE: ("stage", values.stage),
            Target.OWNER: ("owner_id", self.known.owner),
            Target.CADENCE_DAYS: ("cadence_days", values.cadence),
        }
        for target, (field, read) in readers.items():
            if cell := self._cell(cells, target):
                customer[field] = read(cell)
        if note := self._cell(cells, Target.CARE_NOTE):
            customer["care_note"] = values.note(note, Target.CARE_NOTE.label, 1000)
        if key := self._line(cells, Target.CUSTOMER_KEY, LONGEST_KEY):
            customer["external_key"] = key if self.source == OURS else f"import:{self.source}:{key}"
        for target, field in ((Target.CUSTOMER_SINCE, "customer_since"), (Target.LOST_ON, "lost_on")):
            self._put_past_day(customer, cells, target, field)
        if self._says_yes(cells, Target.NOT_AT_ALL):
            customer["do_not_contact"] = True
        self._put_referrer(record, cells)
        self._put_or_note(record, cells, Target.COUNTRY, customer)
        self._put_or_note(record, cells, Target.CUSTOMER_LANGUAGE, customer, "language")
        self._put_or_note(record, cells, Target.CUSTOMER_TIME_ZONE, customer, "time_zone")

    def _put_referrer(self, record: Record, cells: list[str]) -> None:
        """Who is no customer of ours, or not the only one of that name, is kept as a note."""
        cell = self._line(cells, Target.REFERRED_BY, 200)
        if cell and (referrer := self.known.referrer(cell)):
            record.customer["referred_by_id"] = referrer
        elif cell:
            record.details.append((Kind.NOTE, str(Target.REFERRED_BY.label), cell))

    def _put_past_day(self, into: dict[str, Any], cells: list[str], target: Target, field: str) -> None:
        day = self._day(cells, target)
        if day is None:
            return
        if day.whole is None or not date(EARLIEST_YEAR, 1, 1) <= day.whole <= self.known.today:
            words = _("“%(name)s” has to be a day between 1900 and today, with the year.")
            raise Refused(words % {"name": target.label})
        into[field] = day.whole.isoformat()

    def _put_labels(self, record: Record, cells: list[str]) -> None:
        """The tags of the customer and what the company's own fields hold."""
        for column in self._by_target.get(Target.TAGS, ()):
            names = values.tags(cells[column.place])
            if self.source == "google":
                names = [name.removeprefix(_GOOGLES_OWN) for name in names if name != _GOOGLES_ALL]
            record.tags += [name for name in names if name not in record.tags]
        for target, field in self.known.fields.items():
            for column in self._by_target.get(target, ()):
                if cells[column.place] and (value := self._own(field, column, cells)) is not None:
                    record.custom[field.key] = value

    def _own(self, field: CustomField, column: _Column, cells: list[str]) -> Any:
        if field.kind != CustomField.Kind.DATE:
            return values.own(field, cells[column.place])
        day = self._read_day(column, cells, today=self.known.last_day)
        if day and not day.whole:
            shown = {"name": column.name, "value": values.quoted(cells[column.place])}
            raise Refused(_("%(name)s: %(value)s has no year.") % shown)
        return field.stored(day.whole) if day else None

    def _put_person(self, record: Record, cells: list[str]) -> None:
        contact = record.contact
        for target, field, limit in (
            (Target.PREFERRED_NAME, "preferred_name", 100),
            (Target.JOB_TITLE, "job_title", 120),
            (Target.BEST_TIME, "best_time", 60),
        ):
            if value := self._line(cells, target, limit):
                contact[field] = value
        for target, field, read in (
            (Target.TONE, "tone", values.tone),
            (Target.CHANNEL, "preferred_channel", values.channel),
        ):
            if cell := self._cell(cells, target):
                contact[field] = read(cell)
        self._put_or_note(record, cells, Target.LANGUAGE, contact)
        self._put_or_note(record, cells, Target.TIME_ZONE, contact)
        flags = (
            (Target.NOT_THEM, "do_not_contact"),
            (Target.DECEASED, "deceased"),
            (Target.CHAMPION, "is_champion"),
        )
        contact |= {field: True for target, field in flags if self._says_yes(cells, target)}
        self._put_past_day(contact, cells, Target.LEFT_ON, "left_on")
        if "left_on" in contact:
            # Who is there no more is not written to, as when somebody marks it on the page.
            contact["do_not_contact"] = True
        if day := self._day(cells, Target.BIRTHDAY):
            self._check_birthday(day)
            contact |= {"birthday_day": day.day, "birthday_month": day.month, "birthday_year": day.year}
        if key := self._line(cells, Target.CONTACT_KEY, LONGEST_KEY):
            record.details.append((Kind.KEY, self.source, key))
        self._put_consent(record, cells)

    def _says_yes(self, cells: list[str], target: Target) -> bool:
        """A file can say that somebody is to be left alone, and can not take that back."""
        cell = self._cell(cells, target)
        return bool(cell) and values.is_yes(cell)

    def _put_consent(self, record: Record, cells: list[str]) -> None:
        for target, kinds in _CONSENT.items():
            if cell := self._cell(cells, target):
                record.consent |= dict.fromkeys(kinds, values.is_yes(cell))
        if self._says_yes(cells, Target.OPTED_OUT):
            record.consent |= dict.fromkeys(ConsentKind, False)

    def _put_or_note(
        self, record: Record, cells: list[str], target: Target, into: dict[str, Any], field: str = ""
    ) -> None:
        """What is not known by us is kept as a note: a language nobody here writes in is true all the same."""
        cell = self._line(cells, target, 200)
        if not cell:
            return
        reader = {
            Target.LANGUAGE: values.language,
            Target.TIME_ZONE: values.time_zone,
            Target.CUSTOMER_LANGUAGE: values.language,
            Target.CUSTOMER_TIME_ZONE: values.time_zone,
            Target.COUNTRY: values.country,
        }[target]
        if value := reader(cell):
            into[field or target.value] = value
        else:
            record.details.append((Kind.NOTE, str(target.label), cell))

    def _day(self, cells: list[str], target: Target) -> Day | None:
        column = next((c for c in self._by_target.get(target, ()) if cells[c.place]), None)
        return self._read_day(column, cells) if column else None

    def _read_day(self, column: _Column, cells: list[str], *, today: date | None = None) -> Day | None:
        try:
            return read_day(cells[column.place], order=column.order, today=today or self.known.today)
        except ValueError:
            words = _("%(name)s: %(value)s is no day that is understood, such as 1980-05-17, 17.05.1980 or 17 May.")
            shown = {"name": column.name, "value": values.quoted(cells[column.place])}
            raise Refused(words % shown) from None

    def _check_birthday(self, day: Day) -> None:
        if day.year and not OLDEST_BIRTH_YEAR <= day.year <= self.known.today.year:
            raise Refused(_("The birthday is in the year %(year)d; check it.") % {"year": day.year})

    def _put_ways_to_reach(self, record: Record, cells: list[str]) -> None:
        """The first address and number are the contact's; the others, and every kind of line one does not call, are
        details."""
        country = values.country(self._cell(cells, Target.COUNTRY)) or self.country
        seen: set[str] = set()
        for column in self._by_target.get(Target.EMAIL, ()):
            for address in self._addresses(record, column, cells):
                if address.lower() not in seen:
                    self._put_way(record, "email", address, column.label(cells), is_main=self._may_be_main(column))
                seen.add(address.lower())
        for column in self._by_target.get(Target.PHONE, ()):
            for written in self._numbers(cells[column.place]):
                # What we wrote ourselves stays as it is.
                number = written if self.source == OURS else in_one_form(written, country)
                label = column.label(cells)
                if number not in seen:
                    is_called = len(number) <= 40 and not _NOT_TO_CALL.search(label or column.name)
                    is_main = is_called and self._may_be_main(column)
                    self._put_way(record, "phone", number, label, is_main=is_main)
                seen.add(number)

    def _may_be_main(self, column: _Column) -> bool:
        """In a file of ours it is said which one is the contact's own."""
        return self.source != OURS or not column.name[-1].isdecimal()

    def _numbers(self, cell: str) -> list[str]:
        return [text.clean_line(part) for part in ([cell] if self.source == OURS else values.several(cell)) if part]

    def _addresses(self, record: Record, column: _Column, cells: list[str]) -> tuple[str, ...]:
        cell = cells[column.place]
        if cell.startswith("/o="):
            # How Outlook names a colleague on the same Exchange server.
            record.details.append((Kind.NOTE, column.name, cell[:LONGEST_DETAIL]))
            return ()
        return values.addresses(cell) if cell else ()

    def _put_way(self, record: Record, kind: str, value: str, label: str, *, is_main: bool) -> None:
        if is_main and kind not in record.contact:
            record.contact[kind] = value
        else:
            record.details.append((kind, label, values.note(value, label or kind, LONGEST_DETAIL)))

    def _put_more(self, record: Record, cells: list[str]) -> None:
        for target, kind in _LIST_KINDS.items():
            for column in self._by_target.get(target, ()):
                if cell := cells[column.place]:
                    # A note without a name is told by its column, but for those in our own files.
                    name = column.name if kind == Kind.NOTE and self.source != OURS else ""
                    label = column.label(cells) or name
                    record.details.append((kind, label, values.note(cell, column.name, LONGEST_DETAIL)))
        self._put_addresses(record, cells)
        for column in self._by_target.get(Target.EVENT, ()):
            if day := self._read_day(column, cells):
                name = column.label(cells) or column.name.capitalize()
                record.events.append((name, day.day, day.month, day.year))

    def _put_addresses(self, record: Record, cells: list[str]) -> None:
        """Parts of one address stand together; what the whole says already is not said again."""
        groups: dict[str, list[str]] = defaultdict(list)
        labels: dict[str, str] = {}
        columns = [c for target in (Target.ADDRESS, Target.ADDRESS_PART) for c in self._by_target.get(target, ())]
        for column in columns:
            cell = text.clean(cells[column.place]).strip()
            found = _PLACE.search(column.name)
            # Whole addresses without a number each stand alone.
            group = found[0].lower() if found else "" if column.target == Target.ADDRESS_PART else str(column.place)
            if cell and not any(cell in part for part in groups[group]):
                groups[group].append(cell)
            own = column.label(cells) if column.label_place is not None else ""
            is_named = found and not found[0][-1].isdecimal()
            labels.setdefault(group, own or (found[0].capitalize() if found and is_named else ""))
        for group, parts in groups.items():
            if parts:
                whole = values.note(", ".join(parts), Target.ADDRESS.label, LONGEST_DETAIL)
                record.details.append((Kind.ADDRESS, labels[group], whole))
