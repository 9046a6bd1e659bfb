"""The form of what the company can do with its list of customers at risk."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy

from retention.models import ListRules
from retention_crm.lib.form_base import CarefulForm, page_layout

if TYPE_CHECKING:
    _ListRulesModelForm = forms.ModelForm[ListRules]
else:
    _ListRulesModelForm = forms.ModelForm


class ListRulesForm(CarefulForm, _ListRulesModelForm):
    class Meta:
        model = ListRules
        fields = ["weekly_capacity"]
        labels = {"weekly_capacity": gettext_lazy("Customers the team can care for in a week")}
        help_texts = {"weekly_capacity": gettext_lazy("Beside the daily work. Empty: five for each of the staff.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("weekly_capacity")
