"""What is to be done with many customers."""

from typing import Any

from crispy_forms.layout import Div, Field
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from customers.models import Segment, Tag
from dashboard.models import BulkChange
from interactions.scheduling import END_OF_WORK
from retention_crm.lib import clock
from retention_crm.lib.form_base import CarefulForm, DayInput, page_layout
from retention_crm.lib.form_fields import LineInput
from surveys.models import Survey

Action = BulkChange.Action
# What each action needs to be told.
_NEEDS = {
    Action.OWNER: ("owner", "introduce"),
    Action.SEGMENT: ("segment",),
    Action.ADD_TAG: ("new_tag",),
    Action.REMOVE_TAG: ("tag",),
    Action.FOLLOW_UP: ("title", "due_on"),
    Action.SURVEY: ("survey",),
}


class BulkForm(CarefulForm, forms.Form):
    """One action, and what it sets; the fields of the others do not matter."""

    action = forms.ChoiceField(
        label=gettext_lazy("What to do"), choices=Action.choices, widget=forms.RadioSelect, initial=Action.OWNER
    )
    owner = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Who looks after them"), required=False)
    introduce = forms.BooleanField(
        label=gettext_lazy("Introduce the new owner by mail"),
        required=False,
        help_text=gettext_lazy(
            "One mail to each contact, at the next hour of greetings; taking the change back before stops it."
        ),
    )
    segment = forms.ModelChoiceField(Segment.objects.all(), label=gettext_lazy("Segment"), required=False)
    new_tag = LineInput(label=gettext_lazy("Tag to add"), limit=40, required=False)
    tag = forms.ModelChoiceField(Tag.objects.all(), label=gettext_lazy("Tag to take away"), required=False)
    title = LineInput(label=gettext_lazy("What is to be done"), limit=200, required=False)
    due_on = forms.DateField(label=gettext_lazy("By when"), widget=DayInput(), required=False)
    survey = forms.ModelChoiceField(
        Survey.objects.in_use(),
        label=gettext_lazy("Survey"),
        required=False,
        help_text=gettext_lazy("Next you see how many are asked, and how many not and why."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.actions = list(Action.choices)
        owners = self.fields["owner"]
        assert isinstance(owners, forms.ModelChoiceField)
        owners.queryset = User.objects.get_queryset().colleagues_of(user)
        self.fields["introduce"].initial = user.company.introduces_owners
        self.fields["new_tag"].widget.attrs["list"] = "known-tags"
        if not Tag.objects.exists():
            self._leave_out(Action.REMOVE_TAG)
        if not Survey.objects.in_use().exists():
            self._leave_out(Action.SURVEY)
        parts = (Div(*(Field(n) for n in names if n in self.fields), data_for=key) for key, names in _NEEDS.items())
        self.helper = page_layout("action", *parts)

    def _leave_out(self, action: str) -> None:
        """There is nothing it could be done with."""
        for name in _NEEDS[Action(action)]:
            del self.fields[name]
        actions = self.fields["action"]
        assert isinstance(actions, forms.ChoiceField)
        self.actions = [choice for choice in self.actions if choice[0] != action]
        actions.choices = self.actions

    def clean_due_on(self) -> Any:
        day = self.cleaned_data["due_on"]
        if day and day < self.user.today():
            raise ValidationError(_("Choose a day that is still to come."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in _NEEDS.get(Action(cleaned["action"]), ()) if cleaned.get("action") else ():
            if not cleaned.get(name) and name not in self.errors and name != "introduce":
                self.add_error(name, _("This is needed for it."))
        return cleaned

    def parameters(self) -> dict[str, Any]:
        """What the change has to know, as JSON; makes the tag where it is a new one."""
        given = self.cleaned_data
        match given["action"]:
            case Action.OWNER:
                return {"id": given["owner"].pk, "introduce": given["introduce"]}
            case Action.SEGMENT:
                return {"id": given["segment"].pk}
            case Action.ADD_TAG:
                (tag,) = Tag.objects.named([given["new_tag"]])
                return {"id": tag.pk}
            case Action.REMOVE_TAG:
                return {"id": given["tag"].pk}
            case Action.SURVEY:
                return {"id": given["survey"].pk}
        due_at = clock.moment(given["due_on"], END_OF_WORK, self.user.time_zone)
        return {"title": given["title"], "due_at": due_at.isoformat()}

    def words(self) -> str:
        """What is done, for people."""
        given = self.cleaned_data
        words = {
            Action.OWNER: _("Given to %(owner)s"),
            Action.SEGMENT: _("Moved to %(segment)s"),
            Action.ADD_TAG: _("Tag “%(new_tag)s” added"),
            Action.REMOVE_TAG: _("Tag “%(tag)s” taken away"),
            Action.FOLLOW_UP: _("Follow-up “%(title)s” planned"),
            Action.SURVEY: _("Asked by the survey “%(survey)s”"),
        }
        return words[Action(given["action"])] % given
