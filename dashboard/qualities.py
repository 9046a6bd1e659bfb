"""The qualities of a relationship in words: how each stands, what speaks for it, and the one thing to do next."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from customers.models import Customer
from retention.assessing import Facts, State
from retention_crm.lib import clock, dates

_COMPLAINTS_OPEN = ngettext_lazy("%(n)d open complaint.", "%(n)d open complaints.", "n")
_COMPLAINTS_RESOLVED = ngettext_lazy("%(n)d complaint put right.", "%(n)d complaints put right.", "n")
_WISHES_OPEN = ngettext_lazy("%(n)d wish waits for an answer.", "%(n)d wishes wait for an answer.", "n")
_WISHES_ANSWERED = ngettext_lazy("%(n)d wish answered.", "%(n)d wishes answered.", "n")
_WISHES_TOLD = ngettext_lazy("Told us %(n)d wish.", "Told us %(n)d wishes.", "n")
_PURCHASES = ngettext_lazy("Bought %(n)d time.", "Bought %(n)d times.", "n")
_GESTURES = ngettext_lazy("%(n)d gesture.", "%(n)d gestures.", "n")
_THANKS = ngettext_lazy("Thanked by mail %(n)d time.", "Thanked by mail %(n)d times.", "n")
_GREETINGS = ngettext_lazy("%(n)d greeting.", "%(n)d greetings.", "n")
_TALKS = ngettext_lazy("%(n)d conversation.", "%(n)d conversations.", "n")
_MEETINGS = ngettext_lazy("%(n)d of them in person.", "%(n)d of them in person.", "n")
_KEPT = ngettext_lazy("%(n)d promise kept in time.", "%(n)d promises kept in time.", "n")
_LATE = ngettext_lazy("%(n)d promise kept late.", "%(n)d promises kept late.", "n")
_OVERDUE = ngettext_lazy("%(n)d promise overdue.", "%(n)d promises overdue.", "n")
_MISSED = ngettext_lazy("We missed %(n)d appointment.", "We missed %(n)d appointments.", "n")


@dataclass(frozen=True)
class Step:
    """What to do next; `in_panel` opens over the page."""

    words: str
    address: str
    in_panel: bool = True


@dataclass(frozen=True)
class Quality:
    name: str
    state: State
    evidence: list[str]
    step: Step | None

    @property
    def state_words(self) -> str:
        words = {State.GOOD: _("Good"), State.BETTER: _("Could be better"), State.UNKNOWN: _("Not enough known")}
        return words[self.state]

    @property
    def badge(self) -> str:
        return {State.GOOD: "badge-well", State.BETTER: "badge-watch"}.get(self.state, "badge-quiet")


def qualities(customer: Customer, known: Facts, *, at: datetime) -> list[Quality]:
    """The four qualities and reliability, by what is known; who is lost or wants no calls has nothing to be done."""
    on = customer.today(at)
    known_days = (on - customer.customer_since).days
    found = [
        _needs(customer, known, at),
        _appreciation(customer, known, known.appreciated(known_days=known_days)),
        _openness(customer, known),
        _time(customer, known, known.time_together(cadence=customer.cadence, known_days=known_days)),
        _reliability(customer, known),
    ]
    if customer.is_lost or customer.do_not_contact:
        return [Quality(quality.name, quality.state, quality.evidence, None) for quality in found]
    return found


def _needs(customer: Customer, known: Facts, at: datetime) -> Quality:
    state = known.needs_met(at)
    evidence = [
        _count(known.complaints_open, _COMPLAINTS_OPEN),
        _count(known.complaints_resolved, _COMPLAINTS_RESOLVED),
        _count(known.wishes_open, _WISHES_OPEN),
        _count(known.wishes_answered, _WISHES_ANSWERED),
        _count(known.purchases, _PURCHASES),
    ]
    if known.last_purchase:
        evidence.append(_("Last purchase on %(day)s.") % {"day": _day(known.last_purchase)})
    step = None
    if known.complaint:
        step = Step(_("Put the complaint right"), reverse("complaint_resolve", args=[known.complaint]))
    elif known.wish and state != State.GOOD:
        step = Step(_("Answer their oldest wish"), reverse("wish_close", args=[known.wish]))
    elif state != State.GOOD:
        step = Step(_("Ask what they need next"), _log(customer, "call"))
    return _quality(_("Needs met on both sides"), state, evidence, step)


def _appreciation(customer: Customer, known: Facts, state: State) -> Quality:
    evidence = [
        _count(known.gestures, _GESTURES),
        _count(known.thanks, _THANKS),
        _count(known.greetings, _GREETINGS),
    ]
    if known.last_gesture:
        evidence.append(_("Last gesture on %(day)s.") % {"day": _day(known.last_gesture)})
    step = Step(_("Write them a letter of thanks"), reverse("letter_new", args=[customer.pk]), in_panel=False)
    return _quality(_("Appreciation"), state, evidence, None if state == State.GOOD else step)


def _openness(customer: Customer, known: Facts) -> Quality:
    state = known.open_to_us()
    evidence = [_count(known.wishes_told, _WISHES_TOLD)]
    if known.asked:
        words = ngettext(
            "Answered %(answered)d of %(n)d survey.", "Answered %(answered)d of %(n)d surveys.", known.asked
        )
        evidence.append(words % {"answered": min(known.answered, known.asked), "n": known.asked})
    if known.fell_silent:
        evidence.append(_("Used to answer surveys, and did not answer the last two."))
    if tried := known.talks + known.tries:
        words = ngettext("Reached %(talks)d of %(n)d time.", "Reached %(talks)d of %(n)d times.", tried)
        evidence.append(words % {"talks": known.talks, "n": tried})
    step = Step(_("Ask how we are doing"), _log(customer, "call"))
    return _quality(_("Open communication"), state, evidence, None if state == State.GOOD else step)


def _time(customer: Customer, known: Facts, state: State) -> Quality:
    evidence = [_count(known.talks, _TALKS), _count(known.meetings, _MEETINGS)]
    if known.last_meeting:
        evidence.append(_("Last met on %(day)s.") % {"day": _day(known.last_meeting)})
    evidence.append(
        ngettext("Wanted at least every day.", "Wanted at least every %(n)d days.", customer.cadence)
        % {"n": customer.cadence}
    )
    step = (
        Step(_("Meet them"), _log(customer, "meeting")) if known.talks else Step(_("Call them"), _log(customer, "call"))
    )
    return _quality(_("Time together"), state, evidence, None if state == State.GOOD else step)


def _reliability(customer: Customer, known: Facts) -> Quality:
    state = known.reliable()
    evidence = [
        _count(known.promises_kept, _KEPT),
        _count(known.promises_late, _LATE),
        _count(known.promises_overdue, _OVERDUE),
        _count(known.missed_by_us, _MISSED),
    ]
    page = reverse("customer", args=[customer.pk])
    if known.overdue_since:
        since = _day(clock.today(customer.time_zone, known.overdue_since))
        evidence.append(_("Overdue since %(day)s.") % {"day": since})
        step = Step(_("Keep what is overdue"), f"{page}?open=all#open", in_panel=False)
    elif known.missed_by_us:
        step = Step(_("Call and make up for it"), _log(customer, "call"))
    else:
        step = Step(_("Agree on a next step, with a day"), _log(customer, "call"))
    return _quality(_("Reliability"), state, evidence, None if state == State.GOOD else step)


def _quality(name: str, state: State, evidence: list[str], step: Step | None) -> Quality:
    said = [words for words in evidence if words]
    return Quality(name, state, said or [_("Nothing in the last year.")], step)


def _log(customer: Customer, kind: str) -> str:
    return f"{reverse('log')}?customer={customer.pk}&kind={kind}"


def _day(day: date) -> str:
    return dates.write(day, "day")


def _count(number: int, words: Any) -> str:
    """So many of something in the last year; nothing where there is none."""
    return str(words % {"n": number}) if number else ""
