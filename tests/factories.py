"""Rows for tests: each call makes the smallest valid one; what a test is about is passed in."""

import itertools
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Absence, Role, Team, User
from customers.models import (
    Alike,
    Contact,
    ContactDetail,
    Customer,
    DatedEvent,
    Import,
    ImportState,
    Merge,
    Perk,
    Segment,
    Trashed,
)
from interactions.announcing import Proposal, announce
from interactions.arranging import arrange
from interactions.logging import record
from interactions.models import (
    CLOSED,
    Complaint,
    Document,
    DocumentContent,
    FollowUp,
    How,
    Interaction,
    Kind,
    Meeting,
    Notice,
    NoticeFor,
    Outcome,
    Wish,
)
from outreach.agreeing import correct
from outreach.models import Correction, Message, MessageKind, Notification, NotificationKind, PromiseMail, Recap, State
from retention.models import (
    Cause,
    Expectation,
    Judgement,
    Loss,
    PlanStep,
    Play,
    PlayTurn,
    Renewal,
    RetentionPlan,
    RiskSnapshot,
)
from surveys.answering import rows_of
from surveys.branching import Value
from surveys.models import Answer, Invitation, Occasion, PublicLink, Queued, Response, Survey
from surveys.starting import ask_for_recommendation

_numbers = itertools.count(1)
# A Thursday; 10:00 in Stockholm, 09:00 UTC.
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 26)


def team(name: str = "") -> Team:
    return Team.objects.create(name=name or f"Team {next(_numbers)}")


def user(role: str = Role.STAFF, **fields: Any) -> User:
    number = next(_numbers)
    fields.setdefault("name", f"Person {number}")
    fields.setdefault("email", f"person{number}@example.com")
    return User.objects.create_user(password="correct horse battery", role=role, **fields)


def absence(of: User, **fields: Any) -> Absence:
    """Away on TODAY and the day after, unless told otherwise."""
    fields.setdefault("first_day", TODAY)
    fields.setdefault("last_day", TODAY + timedelta(days=1))
    return Absence.objects.create(user=of, **fields)


def segment(cadence_days: int = 30, **fields: Any) -> Segment:
    fields.setdefault("name", f"Segment {next(_numbers)}")
    return Segment.objects.create(cadence_days=cadence_days, **fields)


def customer(owner: User | None = None, **fields: Any) -> Customer:
    fields.setdefault("name", f"Customer {next(_numbers)}")
    fields.setdefault("customer_since", TODAY - timedelta(days=400))
    fields.setdefault("created_at", NOW - timedelta(days=400))
    fields["segment"] = fields.get("segment") or segment()
    made = Customer.objects.create(owner=owner or user(), **fields)
    if "next_due_on" not in fields:
        Customer.objects.filter(pk=made.pk).recompute_due()
        made.refresh_from_db()
    return made


def contact(of: Customer | None = None, **fields: Any) -> Contact:
    number = next(_numbers)
    fields.setdefault("name", f"Contact {number}")
    fields.setdefault("email", f"contact{number}@customer.example")
    of = of or customer()
    fields.setdefault("is_primary", not of.contacts.filter(is_primary=True).exists())
    return Contact.objects.create(customer=of, **fields)


def dated_event(of: Contact | None = None, **fields: Any) -> DatedEvent:
    """A day that was kept for the first time on TODAY, unless told otherwise."""
    fields.setdefault("name", "the opening of your shop")
    fields.setdefault("month", TODAY.month)
    fields.setdefault("day", TODAY.day)
    return DatedEvent.objects.create(contact=of or contact(), **fields)


def detail(of: Contact | None = None, **fields: Any) -> ContactDetail:
    """A second telephone, unless told otherwise."""
    fields.setdefault("kind", ContactDetail.Kind.PHONE)
    fields.setdefault("value", "+46 8 123 45 67")
    return ContactDetail.objects.create(contact=of or contact(), **fields)


def merged(into: Customer, **fields: Any) -> Merge:
    """The trace of a merge, without the rows it moved."""
    fields = {"former_pk": 10**6 + next(_numbers), "former_name": "Before", "merged_at": NOW} | fields
    return Merge.objects.create(customer=into, merged_by=into.owner, **fields)


def alike(one: Customer | Contact, other: Customer | Contact, **fields: Any) -> Alike:
    """Two that share a mail address, unless told otherwise."""
    low, high = sorted((one.pk, other.pk))
    fields = {"kind": one._meta.model_name, "low": low, "high": high, "by_email": True, "seen_at": NOW} | fields
    made = Alike.objects.create(**fields)
    made.refresh_from_db()
    return made


def trashed(of: Customer | None = None, by: User | None = None, **fields: Any) -> Trashed:
    """Something of the customer in the trash, without the rows that lie in it."""
    fields = {"model": "interactions.Interaction", "name": "A call", "row_pk": next(_numbers)} | fields
    by = by or (of.owner if of else user())
    return Trashed.objects.create(customer=of, deleted_by=by, **({"deleted_at": NOW} | fields))


def intake(by: User | None = None, **fields: Any) -> Import:
    """A file that is checked and ready to begin."""
    fields.setdefault("file_name", "people.csv")
    fields.setdefault("state", ImportState.READY)
    fields.setdefault("created_at", NOW)
    return Import.objects.create(created_by=by or user(), **fields)


def interaction(of: Customer | None = None, **fields: Any) -> Interaction:
    """Logged through the front door, so that the customer's dates follow."""
    of = of or customer()
    fields.setdefault("kind", Kind.CALL)
    fields.setdefault("outcome", Outcome.HELD)
    fields.setdefault("happened_at", NOW)
    return record(Interaction(customer=of, **fields), at=NOW)


def meeting(of: Customer | None = None, *guests: Contact, **fields: Any) -> Meeting:
    """In a day, held by the owner, with these guests."""
    of = of or customer()
    fields = {"title": f"Meeting {next(_numbers)}", "starts_at": NOW + timedelta(days=1), "host": of.owner} | fields
    made, _is_new = arrange(Meeting(customer=of, created_at=NOW, **fields), guests)
    return made


def document(of: Interaction | None = None, data: bytes = b"%PDF-1.7", **fields: Any) -> Document:
    of = of or interaction()
    fields = {"name": "Offer.pdf", "added_by": of.customer.owner, "added_at": NOW, "size": len(data), **fields}
    made = Document.objects.create(interaction=of, **fields)
    DocumentContent.objects.create(document=made, data=data)
    return made


def purchase(of: Customer | None = None, amount: str = "100.00", **fields: Any) -> Interaction:
    return interaction(of, kind=Kind.PURCHASE, amount=Decimal(amount), **fields)


def follow_up(of: Customer | None = None, **fields: Any) -> FollowUp:
    of = of or customer()
    fields.setdefault("assignee", of.owner)
    fields.setdefault("title", f"Do thing {next(_numbers)}")
    fields.setdefault("due_at", NOW)
    return FollowUp.objects.create(customer=of, **fields)


def complaint(of: Customer | None = None, **fields: Any) -> Complaint:
    of = of or customer()
    fields.setdefault("owner", of.owner)
    fields.setdefault("what", "Late delivery")
    fields.setdefault("opened_at", NOW)
    return Complaint.objects.create(customer=of, **fields)


def wish(of: Customer | None = None, **fields: Any) -> Wish:
    """Open; or closed an hour ago, to be told of, with a state that says so."""
    of = of or customer()
    fields.setdefault("text", f"Wish {next(_numbers)}")
    fields.setdefault("said_at", NOW - timedelta(days=3))
    if fields.get("state") in CLOSED:
        fields.setdefault("outcome", "From January on it is like that.")
        fields.setdefault("decided_at", NOW - timedelta(hours=1))
        fields.setdefault("wants_answer", True)
    return Wish.objects.create(customer=of, **fields)


def judgement(of: Customer | None = None, **fields: Any) -> Judgement:
    """Worse than it looks, since an hour ago, unless told otherwise."""
    of = of or customer()
    fields = {"points": -10, "reason": "They are polite, no more", "made_at": NOW - timedelta(hours=1)} | fields
    fields.setdefault("expires_on", TODAY + timedelta(days=30))
    return Judgement.objects.create(customer=of, **({"made_by": of.owner} | fields))


def renewal(of: Customer | None = None, **fields: Any) -> Renewal:
    """In thirty days, unless told otherwise."""
    fields.setdefault("due_on", TODAY + timedelta(days=30))
    return Renewal.objects.create(customer=of or customer(), **fields)


def expectation(of: Customer | None = None, **fields: Any) -> Expectation:
    """Of an order every 30 days, expected in five."""
    last_on, usual_days = fields.setdefault("last_on", TODAY - timedelta(days=25)), fields.setdefault("usual_days", 30)
    fields.setdefault("orders", 6)
    fields.setdefault("expected_on", last_on + timedelta(days=usual_days))
    return Expectation.objects.create(customer=of or customer(), **fields)


def perk(of: Customer | None = None, **fields: Any) -> Perk:
    """A discount granted on TODAY, unless told otherwise."""
    of = of or customer()
    fields = {"words": "10 % off spare parts", "granted_on": TODAY, "granted_by": of.owner} | fields
    return Perk.objects.create(customer=of, **fields)


def loss(of: Customer | None = None, **fields: Any) -> Loss:
    """They left on TODAY, and nobody knows why, unless told otherwise; the customer's own day of it is not touched."""
    fields = {"lost_on": TODAY, "marked_at": NOW} | fields
    return Loss.objects.create(customer=of or customer(), **fields)


def snapshot(of: Customer | None = None, **fields: Any) -> RiskSnapshot:
    """Fifth on the list of TODAY and not at risk, unless told otherwise."""
    of = of or customer()
    fields = {"day": TODAY, "value": 0, "place": 5, "risk": 2_000, "silence": 10, "flagged_days": 0} | fields
    return RiskSnapshot.objects.create(customer=of, owner=of.owner, **fields)


def plan(of: Customer | None = None, **fields: Any) -> RetentionPlan:
    """A draft of the owner, to be looked at again in a week, unless told otherwise."""
    of = of or customer()
    fields.setdefault("suspected", [Cause.COMFORT])
    fields.setdefault("review_on", TODAY + timedelta(days=7))
    fields.setdefault("written_at", NOW)
    fields.setdefault("written_by", of.owner)
    fields.setdefault("offered_by", fields["written_by"])
    return RetentionPlan.objects.create(customer=of, **fields)


def play_turn(of: Customer | None = None, **fields: Any) -> PlayTurn:
    """A rule answered that the customer turned red an hour ago, unless told otherwise."""
    moment = NOW - timedelta(hours=1)
    fields.setdefault("play", Play.objects.first() or Play.objects.create(name="Call"))
    return PlayTurn.objects.create(customer=of or customer(), **({"turned_at": moment, "made_at": moment} | fields))


def plan_step(of: RetentionPlan | None = None, **fields: Any) -> PlanStep:
    """Something the owner does until tomorrow, unless told otherwise."""
    of = of or plan()
    fields.setdefault("title", f"Step {next(_numbers)}")
    fields.setdefault("person", of.customer.owner)
    fields.setdefault("due_at", NOW + timedelta(days=1))
    return PlanStep.objects.create(plan=of, **fields)


def notice(by: User | None = None, **fields: Any) -> Notice:
    fields.setdefault("title", f"News {next(_numbers)}")
    fields.setdefault("words", "Our prices rise by three per cent.")
    fields.setdefault("tell_by", TODAY + timedelta(days=5))
    fields.setdefault("created_at", NOW)
    return Notice.objects.create(created_by=by or user(), **fields)


def notice_for(of: Customer | None = None, how: str = How.CALL, at: datetime = NOW, **fields: Any) -> NoticeFor:
    """One notice for one customer, with the owner's task."""
    of = of or customer()
    fields = {"title": f"News {next(_numbers)}", "words": "Prices rise.", "tell_by": TODAY + timedelta(days=5)} | fields
    stored, _is_new = announce(Notice(how=how, **fields), [Proposal(of, How(how))], by=of.owner, at=at)
    return stored.customers.get()


def survey(asks_after: Iterable[str] = ("meeting", "purchase"), **fields: Any) -> Survey:
    """One that asks for recommendation and the reason, in use, two hours after these."""
    fields.setdefault("name", f"Survey {next(_numbers)}")
    made = ask_for_recommendation(**fields)
    for kind in asks_after:
        occasion(made, kind=kind)
    return made


def occasion(of: Survey, **fields: Any) -> Occasion:
    return Occasion.objects.create(survey=of, **{"kind": Occasion.Kind.MEETING, **fields})


def public_link(of: Survey | None = None, **fields: Any) -> PublicLink:
    return PublicLink.objects.create(survey=of or survey(asks_after=()), **{"name": "Counter", **fields})


def queued(to: Contact, **fields: Any) -> Queued:
    """Somebody who waits to be asked after a meeting."""
    fields.setdefault("occasion", Occasion.objects.first() or occasion(survey(asks_after=())))
    fields.setdefault("about", f"interaction:{next(_numbers)}")
    return Queued.objects.create(contact=to, customer=to.customer, **{"happened_at": NOW, "due_at": NOW, **fields})


def invitation(to: Contact | None = None, **fields: Any) -> Invitation:
    to = to or contact()
    fields.setdefault("survey", Survey.objects.first() or survey())
    fields.setdefault("send_at", NOW)
    fields.setdefault("expires_at", NOW + timedelta(days=30))
    fields.setdefault("created_at", NOW)
    return Invitation.objects.create(contact=to, customer=to.customer, **fields)


def response(to: Invitation | None = None, score: int = 9, **fields: Any) -> Response:
    to = to or invitation()
    fields.setdefault("answered_at", NOW)
    fields.setdefault("version", to.survey.published)
    made = Response.objects.create(invitation=to, contact=to.contact, customer=to.customer, score=score, **fields)
    said: dict[str, Value] = {"nps": Decimal(score), "long": made.comment}
    version = made.version
    if version is not None:
        values = {asked.key: said[asked.kind] for asked in version.asked if said.get(asked.kind) not in {None, ""}}
        Answer.objects.bulk_create(rows_of(made, version, values))
    return made


def message(to: Contact | None = None, **fields: Any) -> Message:
    """A birthday greeting that is due now, unless told otherwise."""
    if "recipient" not in fields:
        to = to or contact(birthday_month=TODAY.month, birthday_day=TODAY.day)
        fields.setdefault("contact", to)
        fields.setdefault("customer", to.customer)
    fields.setdefault("kind", MessageKind.BIRTHDAY)
    fields.setdefault("occasion", f"test:{next(_numbers)}")
    fields.setdefault("due_at", NOW - timedelta(minutes=1))
    fields.setdefault("dated_at", fields["due_at"])
    fields.setdefault("expires_at", NOW + timedelta(hours=8))
    return Message.objects.create(**fields)


def recap(to: Contact | None = None, text: str = "Two machines in red.", **fields: Any) -> Message:
    """Sent an hour ago, of a meeting of two hours ago, unless told otherwise."""
    to = to or contact()
    met = interaction(to.customer, kind=Kind.MEETING, contact=to, notes=text, happened_at=NOW - timedelta(hours=2))
    sent_at = NOW - timedelta(hours=1)
    fields = {"kind": MessageKind.RECAP, "interaction": met, "state": State.SENT, "finished_at": sent_at} | fields
    made = message(to, occasion=f"recap:{met.pk}:{to.pk}", due_at=sent_at, **fields)
    Recap.objects.create(message=made, text=text)
    return made


def correction(to: Contact | None = None, text: str = "Two in blue.") -> Correction:
    made = correct(recap(to), text, at=NOW)
    assert made is not None
    return made


def promise_mail(to: Contact | None = None, **fields: Any) -> PromiseMail:
    """Sent an hour ago, about a promise that was kept just before, unless told otherwise."""
    to = to or contact()
    done = NOW - timedelta(hours=2)
    kept = follow_up(to.customer, is_promise=True, done_at=done, done_by=to.customer.owner, **fields)
    sent_at = NOW - timedelta(hours=1)
    state = {"kind": MessageKind.PROMISE_KEPT, "state": State.SENT, "finished_at": sent_at}
    made = message(to, occasion=f"promise:{kept.pk}:0", due_at=sent_at, **state)
    return PromiseMail.objects.create(message=made, follow_up=kept)


def notification(to: User | None = None, about: Customer | None = None, **fields: Any) -> Notification:
    """A complaint about the customer, unseen, unless told otherwise."""
    fields.setdefault("kind", NotificationKind.COMPLAINT)
    fields.setdefault("occasion", f"urgent:{fields['kind']}:{next(_numbers)}")
    fields.setdefault("created_at", NOW)
    return Notification.objects.create(person=to or user(), customer=about, **fields)
