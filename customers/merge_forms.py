"""What stays when two rows become one."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.comparing import BOTH, KEPT, LOST, Choice, compare
from customers.models import Contact, Customer
from retention_crm.lib.form_base import CarefulForm


class MergeForm(CarefulForm, forms.Form):
    """One choice for each thing the two say differently; without any, what is said of the first stays."""

    def __init__(self, *args: Any, kept: Contact | Customer, lost: Contact | Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = compare(kept, lost)
        self.differing = [choice for choice in found if choice.differs]
        self.same = [choice for choice in found if not choice.differs]
        for choice in self.differing:
            self.fields[choice.name] = _field(choice)

    def rows(self) -> Iterator[tuple[Choice, BoundField]]:
        """The choices in their order, each with its radio buttons: first what is kept, then the other."""
        for choice in self.differing:
            yield choice, self[choice.name]

    @property
    def picks(self) -> dict[str, str]:
        return {name: pick for name, pick in self.cleaned_data.items() if pick}


def _field(choice: Choice) -> forms.ChoiceField:
    nothing = _("nothing")
    sides = [(KEPT, choice.kept or nothing), (LOST, choice.lost or nothing)]
    return forms.ChoiceField(
        label=choice.label,
        choices=[*sides, (BOTH, _("Both, one after the other"))] if choice.may_be_both else sides,
        initial=choice.default,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("Choose one of the two.")},
    )
