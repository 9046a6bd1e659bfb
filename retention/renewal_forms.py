"""The form of a renewal, and what came of it."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Field
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from retention.models import Renewal, RenewalOutcome
from retention_crm.lib.form_base import HALF, CarefulForm, DayInput, page_layout, row
from retention_crm.lib.form_fields import AmountInput, LineInput

if TYPE_CHECKING:
    _RenewalModelForm = forms.ModelForm[Renewal]
else:
    _RenewalModelForm = forms.ModelForm

NOTE_LIMIT = 200
FURTHEST = timedelta(days=3653)


class RenewalForm(CarefulForm, _RenewalModelForm):
    """When what renews or ends, and what it is worth; of one that is known also what came of it."""

    note = LineInput(label=gettext_lazy("What it is"), limit=NOTE_LIMIT, required=False)
    value = AmountInput(label=gettext_lazy("Value of a year"), required=False)
    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it"),
        choices=[("", gettext_lazy("Nothing yet")), *RenewalOutcome.choices],
        required=False,
    )

    class Meta:
        model = Renewal
        fields = ["note", "due_on", "value", "outcome"]
        labels = {"due_on": gettext_lazy("Renews or ends on")}
        widgets = {"due_on": DayInput()}

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        if not self.instance.pk:
            del self.fields["outcome"]
        first = row(Field("due_on", wrapper_class=HALF), Field("value", wrapper_class=HALF))
        self.helper = page_layout("note", first, *(["outcome"] if self.instance.pk else []))

    def clean_due_on(self) -> date:
        day: date = self.cleaned_data["due_on"]
        if "due_on" not in self.changed_data and self.instance.pk:
            return day
        if day < self.on:
            raise forms.ValidationError(_("This day has passed. Choose one that is still to come."))
        if day > self.on + FURTHEST:
            raise forms.ValidationError(_("This is more than ten years away. Check the year."))
        return day

    def keep(self, *, by: User, at: datetime) -> Renewal:
        """Saves it; who says what came of it stands beside it."""
        renewal = self.instance
        if renewal.is_open:
            renewal.decided_by = renewal.decided_at = None
        elif "outcome" in self.changed_data:
            renewal.decided_by, renewal.decided_at = by, at
        renewal.save()
        return renewal
