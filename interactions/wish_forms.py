"""Forms for what a customer would like: beside an interaction, by itself, and when something came of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Div, Field
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from customers.models import Contact, ContactQuerySet, Customer
from interactions.forms import CHECK, PLAIN, Chips
from interactions.models import CLOSED, Interaction, Wish, WishState
from retention_crm.lib.form_base import page_layout
from retention_crm.lib.form_fields import LineInput, NoteInput

if TYPE_CHECKING:
    _WishModelForm = forms.ModelForm[Wish]
else:
    _WishModelForm = forms.ModelForm

TEXT_LIMIT = 300
OUTCOME_LIMIT = 1000


def _may_be_told(contact: Contact | None, customer: Customer) -> bool:
    """Whether it makes sense to promise them a mail."""
    if contact is None or customer.do_not_contact or customer.is_lost:
        return False
    return bool(contact.email) and not contact.do_not_contact and not contact.deceased


class SaidWishForm(forms.Form):
    """What they wish, in the form of an interaction; nothing written means none. `contact` is who is asked first."""

    wish_text = LineInput(
        label=gettext_lazy("They wish …"),
        limit=TEXT_LIMIT,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("for example: invoices by e-mail")}),
    )
    wish_tell = forms.BooleanField(label=gettext_lazy("Tell them when it is done"), required=False)

    def __init__(self, *args: Any, customer: Customer, contact: Contact | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"wish_tell": _may_be_told(contact, customer), **self.initial}
        self.helper = page_layout(
            Field("wish_text", template=PLAIN), Div(Field("wish_tell", template=CHECK), css_class="only-wish")
        )

    def wish(self, interaction: Interaction, *, by: User) -> Wish | None:
        """What to save beside the interaction. Only for a valid form."""
        if not self.cleaned_data["wish_text"]:
            return None
        return Wish(
            customer=interaction.customer,
            contact=interaction.contact,
            text=self.cleaned_data["wish_text"],
            said_at=interaction.happened_at,
            noted_by=by,
            wants_answer=self.cleaned_data["wish_tell"],
        )


class WishForm(_WishModelForm):
    """A wish by itself; `contacts` are those who may have said it."""

    text = LineInput(label=gettext_lazy("What do they wish?"), limit=TEXT_LIMIT)

    class Meta:
        model = Wish
        fields = ["text", "contact", "wants_answer"]
        labels = {"wants_answer": gettext_lazy("Tell them when it is done")}

    def __init__(self, *args: Any, contacts: ContactQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customer = self.instance.customer
        field = self.fields["contact"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = contacts, _("Nobody in particular")
        first = self.instance.contact or next((contact for contact in contacts if contact.is_primary), None)
        self.initial.update(contact=first and first.pk, wants_answer=_may_be_told(first, customer))
        self.helper = page_layout(Field("text"), Field("contact"), Field("wants_answer"))


class DecisionForm(forms.Form):
    """What becomes of something that was wished for, and whether those concerned are told by mail."""

    state = forms.ChoiceField(
        label=gettext_lazy("What became of it?"),
        choices=[(state, state.label) for state in (WishState.PLANNED, *CLOSED)],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what became of it.")},
    )
    outcome = NoteInput(
        label=gettext_lazy("In a sentence"),
        limit=OUTCOME_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What was done, or why not. Who is told reads it as it stands here."),
    )
    tell = forms.BooleanField(required=False)

    def ask(self, tell: str) -> None:
        """Lays the form out; `tell` is the label of the question whether to tell them, and empty if nobody can be."""
        rows: list[Any] = [Chips("state"), Field("outcome")]
        if tell:
            self.fields["tell"].label = tell
            rows.append(Div(Field("tell"), css_class="only-closed"))
        else:
            del self.fields["tell"]
        self.helper = page_layout(*rows)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("state") in CLOSED and not cleaned.get("outcome", "").strip() and "outcome" not in self.errors:
            is_done = cleaned["state"] == WishState.DONE
            self.add_error("outcome", _("Say what was done.") if is_done else _("Say why not."))
        return cleaned

    @property
    def becomes(self) -> WishState:
        """Only of a valid form."""
        return WishState(self.cleaned_data["state"])


class WishOutcomeForm(DecisionForm):
    """What becomes of a wish; `reader` is who can be told of it, if there is anybody."""

    def __init__(self, *args: Any, wish: Wish, reader: Contact | None, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wish, self.at = wish, at
        chosen = WishState.DONE if wish.is_open else wish.state
        self.initial = {"state": chosen, "outcome": wish.outcome, "tell": wish.wants_answer, **self.initial}
        self.ask(_("Tell %(name)s by mail") % {"name": reader.addressed_as} if reader else "")

    def save(self, *, by: User) -> bool:
        """False if somebody else closed it meanwhile."""
        given, state = self.cleaned_data, self.becomes
        # That something is planned says nothing about whether they want to know.
        tell = given.get("tell", False) if state in CLOSED else self.wish.wants_answer
        return self.wish.decide(state, given["outcome"], tell=tell, by=by, at=self.at)
