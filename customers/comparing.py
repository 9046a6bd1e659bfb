"""Two rows side by side, before they become one: what each says, and which of it stays."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers.models import Contact, Customer, CustomField
from retention_crm.lib import clock, dates, workdays

KEPT, LOST, BOTH = "kept", "lost", "both"
_CUSTOM = "custom_"
_LONGEST_NOTE = 1000
# What can be chosen; a day of birth is one thing. All else follows rules of its own: what both allow, who looks after
# them, whether they are lost.
_OF_CONTACT = (
    "name",
    "preferred_name",
    "job_title",
    "email",
    "phone",
    "birthday",
    "best_time",
    "preferred_channel",
    "tone",
    "language",
    "time_zone",
)
_OF_CUSTOMER = (
    "name",
    "segment",
    "stage",
    "customer_since",
    "language",
    "time_zone",
    "country",
    "cadence_days",
    "gesture_budget",
    "care_note",
)
_BIRTHDAY = ("birthday_day", "birthday_month", "birthday_year")


@dataclass(frozen=True)
class Choice:
    """One thing both rows may say something of: in words what each says, and what stays if nobody chooses."""

    name: str
    label: str
    kept: str
    lost: str
    default: str
    may_be_both: bool = False

    @property
    def differs(self) -> bool:
        return self.kept != self.lost


def compare(kept: Contact | Customer, lost: Contact | Customer) -> list[Choice]:
    """What is said of either, in the order of the forms. What is said of the first stays, unless it is nothing."""
    names = _OF_CUSTOMER if isinstance(kept, Customer) else _OF_CONTACT
    found = [_choice(name, kept, lost) for name in names]
    if isinstance(kept, Customer) and isinstance(lost, Customer) and (kept.custom or lost.custom):
        found += _custom_choices(kept, lost)
    return [choice for choice in found if choice.kept or choice.lost]


def _choice(name: str, kept: Any, lost: Any) -> Choice:
    words = _words(kept, name), _words(lost, name)
    default = LOST if not words[0] and words[1] else KEPT
    both = name == "care_note" and all(words) and words[0] != words[1]
    if both:
        default = BOTH
    elif name == "customer_since":
        default = LOST if lost.customer_since < kept.customer_since else KEPT
    elif name == "birthday" and kept.birthday_year is None and _same_day(kept, lost):
        default = LOST
    return Choice(name, _label(type(kept), name), *words, default, both)


def _same_day(kept: Contact, lost: Contact) -> bool:
    return (kept.birthday_day, kept.birthday_month) == (lost.birthday_day, lost.birthday_month)


def _custom_choices(kept: Customer, lost: Customer) -> Iterator[Choice]:
    for field in CustomField.objects.all():
        ours, theirs = (field.in_words(row.custom.get(field.key)) for row in (kept, lost))
        yield Choice(f"{_CUSTOM}{field.key}", field.name, ours, theirs, KEPT if ours or not theirs else LOST)


def take_over(kept: Any, lost: Any, choices: list[Choice], picks: Mapping[str, str]) -> None:
    """The first says what was chosen, by the names of the choices; nothing is saved."""
    for choice in choices:
        pick = picks.get(choice.name, choice.default)
        if choice.name.startswith(_CUSTOM):
            _take_custom(kept, lost, choice.name.removeprefix(_CUSTOM), pick)
        elif pick == BOTH and choice.may_be_both:
            notes = kept.care_note.strip(), lost.care_note.strip()
            kept.care_note = "\n".join(notes)[:_LONGEST_NOTE]
        elif pick == LOST:
            for name in _BIRTHDAY if choice.name == "birthday" else (choice.name,):
                setattr(kept, name, getattr(lost, name))
    if isinstance(kept, Customer) and lost.custom:
        # What fields say that are not there any more comes along.
        known = {field.key for field in CustomField.objects.all()}
        kept.custom = {key: value for key, value in lost.custom.items() if key not in known} | kept.custom


def _take_custom(kept: Customer, lost: Customer, key: str, pick: str) -> None:
    if pick == LOST:
        rest = {name: value for name, value in kept.custom.items() if name != key}
        kept.custom = rest | ({key: lost.custom[key]} if key in lost.custom else {})


def dropped(choices: list[Choice], picks: Mapping[str, str]) -> dict[str, str]:
    """By the name of what it is, what was said of one of the two and does not stand any more."""
    found = {}
    for choice in choices:
        pick = picks.get(choice.name, choice.default)
        gone = {KEPT: choice.lost, LOST: choice.kept}.get(pick, "")
        # The name of who is gone is kept beside it, and since when they are customers is the earlier day of both.
        is_told = (choice.name, pick) == ("name", KEPT) or (choice.name, pick) == ("customer_since", choice.default)
        if choice.differs and gone and not is_told:
            found[choice.label if choice.name.startswith(_CUSTOM) else choice.name] = gone
    return found


def _label(model: type[Model], name: str) -> str:
    if name == "birthday":
        return _("Birthday")
    return capfirst(str(model._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _words(row: Any, name: str) -> str:
    if name == "birthday":
        return _birthday(row)
    value = getattr(row, name)
    if value in (None, ""):
        return ""
    match name:
        case "time_zone":
            return str(clock.zone_label(value))
        case "country":
            return workdays.country_names(get_language() or "").get(value, str(value))
        case "customer_since":
            return dates.write(value, "day")
    display = getattr(row, f"get_{name}_display", None)
    return str(display() if display else value).strip()


def _birthday(contact: Contact) -> str:
    if not contact.birthday_day or not contact.birthday_month:
        return ""
    day = date(contact.birthday_year or 2000, contact.birthday_month, contact.birthday_day)
    return dates.write(day, "day" if contact.birthday_year else "day of year")
