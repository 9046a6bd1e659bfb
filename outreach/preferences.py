"""What a contact wishes: which mails, how often a call, which channel and language; chosen by a link, without a login.

Wishes are in force where they apply: consent, channel and language on the contact, the rhythm of calls on the customer,
if the contact is the main one there. The rhythm that another contact chooses is only recorded, since one customer has
one rhythm: it stands on the timeline, and the page shows it to the contact again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from customers.models import CallEvery, Channel, ConsentKind, Contact, Customer, Language, PreferenceChange
from outreach.describing import wishes_as_words
from outreach.models import Sentence
from outreach.unsubscribing import allow_again, tell_of_wishes, withdraw
from retention_crm.lib import tokens
from retention_crm.lib.addresses import keyed_address

PURPOSE = "preferences"
_What = PreferenceChange.What


@dataclass(frozen=True)
class Wishes:
    """`cadence` is a number of days, or empty where they leave it to us."""

    allowed: frozenset[ConsentKind]
    cadence: str
    channel: str
    language: str

    def without_mail(self) -> "Wishes":
        return replace(self, allowed=frozenset())


def preference_token(contact_pk: int) -> str:
    return tokens.make(PURPOSE, contact_pk)


def preference_link(contact_pk: int) -> str:
    """The absolute address of the page of wishes; it works for as long as the contact and the secret key exist."""
    return keyed_address("preferences", preference_token(contact_pk))


def contact_of(token: str) -> Contact | None:
    """Whom a link is for; None for one that was not made here, or whose contact is gone."""
    pk = tokens.claimed_pk(token)
    if pk is None or not tokens.proves(token, PURPOSE, pk):
        return None
    return Contact.objects.select_related("customer").known_as(pk)


def wishes_of(contact: Contact) -> Wishes:
    """What is in force at present."""
    return Wishes(
        allowed=frozenset(kind for kind in ConsentKind if contact.allows(kind)),
        cadence=_cadence_of(contact),
        channel=contact.preferred_channel,
        language=contact.effective_language,
    )


def _cadence_of(contact: Contact) -> str:
    if contact.is_primary:
        return str(contact.customer.cadence_days or "")
    chosen = PreferenceChange.objects.filter(contact=contact, what=_What.CADENCE)
    return chosen.values_list("chosen", flat=True).first() or ""


def read(posted: Mapping[str, str], now: Wishes) -> Wishes:
    """The wishes a form was sent with. A box that was not ticked means no; of the rest, what nobody offered changes
    nothing.
    """

    def one_of(name: str, offered: list[str], present: str) -> str:
        value = posted.get(name, present)
        return value if value in offered else present

    return Wishes(
        allowed=frozenset(kind for kind in ConsentKind if posted.get(kind.value)),
        cadence=one_of("cadence", CallEvery.values, now.cadence),
        channel=one_of("channel", Channel.values, now.channel),
        language=one_of("language", Language.values, now.language),
    )


def choose(contact: Contact, wishes: Wishes, at: datetime) -> None:
    """Puts the wishes in force and keeps a record of each that is another than before.

    Mails that wait and are not wanted any more are cancelled, and the next call falls due by the new rhythm. Choosing
    the same twice leaves no second trace.
    """
    with transaction.atomic():
        # In the order in which everything that changes a contact takes its locks.
        Customer.objects.select_for_update(no_key=True).get(pk=contact.customer_id)
        Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        contact.refresh_from_db()
        before = wishes_of(contact)
        changes = _changes(contact, before, wishes, at)
        withdrawn = sorted(before.allowed - wishes.allowed)
        if changes or withdrawn:
            # Of all of it at once: what is withdrawn below is told by then.
            tell_of_wishes(contact, wishes_as_words(withdrawn, changes), at)
        withdraw(contact, withdrawn, at, why=Sentence("ended_by_wishes"))
        allow_again(contact, sorted(wishes.allowed - before.allowed), at)
        if wishes.channel != before.channel:
            contact.preferred_channel = wishes.channel
        if wishes.language != before.language:
            contact.language = wishes.language
        contact.save(update_fields=["preferred_channel", "language"])
        if contact.is_primary and wishes.cadence != before.cadence:
            _set_cadence(contact.customer, wishes.cadence, at)
        PreferenceChange.objects.bulk_create(changes)


def _set_cadence(customer: Customer, cadence: str, at: datetime) -> None:
    row = Customer.objects.filter(pk=customer.pk)
    customer.cadence_days = int(cadence) if cadence else None
    row.update(cadence_days=customer.cadence_days)
    row.recompute_due()
    row.mark_risk_stale(at)


def _changes(contact: Contact, before: Wishes, wishes: Wishes, at: datetime) -> list[PreferenceChange]:
    pairs = (
        (_What.CHANNEL, before.channel, wishes.channel),
        (_What.LANGUAGE, before.language, wishes.language),
        (_What.CADENCE, before.cadence, wishes.cadence),
    )
    return [
        PreferenceChange(contact=contact, what=what, former=former, chosen=chosen, changed_at=at)
        for what, former, chosen in pairs
        if former != chosen
    ]
