"""The form of the questions to ask, and the one in which they are written."""

from typing import TYPE_CHECKING, Any, Self

from crispy_forms.layout import Field
from django import forms
from django.http import QueryDict

from customers.models import Customer
from interactions.forms import PLAIN
from interactions.models import CheckInAnswer, CheckInQuestion, Interaction
from retention_crm.lib.form_base import page_layout
from retention_crm.lib.form_fields import LineInput

if TYPE_CHECKING:
    _QuestionForm = forms.ModelForm[CheckInQuestion]
else:
    _QuestionForm = forms.ModelForm

PREFIX = "check_"
_LONGEST = 500


class CheckInForm(forms.Form):
    """A line for each question; what is left empty was not asked, or not answered."""

    def __init__(self, *args: Any, questions: list[CheckInQuestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = {f"{PREFIX}{question.pk}": question for question in questions}
        for name, question in self.questions.items():
            self.fields[name] = LineInput(label=question.text, limit=_LONGEST, required=False)
        self.helper = page_layout(*(Field(name, template=PLAIN) for name in self.questions))

    @classmethod
    def about(cls, customer: Customer, data: QueryDict | None) -> Self:
        """The questions are looked up only if any was sent: the panel fetches them when somebody wants to ask."""
        is_sent = data is not None and any(name.startswith(PREFIX) for name in data)
        questions = list(CheckInQuestion.objects.for_segment(customer.segment_id)) if is_sent else []
        return cls(data, questions=questions)

    def answers(self, interaction: Interaction) -> list[CheckInAnswer]:
        """What was said, to be saved with the interaction. Only for a valid form."""
        return [
            CheckInAnswer(interaction=interaction, question=question, text=self.cleaned_data[name])
            for name, question in self.questions.items()
            if self.cleaned_data[name]
        ]


class CheckInQuestionForm(_QuestionForm):
    class Meta:
        model = CheckInQuestion
        fields = ["text", "segment", "position", "is_asked"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            del self.fields["is_asked"]
        self.helper = page_layout(*self.fields)
