"""Whether a promise is done, as the customer says by the link of a mail."""

from datetime import datetime, timedelta

from django.db import transaction

from customers.models import Customer
from outreach.models import Message, MessageKind, NotificationKind, PromiseMail, Said, State
from outreach.notifying import News, notify
from retention_crm.lib import tokens
from retention_crm.lib.addresses import keyed_address

PURPOSE = "promise"
SAID_WITHIN = timedelta(days=60)
_MAY_HAVE_IT = (State.SENT, State.UNKNOWN, State.SUBMITTING)


def token_for(message_pk: int) -> str:
    return tokens.make(PURPOSE, message_pk)


def confirmation_link(message_pk: int) -> str:
    """The absolute address of the page on which the reader of that mail says whether it is done."""
    return keyed_address("promise_answer", token_for(message_pk))


def promise_of(token: str, *, at: datetime) -> PromiseMail | None:
    """What a link is about; None for one that was not made here, is too old, or whose reader is gone."""
    pk = tokens.claimed_pk(token)
    if pk is None or not tokens.proves(token, PURPOSE, pk):
        return None
    rows = Message.objects.filter(kind=MessageKind.PROMISE_KEPT, state__in=_MAY_HAVE_IT, contact__isnull=False)
    found = rows.filter(pk=pk, customer__isnull=False, dated_at__gt=at - SAID_WITHIN)
    mails = PromiseMail.objects.filter(message__in=found)
    return mails.select_related("follow_up", "message__contact__customer__owner").first()


def answer(mail: PromiseMail, said: Said, word: str, *, at: datetime) -> bool:
    """Keeps what the reader says; false where it changes nothing, as when it is said twice.

    What is not done yet is open again, and whoever promised it and whoever looks after the customer hear of it at once.
    An answer to a promise that was opened again since, or asked about anew, is too old to change anything.
    """
    contact = mail.message.contact
    assert contact is not None
    with transaction.atomic():
        promise = type(mail.follow_up).objects.select_for_update(no_key=True).get(pk=mail.follow_up_id)
        if promise.disputed != mail.round:
            return False
        has_changed = promise.confirm(contact, at) if said == Said.DONE else promise.dispute()
        if not has_changed:
            return False
        PromiseMail.objects.filter(pk=mail.pk).update(said=said, said_at=at, word=word)
        Customer.objects.filter(pk=promise.customer_id).mark_risk_stale(at)
        if said == Said.NOT_YET:
            _tell(mail, promise.title, word, at=at)
    mail.refresh_from_db()
    return True


def _tell(mail: PromiseMail, title: str, word: str, *, at: datetime) -> None:
    contact, promise = mail.message.contact, mail.follow_up
    assert contact is not None
    people = dict.fromkeys([contact.customer.owner_id, promise.assignee_id])
    kind = NotificationKind.DISPUTED
    words = f"{title}: {word}" if word else title
    occasion = f"{kind}:{promise.pk}:{mail.round}"
    told = [News(kind, occasion, person, promise.customer_id, contact.pk, words=words) for person in people]
    notify(told, at=at)
