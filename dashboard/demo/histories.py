"""What happened with a customer of the demo: contacts, promises, complaints, surveys."""

from random import Random
from typing import NamedTuple

from dashboard.demo import phrases
from dashboard.demo.moments import iso, moment
from dashboard.demo.people import Stage
from dashboard.demo.relationships import Relationship
from dashboard.demo.writing import Book
from interactions.models import (
    ALWAYS_HELD,
    TOUCHPOINT_KINDS,
    Complaint,
    FollowUp,
    Interaction,
    Kind,
    Outcome,
    Sentiment,
    Wish,
    WishState,
)
from surveys.models import Answer, Invitation, Opinion, Response, opinion_of

_KINDS = (
    [Kind.CALL.value] * 36 + [Kind.EMAIL.value] * 18 + [Kind.PURCHASE.value] * 17 + [Kind.MEETING.value] * 12
    + [Kind.MESSAGE.value] * 8 + [Kind.VISIT.value] * 5 + [Kind.GESTURE.value] * 3 + [Kind.REFERRAL.value]
)  # fmt: skip
_HELD, _NO_ANSWER = Outcome.HELD.value, Outcome.NO_ANSWER.value
_BY_US, _BY_THEM = Outcome.MISSED_BY_US.value, Outcome.MISSED_BY_THEM.value
_OUTCOMES = {
    **{key: [_HELD] for key in Kind.values},
    Kind.CALL.value: [_HELD] * 40 + [_NO_ANSWER] * 8 + [_BY_US] * 1 + [_BY_THEM] * 1,
    Kind.MEETING.value: [_HELD] * 46 + [_BY_US] * 1 + [_BY_THEM] * 3,
    Kind.VISIT.value: [_HELD] * 48 + [_BY_THEM] * 2,
    Kind.EMAIL.value: [_HELD] * 45 + [_NO_ANSWER] * 5,
}
_GOOD, _NEUTRAL, _BAD = Sentiment.GOOD.value, Sentiment.NEUTRAL.value, Sentiment.BAD.value
_SURVEY_AFTER = (Kind.MEETING.value, Kind.VISIT.value, Kind.PURCHASE.value)
_COOL_DOWN = 100
_FOLLOW_UP_GAPS = (1, 3, 7, 7, 14, 30)
# Most complaints are put right within days, some are not.
_DAYS_TO_RESOLVE = (1, 1, 1, 2, 2, 2, 3, 4, 6, 9, 14)
_END_OF_WORK = 17 * 60


class Event(NamedTuple):
    """A noted interaction, as what follows from it needs it."""

    pk: int
    day: int
    minutes: int
    contact: int | None
    sentiment: int | None


def tell(book: Book, stage: Stage, of: Relationship, random: Random, *, plain: bool) -> None:
    """Notes all that happened on the days of the relationship; a plain history has nothing but contacts."""
    asked: dict[int, int] = {}
    for day in of.span.days:
        kind = phrases.pick(random, _KINDS)
        outcome = phrases.pick(random, _OUTCOMES[kind])
        event = happened(book, of, random, kind=kind, outcome=outcome, day=day, author=_author(stage, of, random))
        if plain or outcome != _HELD:
            continue
        chance = random.random()
        if kind in _SURVEY_AFTER and chance < 0.35:
            _ask(book, stage, of, random, event, asked)
        elif kind not in ALWAYS_HELD and chance < 0.07:
            _agree(book, stage, of, random, event)
        elif event.sentiment == _BAD and chance < 0.4:
            _complain(book, stage, of, random, event)


def happened(
    book: Book,
    of: Relationship,
    random: Random,
    *,
    kind: str,
    outcome: str,
    day: int,
    author: int,
    minutes: int | None = None,
    contact: int | None = None,
) -> Event:
    """Notes an interaction, entered when it happened; at any working hour and with anybody, if not said."""
    if minutes is None:
        minutes = 8 * 60 + int(random.random() * 540)
    contact = contact or _anybody(of, random)
    sentiment = _sentiment(of, random) if outcome == _HELD and kind not in ALWAYS_HELD else None
    at = moment(day, minutes, of.zone)
    if outcome == _HELD and kind in TOUCHPOINT_KINDS:
        of.touched = max(of.touched or (0, 0), (day, minutes))
    pk = book.add(
        Interaction,
        of.pk,
        contact,
        author,
        kind,
        outcome,
        at,
        iso(day),
        phrases.note(random, of.culture.key, kind, outcome, sentiment),
        sentiment,
        _amount(of, random, kind),
        at,
    )
    return Event(pk, day, minutes, contact, sentiment)


def _author(stage: Stage, of: Relationship, random: Random) -> int:
    return of.owner.pk if random.random() < 0.92 else phrases.pick(random, stage.owners).pk


def _anybody(of: Relationship, random: Random) -> int | None:
    people = list(of.contacts)
    return people[int(random.random() ** 1.7 * len(people))] if random.random() < 0.92 else None


def _sentiment(of: Relationship, random: Random) -> int | None:
    chance = random.random()
    course = of.span.course
    if chance < course.bad:
        return _BAD
    if chance < course.bad + course.good:
        return _GOOD
    return _NEUTRAL if chance < 0.7 else None


def _amount(of: Relationship, random: Random, kind: str) -> str | None:
    if kind == Kind.PURCHASE:
        return f"{of.care.usual_amount * random.lognormvariate(0, 0.6):.2f}"
    return f"{random.uniform(8, 60):.2f}" if kind == Kind.GESTURE else None


def _agree(book: Book, stage: Stage, of: Relationship, random: Random, event: Event) -> None:
    """A follow-up: mostly done in time, sometimes late, open if its day has not come or it was forgotten lately."""
    promise = random.random() < 0.5
    due = event.day + phrases.pick(random, _FOLLOW_UP_GAPS)
    done = due + (0 if random.random() < 0.82 else random.randrange(1, 7))
    is_open = done >= stage.on.toordinal() - 1 or (due > stage.on.toordinal() - 25 and random.random() < 0.12)
    follow_up(
        book,
        of,
        title=phrases.next_step(random, promise=promise),
        promise=promise,
        source=event,
        due=moment(due, _END_OF_WORK, of.owner.time_zone),
        done=None if is_open else moment(done, random.randrange(9 * 60, _END_OF_WORK), of.owner.time_zone),
    )


def follow_up(
    book: Book,
    of: Relationship,
    *,
    title: str,
    promise: bool,
    source: Event,
    due: str,
    done: str | None = None,
    answer: int | None = None,
) -> None:
    """Notes something to do for the owner; `answer` is the bad survey answer it follows from."""
    origin = FollowUp.Origin.STAFF if answer is None else FollowUp.Origin.SURVEY
    book.add(
        FollowUp,
        of.pk,
        of.owner.pk,
        source.pk,
        origin.value,
        None if answer is None else f"detractor:{answer}",
        title,
        promise,
        due,
        done,
        of.owner.pk if done else None,
        moment(source.day, source.minutes, of.zone),
    )


def _complain(book: Book, stage: Stage, of: Relationship, random: Random, event: Event) -> None:
    """A complaint: resolved within days, unless it is a fresh one."""
    resolved = event.day + random.choice(_DAYS_TO_RESOLVE)
    what, outcome = phrases.complaint(random)
    is_open = resolved >= stage.on.toordinal() - 1 or (event.day > stage.on.toordinal() - 60 and random.random() < 0.3)
    complain(
        book,
        of,
        event,
        what=what,
        severity=random.choices((1, 2, 3), (4, 5, 1))[0],
        resolved=None if is_open else moment(resolved, _END_OF_WORK, of.zone),
        outcome="" if is_open else outcome,
    )


def complain(
    book: Book,
    of: Relationship,
    event: Event,
    *,
    what: str,
    severity: int,
    resolved: str | None = None,
    outcome: str = "",
) -> None:
    """Notes a complaint that came up on that occasion."""
    opened = moment(event.day, event.minutes, of.zone)
    book.add(Complaint, of.pk, of.owner.pk, what, severity, opened, resolved, outcome)


def wish(
    book: Book,
    of: Relationship,
    event: Event,
    *,
    what: str,
    state: WishState = WishState.OPEN,
    outcome: str = "",
    decided: str | None = None,
    tell: bool = True,
) -> None:
    """Notes what was wished for on that occasion, and what became of it."""
    said = moment(event.day, event.minutes, of.zone)
    by, decider = of.owner.pk, of.owner.pk if decided else None
    book.add(
        Wish,
        *(of.pk, event.contact, what, said, event.pk, Wish.Origin.STAFF.value, by),
        *(state.value, outcome, tell, decider, decided),
    )


def _ask(book: Book, stage: Stage, of: Relationship, random: Random, event: Event, asked: dict[int, int]) -> None:
    """An invitation after an event, unless the contact was asked lately; half of them answer within days."""
    contact = event.contact or of.main_contact
    if contact not in of.askable or event.day - asked.get(contact, 0) < _COOL_DOWN:
        return
    asked[contact] = event.day
    invitation = invite(book, stage, of, random, event, contact)
    answered = event.day + int(random.expovariate(0.6))
    if random.random() > 0.5 or answered >= stage.on.toordinal() - 1 or answered > event.day + 29:
        return
    score = _score(of, random)
    answer(book, stage, of, random, event, invitation=invitation, contact=contact, day=answered, score=score)


def invite(book: Book, stage: Stage, of: Relationship, random: Random, event: Event, contact: int) -> int:
    """Notes an invitation that went out two hours after the event."""
    sent = moment(event.day, event.minutes + 120, of.zone)
    return book.add(
        Invitation,
        stage.survey.survey,
        of.pk,
        contact,
        event.pk,
        f"{random.getrandbits(64):016x}",
        sent,
        moment(event.day + 30, event.minutes + 120, of.zone),
        sent,
    )


def _score(of: Relationship, random: Random) -> int:
    """From 0 to 10; those who are growing are happier than those who are fading."""
    usual = 8.6 + 2 * of.span.course.good - 6 * of.span.course.bad
    return max(0, min(10, round(random.gauss(usual, 1.8))))


def answer(
    book: Book,
    stage: Stage,
    of: Relationship,
    random: Random,
    event: Event,
    *,
    invitation: int,
    contact: int,
    day: int,
    score: int,
    comment: str | None = None,
    settled: bool = True,
) -> None:
    """Notes the answer to an invitation; a bad one opens a follow-up, done within days unless not settled yet."""
    opinion = opinion_of(score)
    comment = phrases.comment(random, opinion) if comment is None else comment
    at = min(event.minutes + 180, 23 * 60)
    answered = moment(day, at, of.zone)
    response = book.add(Response, invitation, of.pk, contact, stage.survey.version, score, comment, answered)
    if stage.survey.score:
        book.add(Answer, response, stage.survey.score, score, "")
    if stage.survey.comment and comment:
        book.add(Answer, response, stage.survey.comment, None, comment)
    if opinion is not Opinion.DETRACTOR:
        return
    done = day + random.randrange(1, 6)
    is_open = not settled or done >= stage.on.toordinal() - 1
    follow_up(
        book,
        of,
        title=f"Call {of.contacts[contact]}: scored {score}",
        promise=False,
        source=Event(event.pk, day, at, contact, None),
        due=moment(day + 1, _END_OF_WORK, of.owner.time_zone),
        done=None if is_open else moment(done, _END_OF_WORK, of.owner.time_zone),
        answer=response,
    )
