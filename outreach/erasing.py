"""Erasing a contact who asked for it: the person goes, and what mails said to them; that there were mails stays."""

import logging
from datetime import datetime

from django.db import transaction

from accounts.models import User
from customers.models import Contact, Customer, ImportRow
from outreach.alerting import urgent_occasion
from outreach.cancelling import UNSENT, cancel
from outreach.models import Message, ProviderEvent, Rehearsal, Sentence
from outreach.planning import one_at_a_time

log = logging.getLogger(__name__)


def erase(contact: Contact, *, by: User, at: datetime) -> int:
    """Deletes the contact with their days, wishes and survey answers; returns how many waiting messages are cancelled.

    Messages stay in the ledger without address and words. An address nothing is sent to stays so, since it is kept as a
    keyed hash only. What was talked about belongs to the customer and stays, without the name beside it.
    """
    with transaction.atomic():
        one_at_a_time()
        customer = Customer.objects.select_for_update().filter(pk=contact.customer_id)
        # What a worker wants to write about them waits until they are gone.
        if not customer or not Contact.objects.select_for_update().filter(pk=contact.pk):
            return 0
        theirs = Message.objects.filter(contact=contact.pk)
        _forget_words(contact, list(theirs.values_list("pk", flat=True)))
        cancelled = cancel(theirs, reason="erased", why=Sentence("erasure"), at=at, states=UNSENT)
        ImportRow.objects.all().forget(contact.pk)
        Contact.objects.filter(pk=contact.pk).delete()
        customer.mark_risk_stale(at)
    log.info("Contact %s was erased by person %s.", contact.pk, by.pk)
    return cancelled


def _forget_words(contact: Contact, theirs: list[int]) -> None:
    """Of mails to them, of tests of these, and of alerts about their answers."""
    people = User.objects.get_queryset().values_list("pk", flat=True)
    alerts = [
        urgent_occasion("answer", answer, person)
        for answer in contact.responses.values_list("pk", flat=True)
        for person in people
    ]
    tests = Rehearsal.objects.filter(about__in=theirs).values_list("pk", flat=True)
    told = Message.objects.filter(occasion__in=alerts).values_list("pk", flat=True)
    spoken = [*theirs, *tests, *told]
    ProviderEvent.objects.filter(message__in=spoken).update(words="")
    Message.objects.filter(pk__in=spoken).update(
        sent_to="", subject="", body="", own_subject="", own_text="", detail="", said=None
    )
