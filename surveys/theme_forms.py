"""Forms of themes: a theme with its words, and the themes of an answer."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention_crm.lib.form_base import CarefulForm, page_layout
from surveys.models import Theme
from surveys.theming import MOST_THEMES

if TYPE_CHECKING:
    _ThemeModelForm = forms.ModelForm[Theme]
else:
    _ThemeModelForm = forms.ModelForm


class ThemeForm(CarefulForm, _ThemeModelForm):
    class Meta:
        model = Theme
        fields = ["name", "words"]
        widgets = {"words": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("name", "words")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance._state.adding and Theme.objects.count() >= MOST_THEMES:
            raise forms.ValidationError(
                _("There may be %(most)d themes. Take one away first."), params={"most": MOST_THEMES}
            )
        return cleaned


class AnswerThemesForm(CarefulForm, forms.Form):
    themes = forms.ModelMultipleChoiceField(
        Theme.objects.all(), label=gettext_lazy("It is about"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("themes")
