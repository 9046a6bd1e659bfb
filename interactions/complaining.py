"""Complaints as they go: taken in with their deadlines, answered, put right, and taken up again."""

from datetime import datetime, timedelta

from django.contrib.postgres.search import TrigramSimilarity
from django.db import transaction
from django.db.models import Case, F, When

from customers.models import Customer
from interactions.models import CareRules, Complaint

# A second one in so many days says that the first was not understood.
AGAIN_WITHIN = timedelta(days=90)
# How much two complaints have to be alike (by their trigrams, 0 to 1) to be about the same.
_ALIKE = 0.3


def take_in(complaint: Complaint, *, at: datetime) -> Complaint:
    """Saves a new one with its deadlines, which count the working hours of its owner.

    The second that is open, or the second about the same within 90 days, escalates.
    """
    _set_deadlines(complaint, since=complaint.opened_at)
    with transaction.atomic():
        # Of two noted at once one is the second.
        Customer.objects.select_for_update().get(pk=complaint.customer_id)
        if _is_second(complaint):
            complaint.escalated_at = at
        complaint.save()
    return complaint


def change(complaint: Complaint) -> Complaint:
    """Saves one that was noted wrongly, or goes to somebody else; its deadlines are those of what it says now."""
    _set_deadlines(complaint, since=complaint.reopened_at or complaint.opened_at)
    complaint.save()
    return complaint


def _set_deadlines(complaint: Complaint, *, since: datetime) -> None:
    rules = CareRules.current()
    hours = rules.hours_of(complaint.owner, complaint.owner.company)
    complaint.answer_by = hours.after(since, rules.to_answer(complaint.severity))
    complaint.resolve_by = hours.after(since, rules.to_resolve(complaint.severity))


def _is_second(complaint: Complaint) -> bool:
    recent = Complaint.objects.filter(
        customer=complaint.customer_id, opened_at__gt=complaint.opened_at - AGAIN_WITHIN
    ).exclude(pk=complaint.pk)
    if recent.open().exists():
        return True
    return recent.annotate(likeness=TrigramSimilarity("what", complaint.what)).filter(likeness__gte=_ALIKE).exists()


def answer(complaint: Complaint, *, at: datetime) -> bool:
    """Notes that the customer has had an answer; whether they had none before."""
    return bool(Complaint.objects.unanswered().filter(pk=complaint.pk).update(answered_at=at))


def take_back_answer(complaint: Complaint) -> None:
    """As if the customer had not been answered; one that is put right stays so."""
    Complaint.objects.open().filter(pk=complaint.pk).update(answered_at=None)


def resolve(complaint: Complaint, *, at: datetime) -> None:
    """Saves it as put right; who is told so has been answered, too."""
    complaint.resolved_at = at
    complaint.answered_at = complaint.answered_at or at
    complaint.save()


def take_back_resolution(complaint: Complaint) -> None:
    """As if it had not been put right, and as if it had been answered only before that."""
    answered = Case(When(answered_at__lt=F("resolved_at"), then=F("answered_at")))
    Complaint.objects.filter(pk=complaint.pk, resolved_at__isnull=False).update(
        resolved_at=None, answered_at=answered, outcome="", fault_in="", cost=None
    )


def reopen(complaint: Complaint, *, at: datetime) -> bool:
    """Takes up again what was not put right after all, with new deadlines, and escalates it; whether it was ended.

    The days it was thought to be right do not make it younger: the time until it is put right counts from the first.
    """
    _set_deadlines(complaint, since=at)
    return bool(
        Complaint.objects.filter(pk=complaint.pk, resolved_at__isnull=False).update(
            resolved_at=None,
            answered_at=None,
            reopened_at=at,
            escalated_at=at,
            answer_by=complaint.answer_by,
            resolve_by=complaint.resolve_by,
        )
    )
