"""What the demo's customers said: one correction of a recap waits, one was taken over, some promises are confirmed."""

from datetime import date, time, timedelta

from customers.models import Contact
from dashboard.demo.people import ZONE
from interactions.models import FollowUp
from outreach.agreeing import accept, correct
from outreach.models import Format, Message, MessageKind, ReaderFormat, RecapStyle, State
from retention_crm.lib import clock

_WAITS = "The delivery was to be free of charge this once."
_TAKEN_OVER = "We agreed on two pallets, not three."
_CONFIRMED = 6


def answer_as_customers(on: date) -> None:
    morning = clock.moment(on, time(7, 30), ZONE)
    recaps = Message.objects.filter(kind=MessageKind.RECAP, state=State.SENT, contact__isnull=False)
    shown = recaps.select_related("recap", "contact__customer__owner", "interaction__customer__owner")
    for recap, words in zip(shown.order_by("-finished_at", "pk")[:2], (_WAITS, _TAKEN_OVER), strict=False):
        said = correct(recap, words, at=morning)
        if said is not None and words == _TAKEN_OVER:
            accept(said, f"{recap.recap.text}\n\n{words}", by=said.customer.owner, at=morning + timedelta(minutes=20))
    _confirm(on)
    if first := shown.order_by("-finished_at", "pk").first():
        assert first.customer and first.contact
        headings = [("decisions", ""), ("promises", ""), ("next", ""), ("talked", "")]
        RecapStyle.objects.create(customer=first.customer, headings=headings)
        ReaderFormat.objects.create(contact=first.contact, format=Format.PDF)


def _confirm(on: date) -> None:
    """The last promises that were kept."""
    until = clock.moment(on, time(), ZONE)
    kept = FollowUp.objects.promises().filter(done_at__lt=until, is_released=False, customer__lost_on=None)
    for promise in kept.order_by("-done_at", "pk")[:_CONFIRMED]:
        main = Contact.objects.filter(customer=promise.customer_id, is_primary=True).first()
        if main is not None:
            promise.confirm(main, promise.done_at + timedelta(hours=1) if promise.done_at else until)
