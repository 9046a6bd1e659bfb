"""Announcing bad news: how each customer is to be told, and a task for everybody who tells them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from customers.models import Channel, Contact, Customer, Stage
from interactions.models import CallBecause, Complaint, FollowUp, How, Notice, NoticeFor
from interactions.scheduling import END_OF_WORK
from retention_crm.lib import clock

# Those who know us well hear it from somebody they know.
_CLOSE = (Stage.ENGAGED, Stage.MARRIED)
_PREFERENCES = {Channel.PHONE: CallBecause.PREFERS_PHONE, Channel.IN_PERSON: CallBecause.PREFERS_MEETING}
_BATCH = 1000


@dataclass(frozen=True)
class Proposal:
    """How a customer is to be told, and why they are called where others get a mail."""

    customer: Customer
    how: How
    reasons: list[CallBecause] = field(default_factory=list)

    @property
    def reasons_in_words(self) -> str:
        return ", ".join(str(reason.label) for reason in self.reasons)


def propose(
    customers: Sequence[Customer], how: How, *, without_mail: Callable[[Collection[str]], Collection[str]]
) -> list[Proposal]:
    """How each of the customers is to be told if `how` is the rule, in three queries at most for any number.

    Nobody is told by mass mail who should be called, or by mail at one of the addresses that can take none, which
    `without_mail` knows. Whom a person would tell anyway, that person may tell as is best.
    """
    if how != How.MAIL:
        return [Proposal(customer, how) for customer in customers]
    pks = [customer.pk for customer in customers]
    complaining = set(Complaint.objects.open().filter(customer__in=pks).values_list("customer_id", flat=True))
    main = {contact.customer_id: contact for contact in Contact.objects.filter(customer__in=pks, is_primary=True)}
    silent = without_mail([contact.email for contact in main.values()])
    found = []
    for customer in customers:
        contact = main.get(customer.pk)
        reasons = list(_reasons(customer, contact, is_complaining=customer.pk in complaining))
        if contact and contact.email in silent and CallBecause.NO_ADDRESS not in reasons:
            reasons.append(CallBecause.NO_MAIL)
        found.append(Proposal(customer, How.CALL if reasons else How.MAIL, reasons))
    return found


def _reasons(customer: Customer, contact: Contact | None, *, is_complaining: bool) -> Iterable[CallBecause]:
    if customer.stage in _CLOSE:
        yield CallBecause.CLOSE
    if is_complaining:
        yield CallBecause.COMPLAINT
    if contact is None or not contact.email or contact.deceased:
        yield CallBecause.NO_ADDRESS
        return
    if contact.preferred_channel in _PREFERENCES:
        yield _PREFERENCES[Channel(contact.preferred_channel)]
    if customer.do_not_contact or contact.do_not_contact:
        yield CallBecause.LEFT_ALONE


def announce(notice: Notice, proposals: Collection[Proposal], *, by: User, at: datetime) -> tuple[Notice, bool]:
    """Saves a notice with a task for the owner of each customer, and whether it is new: there is one for each key."""
    notice.created_by, notice.created_at = by, at
    with transaction.atomic():
        Notice.objects.bulk_create([notice], ignore_conflicts=True)
        stored = Notice.objects.select_for_update().get(key=notice.key)
        if stored.customers.exists():
            return stored, False
        tasks = FollowUp.objects.bulk_create(
            [_task(stored, proposal.customer, at) for proposal in proposals], batch_size=_BATCH
        )
        rows = [
            NoticeFor(
                notice=stored,
                customer=proposal.customer,
                how=proposal.how,
                how_since=at,
                reasons=proposal.reasons,
                follow_up=task,
            )
            for proposal, task in zip(proposals, tasks, strict=True)
        ]
        NoticeFor.objects.bulk_create(rows, batch_size=_BATCH)
    return stored, True


def _task(notice: Notice, customer: Customer, at: datetime) -> FollowUp:
    return FollowUp(
        customer=customer,
        assignee=customer.owner,
        origin=FollowUp.Origin.NOTICE,
        occasion=f"notice:{notice.pk}:{customer.pk}",
        title=notice.title,
        due_at=due_at(notice.tell_by, customer.owner),
        created_at=at,
    )


def due_at(day: date, person: User) -> datetime:
    """The end of work on that day by the person's clock."""
    return clock.moment(day, END_OF_WORK, person.time_zone)
