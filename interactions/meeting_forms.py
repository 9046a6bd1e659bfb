"""The forms of a planned meeting: what, when, where and with whom, and that it is off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from customers.models import Contact, Customer
from interactions.forms import FURTHEST_DUE
from interactions.models import Meeting
from retention_crm.lib import clock
from retention_crm.lib.form_base import CarefulForm
from retention_crm.lib.form_fields import LineInput, MomentInput, NoteInput

SHORTEST, LONGEST = 5, 24 * 60


class MeetingForm(CarefulForm, forms.Form):
    """A meeting with a customer, by the customer's clock. `contacts` are those who may take part.

    `why_no_mail` says of those who can not be written to (by their ids) why. `key` makes one meeting of it however
    often the form of a new one is sent.
    """

    title = LineInput(
        label=gettext_lazy("What is it about?"),
        limit=200,
        error_messages={"required": gettext_lazy("Say in a few words what it is about.")},
    )
    starts_at = MomentInput(
        label=gettext_lazy("When"), error_messages={"required": gettext_lazy("Say on which day and at what time.")}
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        min_value=SHORTEST,
        max_value=LONGEST,
        initial=60,
        widget=forms.NumberInput(attrs={"step": 5, "inputmode": "numeric"}),
    )
    place = LineInput(label=gettext_lazy("Place or link"), limit=500, required=False)
    agenda = NoteInput(
        label=gettext_lazy("Agenda"),
        limit=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        help_text=gettext_lazy("A line for each point. Who is invited reads it."),
    )
    contacts = forms.ModelMultipleChoiceField(
        Contact.objects.none(),
        label=gettext_lazy("Who takes part"),
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("Choose from the contacts of this customer."),
            "invalid_pk_value": gettext_lazy("Choose from the contacts of this customer."),
        },
    )
    invite = forms.BooleanField(label=gettext_lazy("Invite them by mail"), required=False)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        customer: Customer,
        user: User,
        contacts: Sequence[Contact],
        why_no_mail: dict[int, str],
        at: datetime,
        meeting: Meeting | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.customer, self.meeting, self.at = customer, meeting, at
        self.known = {contact.pk: contact for contact in contacts}
        self.why_no_mail = why_no_mail
        starts_at, people = self.fields["starts_at"], self.fields["contacts"]
        assert isinstance(starts_at, MomentInput) and isinstance(people, forms.ModelMultipleChoiceField)
        starts_at.zone_name = customer.time_zone
        starts_at.help_text = _("By their clock: %(zone)s.") % {"zone": clock.zone_label(customer.time_zone)}
        if user.time_zone != customer.time_zone:
            starts_at.help_text += " " + _("Yours is %(zone)s.") % {"zone": clock.zone_label(user.time_zone)}
        people.queryset = Contact.objects.filter(pk__in=self.known)

    def clean_key(self) -> Any:
        """One that another customer's meeting has already was not made for this form."""
        key = self.cleaned_data["key"]
        if key and Meeting.objects.filter(uid=key).exclude(customer=self.customer).exists():
            raise forms.ValidationError(_("This form had lost its number. Look it over and save again."))
        return key

    def clean_starts_at(self) -> datetime:
        moment: datetime = self.cleaned_data["starts_at"]
        is_moved = self.meeting is None or moment != self.meeting.starts_at
        if is_moved and moment < self.at:
            raise forms.ValidationError(_("This time has passed. Choose one that is still to come."))
        if moment > self.at + FURTHEST_DUE:
            raise forms.ValidationError(_("This is more than ten years away. Choose an earlier day."))
        return moment

    def clean_contacts(self) -> list[Contact]:
        return [self.known[contact.pk] for contact in self.cleaned_data["contacts"]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("invite") and not self.errors:
            self._check_invited(cleaned["contacts"])
        return cleaned

    def _check_invited(self, contacts: list[Contact]) -> None:
        if not contacts:
            self.add_error("contacts", _("Choose who is to be invited, or untick that they are invited by mail."))
        elif not self.invited():
            self.add_error("invite", [self.why_no_mail[contact.pk] for contact in contacts])
        elif self.cleaned_data["starts_at"] < self.at:
            self.add_error("invite", _("The meeting has begun already; it is too late to invite to it."))

    def invited(self) -> list[Contact]:
        """Those who take part and can be written to. Only for a valid form."""
        chosen: list[Contact] = self.cleaned_data["contacts"]
        return [contact for contact in chosen if not self.why_no_mail.get(contact.pk)]

    def fields_of_the_meeting(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("title", "agenda", "place", "starts_at", "minutes")}


class CallOffForm(CarefulForm, forms.Form):
    """Why a meeting does not take place; ours to know, nobody outside reads it."""

    because = LineInput(
        label=gettext_lazy("Why"),
        limit=300,
        required=False,
        help_text=gettext_lazy("For us; it does not stand in the mail."),
    )
    tell = forms.BooleanField(label=gettext_lazy("Tell those who were invited"), required=False)
