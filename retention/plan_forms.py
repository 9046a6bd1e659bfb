"""Forms of plans to keep a customer, their steps, and what the company wants of them."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Field
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User, UserQuerySet
from customers.models import Customer
from interactions.announcing import due_at
from interactions.forms import Chips
from retention.forms import CauseChoice, Causes
from retention.models import PlanOutcome, PlanRules, PlanStep, RetentionPlan
from retention.suspecting import Evidence
from retention_crm.lib import clock
from retention_crm.lib.form_base import HALF, CarefulForm, DayInput, page_layout, row
from retention_crm.lib.form_fields import AmountInput, LineInput, NoteInput

if TYPE_CHECKING:
    _PlanModelForm = forms.ModelForm[RetentionPlan]
    _StepModelForm = forms.ModelForm[PlanStep]
    _RulesModelForm = forms.ModelForm[PlanRules]
else:
    _PlanModelForm = _StepModelForm = _RulesModelForm = forms.ModelForm

NOTE_LIMIT = 2000
OFFER_LIMIT = 1000
TITLE_LIMIT = 200
FURTHEST = timedelta(days=731)
OUTCOMES = [outcome for outcome in PlanOutcome if outcome is not PlanOutcome.MERGED]


def doers_for(customer: Customer) -> UserQuerySet:
    """Who may do something for a customer: whoever looks after them, the team, and managers."""
    people = User.objects.get_queryset()
    return people.active().filter(pk=customer.owner_id) | people.deputies_for(customer.owner)


def _check_day(day: date, on: date) -> date:
    if day < on:
        raise forms.ValidationError(_("This day has passed. Choose one that is still to come."))
    if day > on + FURTHEST:
        raise forms.ValidationError(_("This is more than two years away. Check the year."))
    return day


class PlanForm(CarefulForm, _PlanModelForm):
    """Why they may go and what is offered; `on` is today, `facts` are what the history says."""

    suspected = CauseChoice(label=gettext_lazy("Why may they go?"))
    note = NoteInput(
        label=gettext_lazy("What we think happened"),
        limit=NOTE_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    offer = NoteInput(
        label=gettext_lazy("What we offer"),
        limit=OFFER_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    offer_amount = AmountInput(label=gettext_lazy("What it costs us"), required=False)

    class Meta:
        model = RetentionPlan
        fields = ["suspected", "note", "changes_person", "offer", "offer_amount", "review_on"]
        labels = {
            "changes_person": gettext_lazy("Somebody else should look after them"),
            "review_on": gettext_lazy("Look at it again on"),
        }
        widgets = {"review_on": DayInput()}

    def __init__(self, *args: Any, facts: Evidence, rules: PlanRules, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on, self.facts = on, facts
        causes = self.fields["suspected"]
        assert isinstance(causes, CauseChoice)
        causes.show(facts)
        self.fields["offer_amount"].help_text = _("More than %(limit)s waits until a manager has approved it.") % {
            "limit": f"{rules.offer_limit:.0f}"
        }
        self.helper = page_layout(
            Causes("suspected"),
            "note",
            "changes_person",
            "offer",
            row(Field("offer_amount", wrapper_class=HALF), Field("review_on", wrapper_class=HALF)),
        )

    def clean_review_on(self) -> date:
        day: date = self.cleaned_data["review_on"]
        return _check_day(day, self.on) if "review_on" in self.changed_data or not self.instance.pk else day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not (cleaned.get("suspected") or cleaned.get("note")) and not {"suspected", "note"} & self.errors.keys():
            self.add_error("suspected", _("Tick at least one cause, or say below what you think happened."))
        if cleaned.get("offer_amount") and not cleaned.get("offer") and "offer" not in self.errors:
            self.add_error("offer", _("Say what is offered for this amount."))
        return cleaned


class StepForm(CarefulForm, _StepModelForm):
    """What is done, by whom, until when."""

    title = LineInput(label=gettext_lazy("What is to be done"), limit=TITLE_LIMIT)
    day = forms.DateField(label=gettext_lazy("Until"), widget=DayInput())

    class Meta:
        model = PlanStep
        fields = ["title", "person"]
        labels = {"person": gettext_lazy("Who does it")}

    def __init__(self, *args: Any, customer: Customer, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        step, person = self.instance, self.fields["person"]
        assert isinstance(person, forms.ModelChoiceField)
        person.queryset, person.empty_label = doers_for(customer), None
        if step.pk:
            self.initial.update(person=step.who.pk, day=clock.today(step.who.time_zone, step.when))
            if step.follow_up:
                self.initial["title"] = step.follow_up.title
        else:
            self.initial["person"] = customer.owner_id
        self.helper = page_layout("title", row(Field("person", wrapper_class=HALF), Field("day", wrapper_class=HALF)))

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        return _check_day(day, self.on) if "day" in self.changed_data else day

    def step(self) -> PlanStep:
        """The step to save, due when work ends where its person works. Only for a valid form."""
        if {"day", "person"} & set(self.changed_data):
            self.instance.due_at = due_at(self.cleaned_data["day"], self.cleaned_data["person"])
        elif self.instance.pk:
            self.instance.due_at = self.instance.when
        return self.instance


class CloseForm(forms.Form):
    """What came of a plan, and what was learned for the next one."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it?"),
        choices=[(outcome, outcome.label) for outcome in OUTCOMES],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what came of it.")},
    )
    learned = NoteInput(
        label=gettext_lazy("What did we learn?"),
        limit=NOTE_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For the next customer like this one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(Chips("outcome"), Field("learned"))


class RulesForm(CarefulForm, _RulesModelForm):
    offer_limit = AmountInput(
        label=gettext_lazy("Offers without approval up to"),
        help_text=gettext_lazy("A plan that offers more waits until a manager has approved it. 0: every offer."),
    )
    high_value = AmountInput(
        label=gettext_lazy("High value from"),
        help_text=gettext_lazy(
            "What a customer bought in the last year. Their plans are looked at every week, not every second."
        ),
    )

    class Meta:
        model = PlanRules
        fields = ["offer_limit", "high_value"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("offer_limit", "high_value")
