"""Forms of perks."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Field
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from customers.models import Perk, PerkKind, Segment
from retention_crm.lib.form_base import HALF, CarefulForm, DayInput, page_layout, row
from retention_crm.lib.form_fields import AmountInput, LineInput

if TYPE_CHECKING:
    _PerkModelForm = forms.ModelForm[Perk]
else:
    _PerkModelForm = forms.ModelForm

FURTHEST = timedelta(days=3653)


class PerkForm(CarefulForm, _PerkModelForm):
    """What a customer gets, what it is worth, and until when."""

    words = LineInput(label=gettext_lazy("What they get"), limit=200)
    value = AmountInput(label=gettext_lazy("Worth"), required=False)

    class Meta:
        model = Perk
        fields = ["kind", "words", "value", "expires_on"]
        labels = {"kind": gettext_lazy("Kind"), "expires_on": gettext_lazy("Until")}
        widgets = {"expires_on": DayInput()}

    def __init__(self, *args: Any, on: date, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        self.fields["value"].label = _("Worth, in %(currency)s") % {"currency": currency}
        self.helper = page_layout(
            *("kind", "words"), row(Field("value", wrapper_class=HALF), Field("expires_on", wrapper_class=HALF))
        )

    def clean_expires_on(self) -> date | None:
        day: date | None = self.cleaned_data["expires_on"]
        if day is None or "expires_on" not in self.changed_data:
            return day
        if day < self.on:
            raise forms.ValidationError(_("This day has passed. Choose one that is still to come."))
        if day > self.on + FURTHEST:
            raise forms.ValidationError(_("This is more than ten years away. Check the year."))
        return day


class SegmentPerkForm(PerkForm):
    """The same for each customer of a segment."""

    segment = forms.ModelChoiceField(Segment.objects.all(), label=gettext_lazy("Segment"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper.layout.insert(0, "segment")


class PerkFilter(forms.Form):
    """Which perks are shown."""

    SHOWN = (
        ("open", gettext_lazy("Can be used")),
        ("expiring", gettext_lazy("End soon")),
        ("used", gettext_lazy("Used")),
        ("expired", gettext_lazy("Ended unused")),
        ("withdrawn", gettext_lazy("Taken back")),
    )
    show = forms.ChoiceField(label=gettext_lazy("Show"), choices=[("", gettext_lazy("All")), *SHOWN], required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("", gettext_lazy("All")), *PerkKind.choices], required=False
    )
    segment = forms.ModelChoiceField(
        Segment.objects.all(), label=gettext_lazy("Segment"), required=False, empty_label=gettext_lazy("All")
    )
    owner = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Owner"), required=False, empty_label=gettext_lazy("All")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = User.objects.get_queryset().active()
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"
