"""Forms of the page about addresses nothing is sent to."""

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from outreach.assembling import deliverable
from retention_crm.lib.form_base import CarefulForm
from retention_crm.lib.form_fields import LineInput


class AddressForm(CarefulForm, forms.Form):
    """One address; whether it exists is not asked, only whether it could."""

    address = LineInput(
        label=_("E-mail address"),
        limit=254,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        validate_email(deliverable(address) or address)
        return address


class DecisionForm(AddressForm):
    """An address and why it is to be suppressed, or no longer."""

    reason = LineInput(
        label=_("Why"), limit=250, help_text=_("For example: she says that she has closed this mailbox.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].widget = forms.HiddenInput()
