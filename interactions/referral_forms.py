"""The form of a credit: what a customer got for bringing another one."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, Perk
from interactions.models import Interaction, Kind
from retention_crm.lib import dates, text
from retention_crm.lib.form_base import CarefulForm, page_layout

if TYPE_CHECKING:
    _GestureField = forms.ModelChoiceField[Interaction]
else:
    _GestureField = forms.ModelChoiceField


class GestureChoice(_GestureField):
    """Gestures by their day and what was noted of them."""

    def label_from_instance(self, obj: Any) -> str:
        said = filter(None, (dates.write(obj.day, "day"), obj.get_gesture_kind_display(), text.excerpt(obj.notes, 60)))
        return " · ".join(map(str, said))


class CreditForm(CarefulForm, forms.Form):
    """One perk or one gesture of the referrer that is the thanks for `brought`; neither takes the credit back."""

    perk = forms.ModelChoiceField(Perk.objects.none(), label=gettext_lazy("Perk"), required=False)
    gesture = GestureChoice(Interaction.objects.none(), label=gettext_lazy("Gesture"), required=False)

    def __init__(self, *args: Any, brought: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.brought = brought
        referrer = brought.referred_by_id
        perks = Perk.objects.standing().filter(customer=referrer)
        gestures = Interaction.objects.filter(customer=referrer, kind=Kind.GESTURE)
        for name, rows, chosen in (
            ("perk", perks, brought.credit_perks.first()),
            ("gesture", gestures, brought.credit_gestures.first()),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows
            field.empty_label = _("None")
            field.initial = chosen
        self.helper = page_layout("perk", "gesture")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("perk") and cleaned.get("gesture"):
            self.add_error("gesture", _("One of the two is enough; choose the perk or the gesture."))
        return cleaned

    def keep(self) -> None:
        """What is chosen is the credit, and nothing else is."""
        self.brought.credit_perks.update(credit_for=None)
        self.brought.credit_gestures.update(credit_for=None)
        for name in ("perk", "gesture"):
            if row := self.cleaned_data[name]:
                row.credit_for = self.brought
                row.save(update_fields=["credit_for"])
