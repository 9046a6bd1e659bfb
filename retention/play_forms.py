"""Forms of plays with their steps."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Field, Fieldset
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.forms import CauseChoice, Causes
from retention.models import Cause, Play, PlayStep
from retention_crm.lib.form_base import HALF, CarefulForm, page_layout, row
from retention_crm.lib.form_fields import AmountInput, LineInput, NoteInput

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

    is_automatic = forms.BooleanField(
        label=gettext_lazy("Make this the plan of whoever turns red from now on"),
        required=False,
        help_text=gettext_lazy("Once for each time, if what stands below fits them and they have no plan."),
    )
    value_from = AmountInput(label=gettext_lazy("Only if they bought in the last year for at least"), required=False)

    class Meta:
        model = Play
        fields = [
            *("name", "causes", "offer"),
            *("waits_for_approval", "for_segment", "for_cause", "value_from", "held_out_every"),
        ]
        labels = {
            "waits_for_approval": gettext_lazy("Plans from this play wait for the approval of a manager"),
            "for_segment": gettext_lazy("Only in the segment"),
            "for_cause": gettext_lazy("Only if the history speaks for"),
            "held_out_every": gettext_lazy("Leave out one customer in"),
        }
        help_texts = {
            "held_out_every": gettext_lazy(
                "Drawn by lot, 2 to 100: they get no plan by rule, so that it can be seen on “Save odds” what the play"
                " is worth. Anybody may still begin a plan for them. Empty: nobody is left out."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_automatic"].initial = self.instance.is_automatic
        segment, cause = self.fields["for_segment"], self.fields["for_cause"]
        assert isinstance(segment, forms.ModelChoiceField) and isinstance(cause, forms.TypedChoiceField)
        segment.empty_label = gettext_lazy("Any segment")
        cause.choices = [("", gettext_lazy("Any cause")), *Cause.choices]
        self.helper = page_layout(
            "name",
            Causes("causes"),
            "offer",
            "waits_for_approval",
            Fieldset(
                gettext_lazy("By rule"),
                "is_automatic",
                row(Field("for_segment", wrapper_class=HALF), Field("for_cause", wrapper_class=HALF)),
                row(Field("value_from", wrapper_class=HALF), Field("held_out_every", wrapper_class=HALF)),
            ),
        )

    def keep(self, *, at: datetime) -> Play:
        """Saves it; switched on anew it is for who turns red from that moment on. Only for a valid form."""
        if not self.cleaned_data["is_automatic"]:
            self.instance.automatic_since = None
        elif self.instance.automatic_since is None:
            self.instance.automatic_since = at
        return self.save()

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
