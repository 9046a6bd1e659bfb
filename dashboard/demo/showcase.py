"""The first customers of the demo: one for each thing there is to see on the first day.

They belong to the person behind the first login. What happened last happened in the last hour before midnight in
Stockholm, so that it is past at any hour of the day the demo is for, and new to the planners' first run.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from random import Random

from accounts.models import User
from customers.models import Contact, Customer, DatedEvent, OwnerChange
from dashboard.demo import histories, rhythms
from dashboard.demo.moments import moment
from dashboard.demo.people import LOGINS, ZONE, Stage
from dashboard.demo.relationships import Birthday, Relationship, Wish
from dashboard.demo.writing import Book
from interactions.announcing import announce, propose
from interactions.models import How, Kind, Notice, NoticeKind, Outcome, Severity, WishState
from outreach.reaching import without_mail
from retention_crm.lib import clock


@dataclass(frozen=True, slots=True)
class Set:
    """Where a scene is played: the rows, the stage, the customer, and chance."""

    book: Book
    stage: Stage
    of: Relationship
    random: Random

    def event(self, kind: Kind, days_ago: int, minutes: int = 15 * 60) -> histories.Event:
        """A held interaction that many days ago (or on the Friday before) by the customer's clock."""
        return self._happened(kind, rhythms.workday(self.stage.on.toordinal() - days_ago), minutes)

    def late_event(self, kind: Kind) -> histories.Event:
        """A held interaction shortly before the day began in Stockholm, whatever time that is there."""
        began = clock.moment(self.stage.on, time(), ZONE) - timedelta(minutes=self.random.randrange(5, 55))
        there = began.astimezone(clock.zone(self.of.zone))
        return self._happened(kind, there.toordinal(), there.hour * 60 + there.minute)

    def _happened(self, kind: Kind, day: int, minutes: int) -> histories.Event:
        return histories.happened(
            self.book,
            self.of,
            self.random,
            kind=kind.value,
            outcome=Outcome.HELD.value,
            day=day,
            minutes=minutes,
            author=self.of.owner.pk,
            contact=self.of.main_contact,
        )

    def to_do(self, title: str, due_in_days: int, *, promise: bool, hour: int = 14, agreed: int = 8) -> None:
        """An open follow-up from a call that many days ago."""
        due = moment(self.stage.on.toordinal() + due_in_days, hour * 60, ZONE)
        source = self.event(Kind.CALL, agreed)
        histories.follow_up(self.book, self.of, title=title, promise=promise, source=source, due=due)

    def kept(self, title: str, *, due_days_ago: int, early: int = 0) -> None:
        """A promise from a week before its day, kept at noon of that day or so many days early."""
        day = self.stage.on.toordinal() - due_days_ago
        source = self.event(Kind.CALL, due_days_ago + 7)
        due, done = moment(day, 17 * 60, ZONE), moment(day - early, 12 * 60, ZONE)
        histories.follow_up(self.book, self.of, title=title, promise=True, source=source, due=due, done=done)


Play = Callable[[Set], None]


@dataclass(frozen=True, slots=True)
class Scene:
    wish: Wish
    play: Play
    # The main contact's birthday is that many days after the day of the demo.
    birthday_in: int | None = None
    leap_day: bool = False


def _nothing(_scene: Set) -> None:
    """The history alone is worth seeing."""


def _promise_today(scene: Set) -> None:
    scene.to_do("Send the new price list", 0, promise=True)


def _kept_promises(scene: Set) -> None:
    scene.kept("Send the drawings", due_days_ago=61, early=2)
    scene.kept("Ask the warehouse for the missing boxes", due_days_ago=33)
    scene.kept("Call with the new delivery date", due_days_ago=19)


def _broken_promise(scene: Set) -> None:
    scene.to_do("Call back about the delivery date", -2, promise=True, agreed=44)
    scene.to_do("Prepare the renewal", 3, promise=False, hour=17, agreed=37)


def _open_complaint(scene: Set) -> None:
    event = scene.event(Kind.CALL, 3)
    what = "Two pallets delivered to the wrong site"
    histories.complain(scene.book, scene.of, event, what=what, severity=Severity.SERIOUS)


def _answer(score: int, comment: str) -> Play:
    def play(scene: Set) -> None:
        event = scene.event(Kind.MEETING, 4)
        contact = scene.of.main_contact
        invitation = histories.invite(scene.book, scene.stage, scene.of, scene.random, event, contact)
        histories.answer(
            scene.book,
            scene.stage,
            scene.of,
            scene.random,
            event,
            invitation=invitation,
            contact=contact,
            day=scene.stage.on.toordinal() - 2,
            score=score,
            comment=comment,
            settled=False,
        )

    return play


def _wished(
    what: str,
    days_ago: int,
    state: WishState = WishState.OPEN,
    outcome: str = "",
    *,
    decided_days_ago: int = 1,
    tell: bool = True,
) -> Play:
    def play(scene: Set) -> None:
        day = scene.stage.on.toordinal() - decided_days_ago
        decided = None if state == WishState.OPEN else moment(day, 23 * 60 + 30, ZONE)
        event = scene.event(Kind.CALL, days_ago)
        histories.wish(scene.book, scene.of, event, what=what, state=state, outcome=outcome, decided=decided, tell=tell)

    return play


def _all(*plays: Play) -> Play:
    def play(scene: Set) -> None:
        for part in plays:
            part(scene)

    return play


def _taken_over(scene: Set) -> None:
    """From a colleague, yesterday; nobody has told the customer."""
    former = next(person for person in scene.stage.owners if person != scene.of.owner)
    changed_at = moment(scene.stage.on.toordinal() - 1, 16 * 60, ZONE)
    scene.book.add(OwnerChange, scene.of.pk, former.pk, scene.of.owner.pk, changed_at, former.pk, None)


def _late(kind: Kind) -> Play:
    def play(scene: Set) -> None:
        scene.late_event(kind)

    return play


def _plain_step_today(scene: Set) -> None:
    scene.to_do("Ask how the new packaging works out", 0, promise=False, hour=16)


def _wish(
    culture: str,
    segment: int,
    course: rhythms.Course = rhythms.STEADY,
    *,
    zone: str = "",
    contacts: int | None = None,
    mourned: bool = False,
    since_days: int | None = None,
) -> Wish:
    return Wish(
        culture=culture,
        zone=zone,
        course=course,
        segment=segment,
        business=True,
        contacts=contacts,
        mourned=mourned,
        starred=True,
        since_days=since_days,
    )


_PLANNED = _wished("Smaller boxes for the shop in town", 12, WishState.PLANNED, "Our packer has them from spring on.")
_FULFILLED = _wished(
    "Deliveries before ten in the morning",
    30,
    WishState.DONE,
    "From December on our lorry comes to you first, between eight and half past nine.",
)
_DECLINED = _wished(
    "Payment within 90 days",
    40,
    WishState.DECLINED,
    "We can not lend that long; 45 days are possible from the next order on.",
    decided_days_ago=25,
    tell=False,
)

# Birthdays are spread over the clock, so that at any hour somewhere it is past nine on somebody's day. A complaint, a
# broken promise, a bad answer and a new owner each hold one greeting back.
SCENES = (
    Scene(
        _wish("sv", 1, rhythms.GROWING),
        _all(_wished("Invoices by e-mail instead of paper", 8), _promise_today),
        birthday_in=0,
    ),
    Scene(_wish("en_gb", 0, rhythms.SILENT), _broken_promise, birthday_in=0),
    Scene(_wish("de", 1), _open_complaint, birthday_in=0),
    Scene(_wish("ja", 1, rhythms.FADING), _answer(3, "I called three times and nobody called back."), birthday_in=0),
    Scene(_wish("mi", 2, zone="Pacific/Auckland"), _late(Kind.MEETING), birthday_in=0),
    Scene(_wish("ko", 1), _all(_late(Kind.PURCHASE), _kept_promises, _wished("Please send invoices by e-mail", 30))),
    Scene(_wish("en_us", 1, zone="America/Los_Angeles"), _late(Kind.VISIT), birthday_in=-1),
    Scene(_wish("sv", 2, rhythms.NEW, since_days=1), _nothing),
    Scene(_wish("hi", 2), _all(_PLANNED, _wished("An invoice by e-mail would do", 41)), birthday_in=0),
    Scene(_wish("ar", 0, rhythms.SILENT), _nothing, birthday_in=1),
    Scene(_wish("fr", 2), _all(_DECLINED, _plain_step_today, _kept_promises), birthday_in=3),
    Scene(_wish("en_us", 1, zone="America/New_York"), _late(Kind.PURCHASE), birthday_in=0),
    Scene(_wish("he", 1, rhythms.LOST), _nothing),
    Scene(_wish("uk", 2, contacts=4, mourned=True), _nothing, leap_day=True),
    Scene(_wish("el", 1), _all(_FULFILLED, _answer(10, "Reliable for years."), _kept_promises)),
    Scene(_wish("zh", 2, rhythms.SILENT), _answer(7, "Good quality, a little slow sometimes.")),
    Scene(_wish("pl", 1), _taken_over, birthday_in=0),
)

# Those that need no colleague.
ALONE = tuple(scene for scene in SCENES if scene.play is not _taken_over)


def wish_for(scene: Scene, on: date) -> Wish:
    """What the scene asks of its customer, with the main contact's birthday on its day."""
    if scene.leap_day:
        return replace(scene.wish, birthday=Birthday(29, 2, 1976))
    if scene.birthday_in is None:
        return scene.wish
    day = on + timedelta(days=scene.birthday_in)
    return replace(scene.wish, birthday=Birthday(day.day, day.month))


_NEWS = (
    "From 1 January our prices rise by three per cent, because transport has become dearer.\n\n"
    "Orders that reach us before 20 December have the old prices, whenever we deliver."
)
_NEWS_FOR, _NEWS_TOLD = 12, 3


def tell_news(on: date) -> None:
    """A price change that the manager wrote down this morning for a dozen customers; some were told at once."""
    at = clock.moment(on, time(), ZONE)
    others = Customer.objects.cared_for().filter(pk__gt=len(SCENES)).select_related("owner").order_by("pk")
    notice = Notice(
        kind=NoticeKind.PRICE,
        title="New prices from 1 January",
        words=_NEWS,
        tell_by=on + timedelta(days=6),
        how=How.MAIL,
    )
    proposals = propose(list(others[:_NEWS_FOR]), How.MAIL, without_mail=without_mail)
    manager = User.objects.get(email=LOGINS[1])
    stored, _is_new = announce(notice, proposals, by=manager, at=at)
    called = stored.customers.filter(how=How.CALL).select_related("customer__owner", "follow_up").order_by("pk")
    for row in called[:_NEWS_TOLD]:
        if row.follow_up is not None:
            row.follow_up.finish(row.customer.owner, at)


def keep_a_day(on: date) -> None:
    """A day of the first contact that is greeted every year, some weeks from now."""
    contact = Contact.objects.filter(is_primary=True, deceased=False).order_by("pk").first()
    if contact is not None:
        day = on + timedelta(days=40)
        DatedEvent.objects.create(contact=contact, name="the opening of your shop", day=day.day, month=day.month)
