"""Forms for what went wrong: when it is noted or was noted wrongly, and when it is put right."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Div, Field
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from customers.models import Channel, Customer
from interactions.complaining import change, resolve, take_in
from interactions.forms import Chips
from interactions.models import CareRules, Complaint, FaultIn
from retention_crm.lib.form_base import page_layout
from retention_crm.lib.form_fields import AmountInput, LineInput

if TYPE_CHECKING:
    _ComplaintForm = forms.ModelForm[Complaint]
    _RulesForm = forms.ModelForm[CareRules]
else:
    _ComplaintForm = _RulesForm = forms.ModelForm


class ComplaintForm(_ComplaintForm):
    """A new one, in the hands of the customer's owner, or with an `instance` another look at an open one."""

    what = LineInput(label=gettext_lazy("What went wrong"), limit=300)
    channel = forms.ChoiceField(
        label=gettext_lazy("Came by"),
        required=False,
        choices=[("", gettext_lazy("Not said")), *Channel.choices],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Complaint
        fields = ["what", "severity", "channel", "owner"]
        widgets = {"severity": forms.RadioSelect}

    def __init__(self, *args: Any, customer: Customer, at: datetime, **kwargs: Any) -> None:
        kwargs.setdefault("instance", Complaint(customer=customer, owner=customer.owner, opened_at=at))
        super().__init__(*args, **kwargs)
        self.at = at
        owner: Any = self.fields["owner"]
        known = User.objects.get_queryset()
        owner.queryset = known.deputies_for(customer.owner) | known.filter(
            pk__in=[customer.owner_id, self.instance.owner_id]
        )
        owner.required, owner.empty_label = False, None
        self.helper = page_layout(Field("what"), Chips("severity"), Chips("channel"), Field("owner"))

    def clean_owner(self) -> User:
        owner: User | None = self.cleaned_data["owner"]
        return owner or self.instance.owner

    def save(self, commit: bool = True) -> Complaint:
        """With its deadlines."""
        complaint = super().save(commit=False)
        return change(complaint) if complaint.pk else take_in(complaint, at=self.at)


class ResolveForm(_ComplaintForm):
    outcome = LineInput(
        label=gettext_lazy("How was it put right?"),
        limit=300,
        help_text=gettext_lazy("For example: new delivery sent, apology accepted."),
    )
    fault_in = forms.ChoiceField(
        label=gettext_lazy("Where was the fault?"),
        required=False,
        choices=[("", gettext_lazy("Not known")), *FaultIn.choices],
        help_text=gettext_lazy("So that it is seen what goes wrong again and again."),
    )
    cost = AmountInput(label=gettext_lazy("What did it cost us?"), required=False)

    class Meta:
        model = Complaint
        fields = ["outcome", "fault_in", "cost"]

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.helper = page_layout(Field("outcome"), Div(Field("fault_in"), Field("cost"), css_class="side-by-side"))

    def clean_cost(self) -> Any:
        cost = self.cleaned_data["cost"]
        if cost is not None and cost < 0:
            raise ValidationError(_("A cost is not less than nothing."))
        return cost

    def save(self, commit: bool = True) -> Complaint:
        complaint = super().save(commit=False)
        resolve(complaint, at=self.at)
        return complaint


class CareRulesForm(_RulesForm):
    """How quickly customers are to be answered, in working hours."""

    class Meta:
        model = CareRules
        fields = [
            *("works_from", "works_until", "reply_within"),
            *("answer_severe", "answer_serious", "answer_minor"),
            *("resolve_severe", "resolve_serious", "resolve_minor"),
        ]
        widgets = {name: forms.TimeInput({"type": "time"}, format="%H:%M") for name in ("works_from", "works_until")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(*self.fields)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        begins, ends = cleaned.get("works_from"), cleaned.get("works_until")
        if begins and ends and begins >= ends:
            self.add_error("works_until", _("Work has to end later on the day than it begins."))
        for severity in ("minor", "serious", "severe"):
            answer, resolve_ = cleaned.get(f"answer_{severity}"), cleaned.get(f"resolve_{severity}")
            if answer and resolve_ and answer > resolve_:
                self.add_error(f"resolve_{severity}", _("That is sooner than it has to be answered."))
        return cleaned
