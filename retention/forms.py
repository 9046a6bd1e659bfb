"""Forms for why a customer left."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Field
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.models import ContactQuerySet
from retention.models import Cause, Loss, MayCall
from retention.suspecting import Evidence
from retention_crm.lib.form_base import HALF, CarefulForm, DayInput, page_layout, row
from retention_crm.lib.form_fields import LineInput, NoteInput

if TYPE_CHECKING:
    _LossModelForm = forms.ModelForm[Loss]
else:
    _LossModelForm = forms.ModelForm

WORD_LIMIT = 200
NOTE_LIMIT = 2000
FURTHEST_CALL = timedelta(days=3653)


class CauseBoxes(forms.CheckboxSelectMultiple):
    """Causes to tick, with what speaks for each beside it."""

    facts: Evidence = {}

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        return option | {"facts": self.facts.get(Cause(str(option["value"])), [])}


class CauseChoice(forms.MultipleChoiceField):
    """Any number of causes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Cause.choices, required=False, widget=CauseBoxes(), **kwargs)

    def show(self, facts: Evidence) -> None:
        """Puts these facts beside the causes."""
        assert isinstance(self.widget, CauseBoxes)
        self.widget.facts = facts


class Causes(Field):  # type: ignore[misc]
    """The boxes of a choice of causes as the page shows them."""

    template = "includes/causes.html"


class LossForm(CarefulForm, _LossModelForm):
    """Why a customer left; everything may stay open, and be said later."""

    suspected = CauseChoice(label=gettext_lazy("What do we suspect?"))
    confirmed = forms.ChoiceField(
        label=gettext_lazy("What did they say themselves?"),
        choices=[("", gettext_lazy("Nothing yet")), *Cause.choices],
        required=False,
    )
    own_word = LineInput(
        label=gettext_lazy("In a word of your own"),
        limit=WORD_LIMIT,
        required=False,
    )
    competitor = LineInput(
        label=gettext_lazy("Whom did they go to?"),
        limit=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "known-competitors", "autocomplete": "off"}),
        help_text=gettext_lazy("A competitor, by name; what was named before is offered."),
    )
    note = NoteInput(
        label=gettext_lazy("What happened"),
        limit=NOTE_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What you would do otherwise the next time."),
    )

    class Meta:
        model = Loss
        fields = ["lost_on", "suspected", "confirmed", "said_by", "own_word", "competitor", "note"]
        labels = {"lost_on": gettext_lazy("When did they leave?"), "said_by": gettext_lazy("Who said it?")}
        widgets = {"lost_on": DayInput()}

    def __init__(
        self,
        *args: Any,
        contacts: ContactQuerySet,
        facts: Evidence,
        on: date,
        competitors: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.on, self.competitors = on, competitors
        causes, said_by = self.fields["suspected"], self.fields["said_by"]
        assert isinstance(causes, CauseChoice) and isinstance(said_by, forms.ModelChoiceField)
        causes.show(facts)
        said_by.queryset, said_by.empty_label = contacts, _("Nobody in particular")
        self.fields["lost_on"].required = False
        self.helper = page_layout(
            Field("lost_on"),
            Causes("suspected"),
            Field("confirmed"),
            Field("said_by"),
            Field("own_word"),
            Field("competitor"),
            Field("note"),
        )

    def clean_competitor(self) -> str:
        """In the spelling it was named by before, so that it is counted as one."""
        name: str = self.cleaned_data["competitor"]
        return next((known for known in self.competitors if known.casefold() == name.casefold()), name)

    def clean_lost_on(self) -> date:
        day: date = self.cleaned_data["lost_on"] or self.instance.lost_on
        if "lost_on" not in self.changed_data:
            return day
        if day > self.on:
            raise forms.ValidationError(_("This day is still to come. Mark them as lost when they have left."))
        if day < self.instance.customer.customer_since:
            raise forms.ValidationError(_("They were no customer yet on this day."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("said_by") and not cleaned.get("confirmed") and "confirmed" not in self.errors:
            self.add_error("confirmed", _("Say what they told you, or choose nobody."))
        return cleaned


class ExitForm(CarefulForm, _LossModelForm):
    """The last conversation with somebody who left; everything may stay open."""

    missed = NoteInput(
        label=gettext_lazy("What did you miss with us?"),
        limit=NOTE_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    back_if = NoteInput(
        label=gettext_lazy("What would bring you back?"),
        limit=NOTE_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    may_call = forms.ChoiceField(
        label=gettext_lazy("May we call you again?"),
        choices=[("", gettext_lazy("Not said")), *MayCall.choices],
        required=False,
    )

    class Meta:
        model = Loss
        fields = ["missed", "back_if", "may_call", "call_on"]
        labels = {"call_on": gettext_lazy("When?")}
        help_texts = {"call_on": gettext_lazy("Today proposes it on this day.")}
        widgets = {"call_on": DayInput()}

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        self.helper = page_layout(
            "missed", "back_if", row(Field("may_call", wrapper_class=HALF), Field("call_on", wrapper_class=HALF))
        )

    def clean_call_on(self) -> date | None:
        day: date | None = self.cleaned_data["call_on"]
        if day is None or "call_on" not in self.changed_data:
            return day
        if day < self.on:
            raise forms.ValidationError(_("This day has passed. Choose one that is still to come."))
        if day > self.on + FURTHEST_CALL:
            raise forms.ValidationError(_("This is more than ten years away. Check the year."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("call_on") and cleaned.get("may_call") == MayCall.NO:
            self.add_error("call_on", _("They do not want a call; empty the day, or say that we may."))
        return cleaned


class PeriodForm(forms.Form):
    """The days a report is about; without them the last year."""

    first = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayInput({"class": "form-control"}))
    last = forms.DateField(
        label=pgettext_lazy("the last day", "To"), required=False, widget=DayInput({"class": "form-control"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day lies before the first."))
        return cleaned
