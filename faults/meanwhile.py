"""While mails are on their way, customers leave by the link of a mail, answer, are erased or merged."""

import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from django.db.models import Count

from accounts.models import User
from customers.models import ConsentKind, Contact, Customer
from faults.stage import Result, Stage
from outreach.erasing import erase
from outreach.merging import merge
from outreach.models import Message, MessageKind, State
from outreach.unsubscribing import unsubscribe_link
from retention_crm.lib import clock, workdays
from surveys.answering import record_answer
from surveys.models import Invitation, Survey
from surveys.starting import ask_for_recommendation

EACH = 200
# Slow enough that what happens and the mails meet in the middle.
_SECONDS_A_MAIL = 0.1
_NOT_STOPPED = (State.PLANNED, State.LEASED)

type Happening = Callable[[Stage, Message], object]


def leave(stage: Stage, greeting: Message) -> None:
    """As a mail program does when its reader presses the button for it."""
    assert greeting.contact_id
    path = urlsplit(unsubscribe_link(greeting.contact_id, ConsentKind.GREETINGS)).path
    with urllib.request.urlopen(f"{stage.web}{path}", data=b"List-Unsubscribe=One-Click", timeout=30) as answer:  # noqa: S310
        assert answer.status == 200


def be_erased(stage: Stage, greeting: Message) -> None:
    assert greeting.contact
    erase(greeting.contact, by=User.objects.get(), at=clock.now())


def be_merged(stage: Stage, greeting: Message) -> None:
    """Into somebody who was entered a second time, and who has the birthday from now on."""
    lost = greeting.contact
    assert lost
    kept = Contact.objects.create(customer_id=lost.customer_id, name=f"{lost.name} again", email=lost.email)
    merge(kept, lost, by=User.objects.get(), at=clock.now())


def answer(stage: Stage, reminder: Message) -> None:
    invitation = reminder.invitation
    version = invitation.survey.published if invitation else None
    assert invitation and version
    record_answer(invitation.pk, version, {version.asked[0].key: Decimal(9)}, clock.now())


def happen(stage: Stage, *, each: int = EACH) -> Result:
    """Workers come from what is due first, what happens from what is due last."""
    reminders = _reminders(stage, each)
    stage.greetings(3 * each)
    rows = Message.objects.select_related("contact").order_by("-due_at", "-pk")
    greetings = rows.filter(kind=MessageKind.BIRTHDAY)
    stage.sink.tell(".", "250 OK", times=4 * each, after=_SECONDS_A_MAIL)
    stage.start(workers=2, beats=1, processes=2, FAULT_CLAIM="50")
    stage.wait(lambda: bool(stage.sink.taken), every=0.05)
    complaints, fates = [], {}
    happenings: list[tuple[Happening, Message]] = [(answer, reminder) for reminder in rows.filter(pk__in=reminders)]
    happenings += [((leave, be_erased, be_merged)[n % 3], greeting) for n, greeting in enumerate(greetings)]
    for happens, message in sorted(happenings, key=lambda pair: (pair[1].due_at, pair[1].pk), reverse=True):
        before = Message.objects.values_list("state", flat=True).get(pk=message.pk)
        happens(stage, message)
        state = Message.objects.values_list("state", flat=True).get(pk=message.pk)
        if happens is not answer and state in _NOT_STOPPED:
            complaints.append(f"after {happens.__name__} a message was {state}")
        fates[message.pk] = happens.__name__, before
    recovery = stage.wait(stage.settled)
    result = stage.finish("", faults=len(fates), recovery=recovery, unknown=0, fine=[State.CANCELLED])
    result.complaints += complaints + _unkind(fates)
    return result


def _unkind(fates: dict[int, tuple[str, str]]) -> list[str]:
    """What went wrong, given what happened to whom and in what state the message was just before."""
    ends = dict(Message.objects.filter(pk__in=fates).values_list("pk", "state"))
    found = Counter((name, ends[pk]) for pk, (name, _before) in fates.items())
    unkind = [
        f"after {name} a message that had been {before} was {ends[pk]}"
        for pk, (name, before) in fates.items()
        if before == State.PLANNED and ends[pk] != State.CANCELLED
    ]
    unkind += [f"nothing was cancelled of {name}" for name in {n for n, _ in found} if not found[name, State.CANCELLED]]
    sent = Message.objects.filter(state=State.SENT, kind=MessageKind.BIRTHDAY).exclude(sent_to="")
    twice = sent.values("sent_to").annotate(number=Count("pk")).filter(number__gt=1).count()
    return unkind + ([f"{twice} addresses were greeted twice"] if twice else [])


def _reminders(stage: Stage, number: int) -> list[int]:
    """So many were asked a week ago where today is a working day, and are reminded now."""
    at = clock.now()
    customers = stage.customers(number)
    today = clock.today(customers[0].time_zone, at)
    country = next(code for code in workdays.countries() if workdays.is_working_day(code, today))
    Customer.objects.filter(pk__in=[customer.pk for customer in customers]).update(country=country)
    survey = Survey.objects.first() or ask_for_recommendation("How was it?")
    asked = Invitation.objects.bulk_create(
        Invitation(survey=survey, contact=contact, customer=contact.customer, **_days(at))
        for contact in Contact.objects.filter(customer__in=customers).select_related("customer")
    )
    made = Message.objects.bulk_create(
        Message(
            occasion=f"reminder:{invitation.pk}:1",
            kind=MessageKind.REMINDER,
            customer=invitation.customer,
            contact=invitation.contact,
            invitation=invitation,
            due_at=at,
            dated_at=at,
            expires_at=at + timedelta(hours=8),
        )
        for invitation in asked
    )
    return [message.pk for message in made]


def _days(at: datetime) -> dict[str, datetime]:
    then = at - timedelta(days=7)
    return {"created_at": then, "send_at": then, "expires_at": at + timedelta(days=30)}


CASES: dict[str, Callable[[Stage], Result]] = {"they leave, answer, are erased or merged": happen}
