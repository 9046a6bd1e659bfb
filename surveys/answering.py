"""Taking an answer: whose link it is, what is recorded, and what a bad answer sets in motion."""

from datetime import datetime, time

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from customers.models import Customer
from interactions.models import FollowUp
from retention_crm.lib import clock, text, tokens
from surveys.models import TOKEN_PURPOSE, Invitation, Response

CALL_BACK_BY = time(17, 0)


class AnswerRefusedError(Exception):
    """The link has stopped working, or the day for editing is over."""


def open_invitation(token: str, at: datetime) -> Invitation | None:
    """The invitation a link belongs to, with what its page shows; None for every link that does not work (any more)."""
    pk = tokens.claimed_pk(token)
    if pk is None:
        return None
    rows = Invitation.objects.select_related("survey", "contact__customer__owner", "response")
    invitation = rows.filter(pk=pk).first()
    if invitation is None or not tokens.proves(token, TOKEN_PURPOSE, pk, invitation.nonce):
        return None
    return invitation if invitation.is_open(at) else None


def record_answer(invitation_pk: int, score: int, comment: str, at: datetime) -> Response:
    """Records the one answer to an invitation, or edits it within its day; raises AnswerRefusedError after that.

    The lock on the invitation lets two submissions of one link pass one after the other, so the second is an edit.
    """
    with transaction.atomic():
        invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation_pk)
        if not invitation.is_open(at):
            raise AnswerRefusedError
        response = Response.objects.filter(invitation=invitation).first()
        if response is None:
            response = _first_answer(invitation, score, comment, at)
        elif not response.is_editable(at):
            raise AnswerRefusedError
        elif not _edit(response, score, comment, at):
            return response
        if response.is_detractor:
            _call_back(response, at)
        Customer.objects.filter(pk=response.customer_id).mark_risk_stale(at)
    return response


def _first_answer(invitation: Invitation, score: int, comment: str, at: datetime) -> Response:
    return Response.objects.create(
        invitation=invitation,
        customer_id=invitation.customer_id,
        contact_id=invitation.contact_id,
        score=score,
        comment=comment,
        answered_at=at,
    )


def _edit(response: Response, score: int, comment: str, at: datetime) -> bool:
    """Whether there was anything to change: the same answer sent twice is no edit."""
    comment = text.clean(comment)
    if (response.score, response.comment) == (score, comment):
        return False
    response.score, response.comment, response.edited_at = score, comment, at
    response.save(update_fields=["score", "comment", "edited_at"])
    return True


def _call_back(response: Response, at: datetime) -> None:
    """Opens the owner's follow-up, once for all edits.

    It stays when an edit turns the answer into a better one: somebody was unhappy enough to say so, and whether that
    is settled is for the owner to judge. For the same reason its title keeps the score that opened it.
    """
    customer = Customer.objects.select_related("owner").get(pk=response.customer_id)
    with translation.override(settings.LANGUAGE_CODE):
        title = _("Call %(name)s: scored %(score)s") % {
            "name": text.excerpt(response.contact.name, 160),
            "score": response.score,
        }
    FollowUp.objects.get_or_create(
        occasion=f"detractor:{response.pk}",
        defaults={
            "customer": customer,
            "assignee": customer.owner,
            "origin": FollowUp.Origin.SURVEY,
            "title": title,
            "due_at": _end_of_next_working_day(customer.owner, at),
            "created_at": at,
        },
    )


def _end_of_next_working_day(person: User, at: datetime) -> datetime:
    day = clock.next_working_day(person.today(at), person.working_days)
    return clock.moment(day, CALL_BACK_BY, person.time_zone)
