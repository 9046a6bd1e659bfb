"""Taking messages out of the ledger that were to nobody: those to invented customers, which never go out."""

from django.db import transaction
from django.db.models import Count

from outreach.models import CUSTOMER_KINDS, Message, MessageQuerySet, Tally


def forget(messages: MessageQuerySet) -> int:
    """Deletes those of the messages that were meant for customers; the tally knows of it, so that nothing is missed."""
    with transaction.atomic():
        pks = list(messages.filter(kind__in=CUSTOMER_KINDS).select_for_update().values_list("pk", flat=True))
        theirs = Message.objects.filter(pk__in=pks)
        counted = theirs.values_list("kind").annotate(Count("pk")).order_by()
        Tally.objects.bulk_create(Tally(kind=kind, planned=-number) for kind, number in counted)
        theirs.delete()
        return len(pks)
