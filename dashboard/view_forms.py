"""The form of a saved view."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from dashboard.models import SavedView
from retention_crm.lib.form_base import CarefulForm, page_layout

if TYPE_CHECKING:
    _SavedViewModelForm = forms.ModelForm[SavedView]
else:
    _SavedViewModelForm = forms.ModelForm


class SavedViewForm(CarefulForm, _SavedViewModelForm):
    opens_first = forms.BooleanField(label=_("My list of customers opens with it"), required=False)

    class Meta:
        model = SavedView
        fields = ["name", "shared_with"]
        widgets = {"shared_with": forms.RadioSelect}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user.team_id is None:
            field = self.fields["shared_with"]
            assert isinstance(field, forms.ChoiceField)
            kept = {SavedView.Sharing.NOBODY.value, SavedView.Sharing.COMPANY.value, self.instance.shared_with}
            field.choices = [choice for choice in SavedView.Sharing.choices if choice[0] in kept]
        self.helper = page_layout("name", "shared_with", "opens_first")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        own = SavedView.objects.filter(owner=self.instance.owner, name=name).exclude(pk=self.instance.pk)
        if own.exists():
            raise ValidationError(_("You have a view of this name already. Choose another one."))
        return name
