"""The form for what somebody thinks of a customer beside all that is counted."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.models import Judgement
from retention.models.health import LONGEST_REASON
from retention_crm.lib.form_base import CarefulForm, page_layout
from retention_crm.lib.form_fields import LineInput

if TYPE_CHECKING:
    _JudgementModelForm = forms.ModelForm[Judgement]
else:
    _JudgementModelForm = forms.ModelForm

CHOICES = [
    (10, gettext_lazy("much better than it looks (+10)")),
    (5, gettext_lazy("better than it looks (+5)")),
    (0, gettext_lazy("as it looks")),
    (-5, gettext_lazy("worse than it looks (−5)")),
    (-10, gettext_lazy("much worse than it looks (−10)")),
]


class JudgementForm(CarefulForm, _JudgementModelForm):
    """By how many points, and why; or that they said they leave."""

    points = forms.TypedChoiceField(
        label=gettext_lazy("It stands"), choices=CHOICES, coerce=int, initial=0, widget=forms.RadioSelect()
    )
    reason = LineInput(label=gettext_lazy("Why"), limit=LONGEST_REASON)

    class Meta:
        model = Judgement
        fields = ["points", "is_leaving", "reason"]
        labels = {"is_leaving": gettext_lazy("They have said that they want to leave")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("points", "is_leaving", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("points") == 0 and not cleaned.get("is_leaving"):
            self.add_error("points", _("Choose better or worse; where it stands as it looks there is nothing to add."))
        return cleaned
