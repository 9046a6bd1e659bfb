"""Taking note of what happened to a message: each event once, in whatever order they come.

A message that came back stays `sent`: it was handed over, and whatever came later does not undo that; what happened
stands on its page. One whose hand-over was `unknown` is known to have been handed over by any such event, and becomes
`sent`. Nothing here is ever undone by a later event: what arrived may come back, and what came back stays so.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from customers.models import ConsentChange, ConsentKind, Contact
from interactions.models import FollowUp
from interactions.scheduling import due_in
from outreach.models import Message, NotificationKind, ProviderEvent, Sentence, State, Suppression, because
from outreach.notifying import notify_owner
from outreach.unsubscribing import withdraw
from retention_crm.lib import text, tokens

What = ProviderEvent.What
# What can only be told of a mail that was handed over.
_HANDED_OVER = frozenset({What.DELIVERED, What.BOUNCED, What.NOT_YET, What.COMPLAINED, What.UNSUBSCRIBED})
NOT_ARRIVED = frozenset({What.BOUNCED, What.REFUSED})


@dataclass(frozen=True)
class Happening:
    """One event: `key` names it for ever; `address` is the recipient as far as it was told."""

    key: str
    what: ProviderEvent.What
    happened_at: datetime
    address: str = ""
    words: str = ""
    message: Message | None = None

    @property
    def suppressed_address(self) -> str:
        """The address we wrote to: a mail may be forwarded, and what comes back then names the last one."""
        sent_to = self.message.sent_to if self.message else ""
        return sent_to or self.address


def take_note(happenings: Iterable[Happening], *, at: datetime) -> Counter[str]:
    """Records what is new and does what follows from it; returns how many of each were new."""
    counts: Counter[str] = Counter()
    for happening in happenings:
        with transaction.atomic():
            if _is_new(happening, at):
                _follow(happening, at)
                counts[happening.what.value] += 1
    return counts


def _is_new(happening: Happening, at: datetime) -> bool:
    # Two that tell the same at once: the second waits here for the first, and finds its row.
    _event, is_new = ProviderEvent.objects.get_or_create(
        key=happening.key[:200],
        defaults={
            "what": happening.what,
            "message": happening.message,
            "words": text.excerpt(happening.words, 300),
            "happened_at": happening.happened_at,
            "received_at": at,
        },
    )
    return is_new


def _follow(happening: Happening, at: datetime) -> None:
    if happening.message is not None and happening.what in _HANDED_OVER:
        _settle_unknown(happening.message)
    if happening.what == What.BOUNCED:
        give_up(happening.suppressed_address, happening.words, at)
    if happening.what in NOT_ARRIVED:
        tell_otherwise(happening.message, at)
    if happening.what == What.COMPLAINED and happening.suppressed_address:
        Suppression.objects.suppress(happening.suppressed_address, _("They reported our mail as unwanted."), at)
    if happening.what in {What.COMPLAINED, What.UNSUBSCRIBED}:
        _silence(happening, at)


def _settle_unknown(message: Message) -> None:
    Message.objects.filter(pk=message.pk, state=State.UNKNOWN).update(
        state=State.SENT, **because("told_later", Sentence("handed_over"))
    )


def tell_otherwise(message: Message | None, at: datetime) -> None:
    """Bad news that did not arrive has not been told."""
    if message is not None and message.notice_for is not None:
        message.notice_for.call_instead_of_mail(at)


def give_up(address: str, words: str, at: datetime) -> None:
    """Nothing more goes to an address that does not exist; the owners of its contacts are asked to find a better one.

    Once for each contact and address, however often it is said. Whoever has another address by now is left alone.
    """
    if not address:
        return
    Suppression.objects.suppress(address, text.excerpt(words, 300), at)
    contacts = Contact.objects.reachable().at_addresses([address])
    cared_for = contacts.filter(customer__lost_on__isnull=True, customer__do_not_contact=False)
    for contact in cared_for.select_related("customer__owner"):
        _ask_for_a_better_address(contact, address, at)


def _ask_for_a_better_address(contact: Contact, address: str, at: datetime) -> None:
    owner = contact.customer.owner
    with translation.override(settings.LANGUAGE_CODE):
        title = _("Ask %(name)s for a better address: %(address)s does not exist") % {
            "name": text.excerpt(contact.name, 60),
            "address": text.excerpt(address, 80),
        }
    occasion = f"bounce:{contact.pk}:{tokens.address_digest(address)[:32]}"
    _task, is_new = FollowUp.objects.get_or_create(
        occasion=occasion,
        defaults={
            "customer": contact.customer,
            "assignee": owner,
            "origin": FollowUp.Origin.MAIL,
            "title": title,
            "due_at": due_in(1, owner, at=at),
            "created_at": at,
        },
    )
    if is_new:
        notify_owner(contact, NotificationKind.BOUNCE, occasion, at=at)


def _silence(happening: Happening, at: datetime) -> None:
    """All automatic mail ends: who complains, or leaves at the provider, does not mean one kind of it."""
    # Without an address: nobody, and not all who have none.
    addresses = [happening.suppressed_address] if happening.suppressed_address else []
    contacts = {contact.pk: contact for contact in Contact.objects.at_addresses(addresses)}
    if happening.message is not None and happening.message.contact is not None:
        contacts[happening.message.contact.pk] = happening.message.contact
    why = Sentence("ended_at_provider")
    for pk in sorted(contacts):
        withdraw(contacts[pk], list(ConsentKind), at, source=ConsentChange.Source.PROVIDER, why=why)
