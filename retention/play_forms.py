"""Forms of plays with their steps."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.forms import CauseChoice, Causes
from retention.models import Play, PlayStep
from retention_crm.lib.form_base import CarefulForm, page_layout
from retention_crm.lib.form_fields import LineInput, NoteInput

if TYPE_CHECKING:
    _PlayModelForm = forms.ModelForm[Play]
    _StepModelForm = forms.ModelForm[PlayStep]
    _StepFormSet = forms.BaseInlineFormSet[PlayStep, Play, forms.ModelForm[PlayStep]]
else:
    _PlayModelForm = _StepModelForm = forms.ModelForm
    _StepFormSet = forms.BaseInlineFormSet

MOST_STEPS = 12
EMPTY_STEPS = 3


class PlayForm(CarefulForm, _PlayModelForm):
    name = LineInput(label=gettext_lazy("Name"), limit=120)
    causes = CauseChoice(label=gettext_lazy("What does it help against?"))
    offer = NoteInput(
        label=gettext_lazy("What we offer"), limit=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    class Meta:
        model = Play
        fields = ["name", "causes", "offer"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("name", Causes("causes"), "offer")

    def clean_causes(self) -> list[str]:
        causes: list[str] = self.cleaned_data["causes"]
        if not causes:
            raise forms.ValidationError(_("Tick at least one cause."))
        return causes


class PlayStepForm(CarefulForm, _StepModelForm):
    title = LineInput(label=gettext_lazy("What is to be done"), limit=200)

    class Meta:
        model = PlayStep
        fields = ["title", "after_days", "doer"]
        labels = {"after_days": gettext_lazy("Days from the start"), "doer": gettext_lazy("Who does it")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name == "doer" else "form-control"


class BasePlaySteps(_StepFormSet):
    """The steps of a play, with empty rows for more."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Take out")
        form.fields["DELETE"].widget.attrs["class"] = "form-check-input"


PlaySteps = forms.inlineformset_factory(
    Play,
    PlayStep,
    form=PlayStepForm,
    formset=BasePlaySteps,
    extra=EMPTY_STEPS,
    max_num=MOST_STEPS,
    absolute_max=MOST_STEPS + EMPTY_STEPS,
    validate_max=True,
    can_delete=True,
)
