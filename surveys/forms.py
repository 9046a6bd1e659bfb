"""Forms of the answering page and of the surveys themselves."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from retention_crm.lib import text
from surveys.models import Survey

if TYPE_CHECKING:
    _SurveyModelForm = forms.ModelForm[Survey]
else:
    _SurveyModelForm = forms.ModelForm

COMMENT_LENGTH = 5000
SCORES = [(str(score), str(score)) for score in range(11)]


class CommentField(forms.CharField):
    """A text of several lines, as it will be stored."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return text.clean(super().to_python(value) or "")


class AnswerForm(forms.Form):
    score = forms.ChoiceField(
        choices=SCORES,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a number from 0 to 10."),
            "invalid_choice": _("Choose a number from 0 to 10."),
        },
    )
    comment = CommentField(
        required=False,
        # No max_length, which would have browsers cut off what is pasted without a word.
        validators=[
            MaxLengthValidator(
                COMMENT_LENGTH,
                message=ngettext_lazy(
                    "At most %(limit_value)d character; these are %(show_value)d. Nothing is lost, shorten it here.",
                    "At most %(limit_value)d characters; these are %(show_value)d. Nothing is lost, shorten it here.",
                    "limit_value",
                ),
            )
        ],
    )

    def clean_score(self) -> int:
        return int(self.cleaned_data["score"])


class SurveyForm(_SurveyModelForm):
    class Meta:
        model = Survey
        fields = ["name", "question", "comment_question", "thanks", "is_active"]
        widgets = {"thanks": forms.Textarea(attrs={"rows": 3})}
