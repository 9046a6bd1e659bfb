"""Agreeing on what a recap says: a reader corrects it by a link, the owner takes that over or says why not."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from interactions.models import FollowUp
from outreach.cancelling import UNSENT, cancel
from outreach.models import (
    AgreedVersion,
    Correction,
    Decision,
    Message,
    MessageKind,
    NotificationKind,
    Sentence,
    State,
)
from outreach.notifying import notify_owner
from retention_crm.lib import clock, tokens
from retention_crm.lib.addresses import keyed_address

PURPOSE = "recap"
# So long after a recap somebody may say that it is not what was agreed.
SAID_WITHIN = timedelta(days=60)
# More from one link is no help any more.
MOST = 5
_MAY_HAVE_IT = (State.SENT, State.UNKNOWN, State.SUBMITTING)


def correction_token(message_pk: int) -> str:
    return tokens.make(PURPOSE, message_pk)


def correction_link(message_pk: int) -> str:
    """The absolute address of the page on which the reader of that recap corrects it."""
    return keyed_address("recap_answer", correction_token(message_pk))


def recap_of(token: str, *, at: datetime) -> Message | None:
    """The recap a link belongs to; None for one that was not made here, is too old, or whose reader is gone."""
    pk = tokens.claimed_pk(token)
    if pk is None or not tokens.proves(token, PURPOSE, pk):
        return None
    rows = Message.objects.filter(kind=MessageKind.RECAP, state__in=_MAY_HAVE_IT, contact__isnull=False)
    rows = rows.filter(customer__isnull=False, interaction__isnull=False, recap__isnull=False)
    recap = rows.select_related("recap", "contact__customer__owner", "interaction__customer").filter(pk=pk).first()
    return recap if recap is not None and at < recap.dated_at + SAID_WITHIN else None


def corrections_of(recap: Message) -> list[Correction]:
    """What its reader said about it, the latest first, with the version that came of it."""
    return list(recap.corrections.select_related("version"))


def correct(recap: Message, text: str, *, at: datetime) -> Correction | None:
    """Keeps what the reader says and tells the owner; none where there is too much of it.

    The same words again, as from a form that is sent twice, are the same correction.
    """
    contact, interaction = recap.contact, recap.interaction
    assert contact is not None and interaction is not None
    with transaction.atomic():
        Message.objects.select_for_update(no_key=True).get(pk=recap.pk)
        known = corrections_of(recap)
        if same := next((one for one in known if one.text == text), None):
            return same
        if len(known) >= MOST:
            return None
        said = Correction.objects.create(
            customer=interaction.customer,
            contact=contact,
            interaction=interaction,
            message=recap,
            text=text,
            said_at=at,
        )
        said.follow_up = _task(said, at)
        said.save(update_fields=["follow_up"])
        notify_owner(
            contact, NotificationKind.CORRECTION, f"{NotificationKind.CORRECTION}:{said.pk}", words=text, at=at
        )
    return said


def _task(said: Correction, at: datetime) -> FollowUp:
    owner = said.customer.owner
    with owner.in_own_words():
        title = _("Not what was agreed, says %(name)s") % {"name": said.contact.name}
    return FollowUp.objects.create(
        customer=said.customer,
        assignee=owner,
        source=said.interaction,
        origin=FollowUp.Origin.RECAP,
        occasion=f"correction:{said.pk}",
        title=title[:200],
        # It stands on Today at once.
        due_at=clock.day_bounds(owner.today(at), owner.time_zone)[1] - timedelta(minutes=1),
        created_at=at,
    )


def standing_text(correction: Correction) -> str:
    """What is agreed at present: the latest version, or else the recap the correction is about."""
    latest = AgreedVersion.objects.latest_of(correction.interaction)
    return latest.text if latest else correction.message.recap.text


def accept(correction: Correction, text: str, *, by: User, at: datetime) -> AgreedVersion | None:
    """Makes what was agreed a new version, which is the record from then on; none if it was decided before."""
    with transaction.atomic():
        if not _decide(correction, Decision.ACCEPTED, "", by=by, at=at):
            return None
        waiting = Message.objects.filter(interaction=correction.interaction, kind=MessageKind.RECAP)
        cancel(waiting, reason="agreed_anew", why=Sentence("agreed_anew"), at=at, states=UNSENT)
        latest = AgreedVersion.objects.latest_of(correction.interaction)
        return AgreedVersion.objects.create(
            customer=correction.customer,
            interaction=correction.interaction,
            number=latest.number + 1 if latest else 2,
            text=text,
            correction=correction,
            agreed_by=by,
            agreed_at=at,
        )


def decline(correction: Correction, word: str, *, by: User, at: datetime) -> bool:
    """It stays as it was, and whoever said so reads why; false if it was decided before."""
    with transaction.atomic():
        return _decide(correction, Decision.DECLINED, word, by=by, at=at)


def _decide(correction: Correction, decision: Decision, word: str, *, by: User, at: datetime) -> bool:
    # Two versions of one conversation do not get the same number.
    type(correction.interaction).objects.select_for_update(no_key=True).get(pk=correction.interaction_id)
    fields = {"decision": decision, "word": word, "decided_by": by, "decided_at": at}
    if not Correction.objects.open().filter(pk=correction.pk).update(**fields):
        return False
    correction.refresh_from_db()
    if correction.follow_up is not None:
        correction.follow_up.finish(by, at)
    return True
