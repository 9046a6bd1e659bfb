"""Forms for why a customer left."""

from datetime import date
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Field
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.models import ContactQuerySet
from retention.models import Cause, Loss
from retention.suspecting import Evidence
from retention_crm.lib.form_base import CarefulForm, DayInput, page_layout
from retention_crm.lib.form_fields import LineInput, NoteInput

if TYPE_CHECKING:
    _LossModelForm = forms.ModelForm[Loss]
else:
    _LossModelForm = forms.ModelForm

WORD_LIMIT = 200
NOTE_LIMIT = 2000


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
        help_text=gettext_lazy("For example the name of the competitor."),
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
        fields = ["lost_on", "suspected", "confirmed", "said_by", "own_word", "note"]
        labels = {"lost_on": gettext_lazy("When did they leave?"), "said_by": gettext_lazy("Who said it?")}
        widgets = {"lost_on": DayInput()}

    def __init__(self, *args: Any, contacts: ContactQuerySet, facts: Evidence, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
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
            Field("note"),
        )

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
