"""All rules in their order, and what they say about a batch."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from accounts.models import Company
from outreach.gate import moments, occasions, persons, relations
from outreach.gate.facts import Facts, gather
from outreach.gate.ruling import Rule, Ruling
from outreach.models import Message, State

# What can not be mended comes first, then what a person should know of at once, then what only waits.
RULES: tuple[Rule, ...] = (
    Rule(occasions.too_late),
    Rule(persons.erased),
    Rule(persons.left),
    Rule(persons.sample),
    Rule(persons.lost),
    Rule(persons.deceased),
    Rule(persons.do_not_contact),
    Rule(persons.no_consent),
    Rule(occasions.answered),
    Rule(occasions.chosen_otherwise),
    Rule(occasions.no_longer_true),
    Rule(persons.no_address),
    Rule(persons.suppressed),
    Rule(moments.shared_address, may_be_released=True),
    Rule(relations.open_complaint, may_be_released=True),
    Rule(relations.overdue_promise, may_be_released=True),
    Rule(relations.detractor, may_be_released=True),
    Rule(relations.owner_changed, may_be_released=True),
    Rule(moments.budget, may_be_released=True),
    Rule(moments.quiet_hours, may_be_released=True),
    Rule(moments.holiday, may_be_released=True),
    Rule(relations.held_out),
)
# The names of those a person may set aside for a message.
RELEASABLE = frozenset(rule.name for rule in RULES if rule.may_be_released)


def check(messages: Sequence[Message], *, at: datetime, company: Company) -> dict[int, Ruling]:
    """Rulings for those of the messages (from `load`) that may not be handed over now; the others may.

    Writes nothing, so it may also be asked what would become of a message that is not due yet.
    """
    facts = gather(messages, at=at, company=company)
    rulings = {}
    for message in messages:
        ruling = ruling_on(message, facts)
        if ruling is not None:
            rulings[message.pk] = ruling
    return rulings


def foresee(messages: Sequence[Message], *, at: datetime, company: Company) -> dict[int, Ruling]:
    """Rulings on these messages (from `load`) at the moment each of them is due, or now if it is already.

    What is planned and would pass counts as gone out from then on. Writes nothing, in as many queries as `check`.
    """
    moments = {message.pk: max(at, message.due_at) for message in messages}
    facts = gather(messages, at=at, company=company, until=max(moments.values(), default=at))
    for other in facts.others.planned:
        if other.pk not in moments:
            facts.others.suppose_gone(other, max(at, other.due_at))
    rulings = {}
    for message in sorted(messages, key=lambda message: (moments[message.pk], message.pk)):
        ruling = ruling_on(message, replace(facts, at=moments[message.pk]))
        if ruling is not None:
            rulings[message.pk] = ruling
        elif message.state == State.PLANNED:
            facts.others.suppose_gone(message, moments[message.pk])
    return rulings


def ruling_on(message: Message, facts: Facts) -> Ruling | None:
    """What the first rule that speaks says about the message, which need not be in the ledger yet."""
    return next((ruling for rule in RULES if (ruling := rule.of(message, facts))), None)
