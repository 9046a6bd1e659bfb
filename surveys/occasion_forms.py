"""The form of an occasion: after what a survey is asked, of whom, and how often it is brought to mind."""

from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Field
from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Segment
from retention_crm.lib.form_base import HALF, CarefulForm, page_layout, row
from surveys.models import MOST_DAYS, MOST_MONTHS, Occasion

if TYPE_CHECKING:
    _OccasionModelForm = forms.ModelForm[Occasion]
else:
    _OccasionModelForm = forms.ModelForm


class OccasionForm(CarefulForm, _OccasionModelForm):
    """Of the kind the instance has; what means nothing for it is left out."""

    number = forms.IntegerField(min_value=1)
    segments = forms.ModelMultipleChoiceField(
        Segment.objects.all(),
        label=gettext_lazy("Only these segments"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all customers."),
    )

    class Meta:
        model = Occasion
        fields = ["is_active", "delay_hours", "number", "segments", "sample_percent", "reminder_days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.instance.kind
        if self.instance.has_delay:
            del self.fields["number"]
        else:
            del self.fields["delay_hours"]
            self._limit_number(kind)
        if not Segment.objects.exists():
            del self.fields["segments"]
        halves = [Field(name, wrapper_class=HALF) for name in ("delay_hours", "number") if name in self.fields]
        halves.append(Field("sample_percent", wrapper_class=HALF))
        rest = [name for name in ("segments", "is_active") if name in self.fields]
        self.helper = page_layout(row(*halves), Field("reminder_days", wrapper_class=HALF), *rest)

    def _limit_number(self, kind: str) -> None:
        number = self.fields["number"]
        assert isinstance(number, forms.IntegerField)
        is_start = kind == Occasion.Kind.START
        most = MOST_DAYS if is_start else MOST_MONTHS
        number.label = _("Days after they became a customer") if is_start else _("Months between two times")
        number.help_text = (
            "" if is_start else _("Counted from the day they became a customer, so the mails are spread.")
        )
        number.validators.append(MaxValueValidator(most))
        number.widget.attrs["max"] = most
        if not self.instance.number:
            self.initial["number"] = 30 if is_start else 6
