"""Rules about when a message reaches somebody: by day, on a working day, not too often, and once at one address."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from outreach.gate.facts import GOING_OUT, GONE_OUT, MEETING_KINDS, Facts
from outreach.gate.ruling import Ruling, put_off
from outreach.models import Message, MessageKind, Sentence, State, Written
from retention_crm.lib import clock, workdays

# A birthday falls on some weekend every year, and is celebrated on its day.
_WITHIN_BUDGET = frozenset(
    kind.value
    for kind in (
        *(MessageKind.THANK_YOU, MessageKind.RECOMMEND, MessageKind.SURVEY),
        *(MessageKind.REMINDER, MessageKind.YOU_SAID, MessageKind.PROMISE_KEPT),
    )
)
# What customers have to know does not wait for other mails.
ON_WORKING_DAYS = _WITHIN_BUDGET | {MessageKind.NOTICE.value, MessageKind.INTRODUCTION.value}
ONCE_AT_AN_ADDRESS = frozenset({MessageKind.BIRTHDAY.value, MessageKind.SURVEY.value})
# Once a year each: they wait for no other mail, but two within a few days are one too many.
_OTHER_GREETINGS = frozenset({MessageKind.ANNIVERSARY.value, MessageKind.EVENT.value})
_GREETINGS = _OTHER_GREETINGS | {MessageKind.BIRTHDAY.value}
_OF_A_MEETING = frozenset({*(kind.value for kind in MEETING_KINDS), MessageKind.RECAP.value})
# By the clocks of two contacts with the same birthday.
_ONE_DAY_APART = timedelta(days=2)


def quiet_hours(message: Message, facts: Facts) -> Ruling | None:
    contact = message.contact
    if contact is None or not message.is_for_customer:
        return None
    until = end_of_quiet(contact.effective_time_zone, facts)
    if until is None:
        return None
    why = Sentence("quiet_hours", name=contact.addressed_as)
    hour = until.astimezone(clock.zone(contact.effective_time_zone)).time()
    return put_off(message, "quiet_hours", why, until, Written("time", hour))


def end_of_quiet(zone: str, facts: Facts) -> datetime | None:
    """When the quiet hours end, if it is in them now; as moments, so that a clock that is put back is no matter."""
    begins, ends = facts.company.quiet_from, facts.company.quiet_until
    if begins == ends:
        return None
    today = clock.today(zone, facts.at)
    for day in (today - timedelta(days=1), today):
        end = clock.moment(day + timedelta(days=begins > ends), ends, zone)
        if clock.moment(day, begins, zone) <= facts.at < end:
            return end
    return None


def holiday(message: Message, facts: Facts) -> Ruling | None:
    contact = message.contact
    if contact is None or message.customer is None or message.kind not in ON_WORKING_DAYS:
        return None
    zone, country = contact.effective_time_zone, message.customer.country or facts.company.country
    today = clock.today(zone, facts.at)
    if workdays.is_working_day(country, today):
        return None
    day = workdays.next_working_day(country, today)
    why = Sentence("day_off", name=contact.addressed_as, what=_day_off(country, today))
    until = clock.moment(day, facts.company.greeting_time, zone)
    return put_off(message, "holiday", why, until, Written("day", day))


def _day_off(country: str, day: date) -> str | Written:
    return workdays.holiday_name(country, day) or Written("name of day", day)


def shared_address(message: Message, facts: Facts) -> Ruling | None:
    """Of two contacts with one address one gets it: whose message is due first, then whose was planned first."""
    if message.kind not in ONCE_AT_AN_ADDRESS:
        return None
    for other in facts.others.at_address_of(message, facts.at):
        if _is_the_same_for_another(message, other, facts) and _goes_first(other, message):
            why = Sentence("shared_address", name=other.contact.name if other.contact else "")
            return Ruling(State.CANCELLED, "shared_address", why)
    return None


def _is_the_same_for_another(message: Message, other: Message, facts: Facts) -> bool:
    one, two = message.contact, other.contact
    if one is None or two is None or one.pk == two.pk or other.kind != message.kind:
        return False
    apart = abs(message.dated_at - other.dated_at)
    if message.kind == MessageKind.SURVEY:
        return apart < timedelta(days=facts.company.survey_cooldown_days)
    same_day = (one.birthday_month, one.birthday_day) == (two.birthday_month, two.birthday_day)
    return same_day and apart < _ONE_DAY_APART


def _goes_first(other: Message, message: Message) -> bool:
    if other.state in GONE_OUT:
        return True
    return other.state in GOING_OUT and (other.due_at, other.pk) < (message.due_at, message.pk)


def budget(message: Message, facts: Facts) -> Ruling | None:
    """Not too many at once: so many days between any two, and so many between two of a kind, as the company says.

    A birthday comes once a year, so a greeting waits for nothing but another greeting to the same address; and what a
    person writes is for that person to decide. Both count for what comes by itself after them, but for invitations and
    recaps: they are a part of the meeting, and the survey about it comes all the same.
    """
    any_two, of_the_kind = _latest(message, facts, facts.company.budget_days), _latest_of_the_kind(message, facts)
    if of_the_kind is not None and message.kind == MessageKind.THANK_YOU:
        name = "thanked_ahead" if facts.others.is_supposed(of_the_kind.message) else "thanked"
        day = _owners_day(message, _handed_over_at(of_the_kind.message))
        return Ruling(State.CANCELLED, "budget", Sentence(name, date=day))
    last = max(filter(None, (any_two, of_the_kind)), key=lambda found: found.free_at, default=None)
    if last is None:
        return None
    name = "another_ahead" if facts.others.is_supposed(last.message) else "another"
    gone_at, kind = _owners_day(message, _handed_over_at(last.message)), MessageKind(last.message.kind)
    why = Sentence(name, date=gone_at, what=kind)
    return put_off(message, "budget", why, last.free_at, _owners_day(message, last.free_at))


@dataclass(frozen=True)
class _Latest:
    """What went out last of those that count, and when there is room again."""

    message: Message
    free_at: datetime


def _latest(message: Message, facts: Facts, days: int) -> _Latest | None:
    """Of all that went to the customer or the address, for the kinds that wait for any other."""
    if message.kind not in _WITHIN_BUDGET:
        return None
    gone = facts.others.gone_to(message, facts.at)
    return _last_of([other for other in gone if other.kind not in _OF_A_MEETING], facts, days)


def _latest_of_the_kind(message: Message, facts: Facts) -> _Latest | None:
    company, others = facts.company, facts.others
    if message.kind == MessageKind.BIRTHDAY:
        at_address = [other for other in others.at_address_of(message, facts.at) if other.state in GONE_OUT]
        return _last_of([other for other in at_address if other.kind == message.kind], facts, company.greeting_gap_days)
    if message.kind in _OTHER_GREETINGS:
        greetings = [other for other in others.gone_to(message, facts.at) if other.kind in _GREETINGS]
        return _last_of(greetings, facts, company.greeting_gap_days)
    days = {MessageKind.THANK_YOU: company.thanks_gap_days, MessageKind.SURVEY: company.survey_gap_days}
    same = [other for other in others.gone_to(message, facts.at) if other.kind == message.kind]
    return _last_of(same, facts, days.get(MessageKind(message.kind), 0))


def _last_of(counted: list[Message], facts: Facts, days: int) -> _Latest | None:
    """The one handed over last; nothing if so many days have passed since."""
    last = max(counted, key=_handed_over_at, default=None)
    if last is None:
        return None
    free_at = _handed_over_at(last) + timedelta(days=days)
    return _Latest(last, free_at) if free_at > facts.at else None


def _handed_over_at(message: Message) -> datetime:
    return message.finished_at or message.due_at


def _owners_day(message: Message, moment: datetime) -> Written:
    zone = message.customer.owner.time_zone if message.customer else ""
    return Written("day", clock.today(zone, moment))
