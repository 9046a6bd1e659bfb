"""Recaps: what was said and promised in a conversation, sent to those who were there while they remember it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import Company, User
from customers.models import Contact
from interactions.models import FollowUp, Interaction, InteractionQuerySet, Meeting
from outreach import gate
from outreach.appointing import when
from outreach.lettering import KIND_FOR, STOPPABLE_FOR, Reader
from outreach.models import (
    WAITING,
    AgreedVersion,
    Approval,
    Message,
    MessageKind,
    MessageQuerySet,
    Part,
    Recap,
    State,
    style_of,
)
from outreach.phrases import phrases_in
from outreach.structuring import arranged, parts_of
from outreach.wording import text_for
from retention_crm.lib import clock, dates

# What surely never reached anybody may be sent off once more: it was stopped before it left, or the server said no.
_NEVER_ARRIVED = Q(state__in=[State.CANCELLED, State.EXPIRED], attempts=0) | Q(state=State.FAILED, attempts__lte=1)


def beginning(interaction: Interaction, reader: Contact | None) -> str:
    """The text to begin with: what is agreed since, what others got already, or the notes and what was promised.

    Lines of the notes that are marked (“Decision: …”) stand under headings of their own, in the order the customer
    likes. Days are those of the customer's calendar; headings are in the language the reader's mail is in.
    """
    agreed = AgreedVersion.objects.latest_of(interaction)
    if agreed is not None:
        return agreed.text
    sent = Recap.objects.filter(message__interaction=interaction).order_by("-message__planned_at", "-pk").first()
    if sent is not None:
        return sent.text
    language, tone = (reader.effective_language, reader.tone) if reader else (interaction.customer.language, "")
    phrases = phrases_in(text_for(MessageKind.RECAP, language, tone).language)
    zone = clock.zone(interaction.customer.time_zone)
    parts = parts_of(interaction.notes)
    for each in FollowUp.objects.promises().filter(source=interaction):
        words = phrases.recap.promise(each.title, phrases.day_of(each.due_at.astimezone(zone).date()))
        parts[Part.PROMISES].append(f"- {words}")
    planned = Meeting.objects.planned().filter(customer=interaction.customer, starts_at__gt=interaction.happened_at)
    if following := planned.order_by("starts_at", "pk").first():
        begins = when(following, interaction.customer.time_zone, phrases)
        parts[Part.NEXT].append(f"- {begins}: {following.title}")
    return arranged(parts, phrases.recap, style_of(interaction.customer).parts)


def draft(interaction: Interaction, contact: Contact, text: str, *, at: datetime, version: int = 1) -> Message:
    """The recap as it would be planned now; nothing is saved. `version` is the number of what is agreed."""
    due_at = at + STOPPABLE_FOR
    message = Message(
        kind=MessageKind.RECAP,
        customer=interaction.customer,
        contact=contact,
        interaction=interaction,
        due_at=due_at,
        dated_at=due_at,
        expires_at=due_at + KIND_FOR,
    )
    message.recap = Recap(message=message, text=text, version=version)
    return message


def version_of(interaction: Interaction) -> int:
    """The number of what is agreed; each reader gets each version once."""
    agreed = AgreedVersion.objects.latest_of(interaction)
    return agreed.number if agreed else 1


def readers(interaction: Interaction, *, company: Company, at: datetime) -> list[Reader]:
    """All contacts of the customer, in eight queries at most; the gate is asked what it would say to each."""
    customer = interaction.customer
    contacts = list(customer.contacts.select_related("recap_format"))
    for contact in contacts:
        contact.customer = customer
    had_by = Message.objects.filter(_of(interaction), recap__version=version_of(interaction)).exclude(_NEVER_ARRIVED)
    theirs = {message.contact_id: message for message in had_by}
    drafts = [draft(interaction, contact, "", at=at) for contact in contacts]
    facts = gate.gather(drafts, at=at + STOPPABLE_FOR, company=company)
    found = []
    for contact, message in zip(contacts, drafts, strict=True):
        had = theirs.get(contact.pk)
        if had is not None:
            found.append(Reader(contact, why_not=_has_it(contact, had)))
        else:
            found.append(Reader.by(gate.ruling_on(message, facts), contact))
    return found


def _of(interaction: Interaction) -> Q:
    return Q(interaction=interaction, kind=MessageKind.RECAP)


def _has_it(contact: Contact, message: Message) -> str:
    name = {"name": contact.name}
    if message.state in WAITING:
        return _("This recap is on its way to %(name)s already.") % name
    if message.state == State.HELD:
        return _("This recap to %(name)s is held; let it go from Messages.") % name
    if message.state == State.SENT and message.finished_at:
        day = dates.write(localtime(message.finished_at), "day of year, time")
        return _("%(name)s got this recap on %(day)s; it goes to each person once.") % {**name, "day": day}
    return _("This recap may have reached %(name)s; it goes to each person once.") % name


def plan_recaps(
    interaction: Interaction, contacts: Iterable[Contact], text: str, *, by: User, at: datetime
) -> tuple[list[Message], list[Contact]]:
    """The recaps that go out now, one a contact, and those contacts who have one of this conversation already.

    What was agreed otherwise since goes to each once more.
    """
    waits = Approval.objects.ask_for(MessageKind.RECAP, interaction.customer.segment_id)
    decided: dict[str, Any] = {"state": State.PROPOSED if waits else State.PLANNED, "decided_by": by, "decided_at": at}
    planned, refused, version = [], [], version_of(interaction)
    for contact in contacts:
        message = _plan(draft(interaction, contact, text, at=at, version=version), decided)
        if message is None:
            refused.append(contact)
        else:
            planned.append(message)
    return planned, refused


def _plan(wanted: Message, decided: dict[str, Any]) -> Message | None:
    """The row of the ledger with its text, or nothing where there is one that may have reached its reader."""
    fields = {name: getattr(wanted, name) for name in _PLANNED} | decided
    with transaction.atomic():
        occasion = f"recap:{wanted.interaction_id}:{wanted.contact_id}"
        if wanted.recap.version > 1:
            occasion += f":{wanted.recap.version}"
        message, is_new = Message.objects.get_or_create(occasion=occasion, defaults=fields)
        if not is_new and not Message.objects.filter(_NEVER_ARRIVED, pk=message.pk).update(**fields, **_ANEW):
            return None
        Recap.objects.update_or_create(
            message=message, defaults={"text": wanted.recap.text, "version": wanted.recap.version}
        )
    message.state = decided["state"]
    return message


_PLANNED = ("kind", "customer", "contact", "interaction", "due_at", "dated_at", "expires_at")
_ANEW: dict[str, Any] = {
    "reason": "",
    "detail": "",
    "finished_at": None,
    "own_subject": "",
    "own_text": "",
    "released_rules": [],
}


@dataclass(frozen=True)
class Quickness:
    """Of so many conversations whose notes could be sent: how many were, and how soon half of these."""

    number: int
    sent: int
    median: timedelta | None


def how_quickly(met: InteractionQuerySet) -> Quickness:
    """From each conversation to its first recap, in one query."""
    is_sent = Q(messages__kind=MessageKind.RECAP, messages__state=State.SENT)
    rows = met.to_recap().annotate(first=Min("messages__finished_at", filter=is_sent)).order_by()
    moments = list(rows.values_list("happened_at", "first"))
    taken = sorted(first - happened for happened, first in moments if first)
    return Quickness(len(moments), len(taken), taken[(len(taken) - 1) // 2] if taken else None)


def shown_recaps() -> MessageQuerySet:
    """Recaps as a page about their conversations shows them; those nobody will get are left out."""
    rows = Message.objects.filter(kind=MessageKind.RECAP).exclude(state__in=[State.CANCELLED, State.EXPIRED])
    shown = rows.select_related("contact").order_by("finished_at", "pk")
    return shown.only("kind", "state", "interaction", "finished_at", "contact__name")
