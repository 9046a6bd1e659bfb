"""Leaving: the link in each mail to a customer, and what happens when it is used."""

from datetime import datetime

from django.db import transaction

from customers.models import ConsentChange, ConsentKind, Contact
from outreach.cancelling import cancel
from outreach.describing import wishes_as_words
from outreach.models import Message, MessageKind, NotificationKind, Sentence
from outreach.notifying import notify_owner
from retention_crm.lib import tokens
from retention_crm.lib.addresses import keyed_address

CONSENT_FOR: dict[str, ConsentKind] = {
    MessageKind.BIRTHDAY: ConsentKind.GREETINGS,
    MessageKind.ANNIVERSARY: ConsentKind.GREETINGS,
    MessageKind.EVENT: ConsentKind.GREETINGS,
    MessageKind.THANK_YOU: ConsentKind.THANKS,
    MessageKind.RECOMMEND: ConsentKind.THANKS,
    MessageKind.SURVEY: ConsentKind.SURVEYS,
    MessageKind.REMINDER: ConsentKind.SURVEYS,
}
_FIELD = {
    ConsentKind.GREETINGS: "allows_greetings",
    ConsentKind.THANKS: "allows_thanks",
    ConsentKind.SURVEYS: "allows_surveys",
}


def unsubscribe_token(contact_pk: int, consent: ConsentKind) -> str:
    return tokens.make(f"unsubscribe:{consent.value}", contact_pk)


def unsubscribe_link(contact_pk: int, consent: ConsentKind) -> str:
    """The absolute address that ends one kind of mail to one contact; it keeps working for as long as they exist."""
    return keyed_address("unsubscribe", unsubscribe_token(contact_pk, consent))


def meant_by(token: str) -> tuple[Contact, ConsentKind] | None:
    """Whom and what a link is about; None for one that was not made here or whose contact is gone."""
    pk = tokens.claimed_pk(token)
    if pk is None:
        return None
    consents = [kind for kind in ConsentKind if tokens.proves(token, f"unsubscribe:{kind.value}", pk)]
    contact = Contact.objects.select_related("customer").known_as(pk) if consents else None
    return (contact, consents[0]) if contact else None


def allows(contact: Contact, consent: ConsentKind) -> bool:
    return bool(getattr(contact, _FIELD[consent]))


def withdraw(
    contact: Contact,
    consents: list[ConsentKind],
    at: datetime,
    *,
    source: ConsentChange.Source = ConsentChange.Source.LINK,
    why: Sentence | None = None,
) -> int:
    """Ends these kinds of mail to the contact and cancels those that wait; returns how many were cancelled.

    Doing it twice is harmless. What is being handed over at this moment can no longer be stopped. `why` says
    how they ended it, if not by the link of a mail.
    """
    with transaction.atomic():
        ended = _change(contact, consents, granted=False, source=source, at=at)
        if ended and source != ConsentChange.Source.STAFF:
            tell_of_wishes(contact, wishes_as_words(ended, []), at)
        kinds = [kind for kind, consent in CONSENT_FOR.items() if consent in consents]
        waiting = Message.objects.filter(contact_id=contact.pk, kind__in=kinds)
        return cancel(waiting, reason="consent_withdrawn", why=why or Sentence("ended_by_link"), at=at)


def tell_of_wishes(contact: Contact, words: str, at: datetime) -> None:
    """Tells the owner what the contact chose (`wishes_as_words`), once of all that was chosen at the same moment."""
    occasion = f"{NotificationKind.WISHES}:{contact.pk}:{int(at.timestamp() * 1_000_000)}"
    notify_owner(contact, NotificationKind.WISHES, occasion, words=words, at=at)


def allow_again(contact: Contact, consents: list[ConsentKind], at: datetime) -> None:
    """Takes the withdrawal back."""
    with transaction.atomic():
        _change(contact, consents, granted=True, source=ConsentChange.Source.LINK, at=at)


def _change(
    contact: Contact, consents: list[ConsentKind], *, granted: bool, source: ConsentChange.Source, at: datetime
) -> list[ConsentKind]:
    # Not the whole row is locked: planning, which only refers to it, goes on.
    locked = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    changed = [consent for consent in consents if allows(locked, consent) is not granted]
    said = changed if granted else [*changed, *_not_said_themselves(locked, consents, changed)]
    for consent in consents:
        setattr(contact, _FIELD[consent], granted)
        setattr(locked, _FIELD[consent], granted)
    if not said:
        return []
    locked.save(update_fields=[_FIELD[consent] for consent in changed])
    ConsentChange.objects.bulk_create(
        ConsentChange(contact=locked, kind=consent, granted=granted, source=source, changed_at=at) for consent in said
    )
    # What they said anew tells the owner no more than what was stored before.
    return changed


def _not_said_themselves(
    contact: Contact, consents: list[ConsentKind], changed: list[ConsentKind]
) -> list[ConsentKind]:
    """What staff entered as not allowed, by a merge for example, and the person says now: it must outlast an undo."""
    found = []
    for consent in consents:
        latest = contact.consent_changes.filter(kind=consent).first() if consent not in changed else None
        if latest and not latest.granted and latest.source == ConsentChange.Source.STAFF:
            found.append(consent)
    return found
