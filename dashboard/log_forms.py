"""What is filled in to log something: what happened, what follows, and what they wish, checked and saved as one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.forms import BaseForm
from django.http import QueryDict

from accounts.models import User
from customers.models import Contact, Customer
from interactions.arranging import settle
from interactions.check_in_forms import CheckInForm
from interactions.forms import InteractionForm, NextStepForm
from interactions.logging import Logged, log_once
from interactions.models import CheckInAnswer, Interaction, Kind, Meeting, Outcome
from interactions.wish_forms import SaidWishForm
from retention.scoring import rescore
from retention_crm.lib import text


def _planned(written: str, customer: Customer) -> Meeting | None:
    """The meeting this is about; none if somebody else said how it went meanwhile."""
    wanted = text.row_id(written)
    return Meeting.objects.planned().filter(pk=wanted, customer=customer).first() if wanted else None


def _known_of(meeting: Meeting, *, at: datetime) -> dict[str, Any]:
    """What a form begins with that says how a planned meeting went; its agenda is what there is to write beside."""
    guest = meeting.guests.order_by("-contact__is_primary", "contact__name", "pk").first()
    known = {"kind": Kind.MEETING, "happened_at": min(meeting.starts_at, at), "notes": meeting.agenda}
    return known | ({"contact": guest.contact_id} if guest else {})


@dataclass(frozen=True)
class LogForms:
    customer: Customer
    interaction: InteractionForm
    said: SaidWishForm
    next_step: NextStepForm
    check_in: CheckInForm
    meeting: Meeting | None = None

    @classmethod
    def about(
        cls,
        customer: Customer,
        data: QueryDict | None,
        *,
        user: User,
        at: datetime,
        contacts: Sequence[Contact],
        chosen: QueryDict | None = None,
        written_at: datetime | None = None,
    ) -> Self:
        """`written_at`, if that was not now, is when “tomorrow” was said. `chosen` are the kind and the outcome that
        are ticked if nothing was sent yet, and the planned meeting that this became.
        """
        chosen = QueryDict() if chosen is None else chosen
        meeting = _planned(chosen.get("meeting", ""), customer)
        main = next((contact for contact in contacts if contact.is_primary), None)
        initial: dict[str, Any] = {"contact": main and main.pk}
        for name, choices in (("kind", Kind.values), ("outcome", Outcome.values)):
            if chosen.get(name) in choices:
                initial[name] = chosen[name]
        if meeting is not None:
            initial |= _known_of(meeting, at=at)
        currency = user.company.currency
        return cls(
            customer,
            InteractionForm(
                data, user=user, customer=customer, contacts=contacts, at=at, currency=currency, initial=initial
            ),
            SaidWishForm(data, customer=customer, contact=main),
            NextStepForm(data, user=user, at=written_at or at),
            CheckInForm.about(customer, data),
            meeting,
        )

    def __iter__(self) -> Iterator[BaseForm]:
        yield from (self.interaction, self.said, self.next_step, self.check_in)

    def are_valid(self) -> bool:
        """All are checked, so that all messages show at once."""
        valid = [form.is_valid() for form in self]
        return all(valid)

    def save(self, user: User, *, at: datetime) -> Logged:
        """Once for each `log_key`; only if all are valid."""
        happened = self.interaction.save(commit=False)
        wish = self.said.wish(happened, by=user)
        return log_once(
            happened,
            by=user,
            at=at,
            next_step=self.next_step.follow_up(),
            wish=wish,
            also=lambda: self._also(happened, user, at),
        )

    def _also(self, happened: Interaction, user: User, at: datetime) -> None:
        if answers := self.check_in.answers(happened):
            CheckInAnswer.objects.bulk_create(answers)
        if self.meeting is not None:
            settle(self.meeting.pk, happened)
        rescore([self.customer.pk], at=at, company=user.company)

    def complaints(self) -> list[str]:
        """What is wrong, each with the name of its field, for where the form itself is not at hand."""
        return [
            f"{form.fields[name].label}: {message}" if form.fields[name].label else str(message)
            for form in self
            for name, messages in form.errors.items()
            for message in messages
        ]
