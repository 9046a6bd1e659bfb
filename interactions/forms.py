"""Forms for what happened and what is to be done next."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crispy_forms.bootstrap import InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from customers.models import Contact, Customer
from interactions.models import ALWAYS_HELD, WITH_AMOUNT, FollowUp, GestureKind, Interaction, Kind, Outcome, Sentiment
from interactions.scheduling import due_in
from retention_crm.lib.form_fields import AmountInput, LineInput, MomentInput, NoteInput

if TYPE_CHECKING:
    _InteractionForm = forms.ModelForm[Interaction]
else:
    _InteractionForm = forms.ModelForm

NOTES_LIMIT = 100_000
FURTHEST_AHEAD = timedelta(days=1)
FURTHEST_DUE = timedelta(days=3660)
MOST_MINUTES = 24 * 60
AT_A_TIME = "at"
IN_DAYS = [
    ("1", gettext_lazy("Tomorrow")),
    ("3", gettext_lazy("In 3 days")),
    ("7", gettext_lazy("In a week")),
    (AT_A_TIME, gettext_lazy("At a time")),
]
CHIPS, PLAIN, CHECK = "includes/chips.html", "includes/plain_field.html", "includes/plain_check.html"
# What is pressed to choose a chip while no text is being written; each is in the panel once.
KIND_KEYS = {"call": "c", "meeting": "m", "visit": "v", "email": "e", "message": "s"}
KIND_KEYS |= {"purchase": "p", "gesture": "g", "referral": "r"}
OUTCOME_KEYS = {"held": "h", "no_answer": "n", "postponed": "o", "missed_by_us": "u", "missed_by_them": "y"}
NEXT_KEYS = {"": "0", "1": "1", "3": "3", "7": "7", AT_A_TIME: "d"}
NOTES_KEY, PROMISE_KEY, OWED_KEY = "t", "i", "w"


class Chips(InlineRadios):  # type: ignore[misc]
    """Radio buttons drawn as chips; they work with keys and without script like any others."""

    template = CHIPS


class KeyedRadios(forms.RadioSelect):
    """Radio buttons of which each has a key of its own; the chip shows it."""

    def __init__(self, keys: dict[str, str]) -> None:
        super().__init__()
        self.keys = keys

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        return option | {"key": self.keys.get(str(option["value"]), "")}


def _form_helper(*rows: Any) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(*rows)
    return helper


class OutcomeForm(forms.Form):
    """What was done about something that somebody has to answer for."""

    outcome = LineInput(
        label=gettext_lazy("What was done"),
        limit=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Write in a few words what was done.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _form_helper("outcome")


class WhenForm(forms.Form):
    """When something is to be done: one of the usual distances, or a day and time by the user's own clock."""

    next_in = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=IN_DAYS,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose when.")},
    )
    next_at = MomentInput(label=gettext_lazy("Day and time"), required=False)

    def __init__(self, *args: Any, user: User, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.at = user, at
        next_at = self.fields["next_at"]
        assert isinstance(next_at, MomentInput)
        next_at.zone_name = user.time_zone
        self.helper = _form_helper(Chips("next_in"), Div(Field("next_at"), css_class="only-at"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("next_in") == AT_A_TIME and "next_at" not in self.errors:
            self._check_time(cleaned.get("next_at"))
        return cleaned

    def _check_time(self, moment: datetime | None) -> None:
        if moment is None:
            self.add_error("next_at", _("Say on which day and at what time."))
        elif moment < self.at:
            self.add_error("next_at", _("This time has passed. Choose one that is still to come."))
        elif moment > self.at + FURTHEST_DUE:
            self.add_error("next_at", _("This is more than ten years away. Choose an earlier day."))

    def due_at(self) -> datetime | None:
        """The moment chosen; None if nothing is to follow. Only for a valid form."""
        chosen = self.cleaned_data["next_in"]
        if chosen == AT_A_TIME:
            moment: datetime = self.cleaned_data["next_at"]
            return moment
        return due_in(int(chosen), self.user, at=self.at) if chosen else None


class NextStepForm(WhenForm):
    """What follows, if anything: a title, when, and whether the customer was promised it."""

    next_in = forms.ChoiceField(
        label=gettext_lazy("Next step"),
        choices=[("", gettext_lazy("None")), *IN_DAYS],
        widget=KeyedRadios(NEXT_KEYS),
        required=False,
    )
    next_title = LineInput(
        label=gettext_lazy("What is to be done"),
        limit=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Get in touch again")}),
    )
    next_is_promise = forms.BooleanField(
        label=gettext_lazy("I promised this to the customer"),
        required=False,
        widget=forms.CheckboxInput(attrs={"data-key": PROMISE_KEY, "aria-keyshortcuts": PROMISE_KEY}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _form_helper(
            Chips("next_in"),
            Div(
                Div(Field("next_at", template=PLAIN), css_class="only-at"),
                Field("next_title", template=PLAIN),
                Field("next_is_promise", template=CHECK),
                css_class="only-next",
            ),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        title, promised = cleaned.get("next_title"), cleaned.get("next_is_promise")
        if cleaned.get("next_in") == "" and (title or promised):
            self.add_error("next_in", _("Choose when this is to be done, or empty what is to be done."))
        elif promised and not title and "next_title" not in self.errors:
            self.add_error("next_title", _("Say what you promised."))
        return cleaned

    def follow_up(self) -> FollowUp | None:
        """The follow-up to save beside the interaction. Only for a valid form."""
        due_at = self.due_at()
        if due_at is None:
            return None
        return FollowUp(
            assignee=self.user,
            title=self.cleaned_data["next_title"] or _("Get in touch again"),
            is_promise=self.cleaned_data["next_is_promise"],
            due_at=due_at,
            created_at=self.at,
        )


class InteractionForm(_InteractionForm):
    """What happened with one customer, when and how.

    `customer` is the one it is about, with `contacts`; `user` the one who logs it.
    """

    happened_at = MomentInput(label=gettext_lazy("When"), required=False, help_text=gettext_lazy("Empty means now."))
    notes = NoteInput(
        label=gettext_lazy("Notes"), limit=NOTES_LIMIT, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    amount = AmountInput(label=gettext_lazy("Amount"), required=False)
    limit_reason = LineInput(label=gettext_lazy("Why it is more than the limit"), limit=200, required=False)
    gesture_kind = forms.ChoiceField(
        label=gettext_lazy("What it was"),
        choices=[("", gettext_lazy("Not said")), *GestureKind.choices],
        required=False,
    )
    minutes = forms.IntegerField(required=False, min_value=0, max_value=MOST_MINUTES, widget=forms.HiddenInput)
    log_key = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        error_messages={
            "invalid": gettext_lazy("This form had lost its number and has a new one. Look it over and save again.")
        },
    )
    sentiment = forms.TypedChoiceField(
        label=gettext_lazy("Mood of the customer"),
        choices=[("", gettext_lazy("Not said")), *reversed(Sentiment.choices)],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Interaction
        fields = [
            *("kind", "outcome", "contact", "happened_at", "minutes", "notes", "is_owed", "sentiment", "amount"),
            *("gesture_kind", "limit_reason"),
        ]
        widgets = {
            "kind": KeyedRadios(KIND_KEYS),
            "outcome": KeyedRadios(OUTCOME_KEYS),
            "is_owed": forms.CheckboxInput(attrs={"data-key": OWED_KEY, "aria-keyshortcuts": OWED_KEY}),
        }

    def __init__(
        self,
        *args: Any,
        user: User,
        customer: Customer,
        contacts: Sequence[Contact],
        at: datetime,
        currency: str = "",
        **kwargs: Any,
    ) -> None:
        kwargs["instance"] = Interaction(customer=customer, author=user, created_at=at)
        kwargs["initial"] = {"happened_at": at, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.at = at
        happened_at, contact = self.fields["happened_at"], self.fields["contact"]
        assert isinstance(happened_at, MomentInput) and isinstance(contact, forms.ModelChoiceField)
        happened_at.zone_name = user.time_zone
        contact.queryset = customer.contacts.filter(deceased=False)
        living = [(one.pk, str(one)) for one in contacts if not one.deceased]
        contact.choices = [("", _("Nobody in particular")), *living]
        self.fields["outcome"].required = False
        if currency:
            self.fields["amount"].label = _("Amount in %(currency)s") % {"currency": currency}
        self._limit_gestures(user.company.gesture_limit, currency)
        self._lay_out()

    def _lay_out(self) -> None:
        self.helper = _form_helper(
            Chips("kind"),
            Div(Chips("outcome"), css_class="only-met"),
            Field("notes", css_class="log-notes", data_key=NOTES_KEY, template=PLAIN),
            Div(Field("is_owed", template=CHECK), css_class="only-met"),
            Div(Field("amount", template=PLAIN), css_class="only-amount"),
            Div(
                Field("gesture_kind", template=PLAIN),
                *([] if self.limit is None else [Field("limit_reason", template=PLAIN)]),
                css_class="only-gesture",
            ),
        )
        self.more = _form_helper(
            Div(
                Div(Field("contact", template=PLAIN), css_class="col-sm-6"),
                Div(Field("happened_at", template=PLAIN), css_class="col-sm-6"),
                css_class="row",
            ),
            Chips("sentiment"),
        )

    def _limit_gestures(self, limit: Decimal | None, currency: str) -> None:
        self.limit = limit
        if limit is None:
            del self.fields["limit_reason"]
            return
        self.limit_in_words = f"{number_format(limit, force_grouping=True)} {currency}".strip()
        words = _("Why, if it costs more than %(limit)s") % {"limit": self.limit_in_words}
        self.fields["limit_reason"].label = words

    @property
    def is_wrong_in_more(self) -> bool:
        """Whether something is to be mended in what is asked last, which is folded away otherwise."""
        return any(name in self.errors for name in ("contact", "happened_at", "sentiment"))

    def clean_log_key(self) -> UUID | None:
        key: UUID | None = self.cleaned_data["log_key"]
        if key and Interaction.objects.filter(log_key=key).exclude(author=self.instance.author).exists():
            raise ValidationError(self.fields["log_key"].error_messages["invalid"])
        return key

    def clean_outcome(self) -> str:
        """Purchases, gestures and referrals ask for none."""
        outcome: str = self.cleaned_data["outcome"]
        if not outcome and self.cleaned_data.get("kind") not in ALWAYS_HELD:
            raise ValidationError(_("Choose how it went."))
        return outcome or Outcome.HELD

    def clean_happened_at(self) -> datetime:
        moment: datetime = self.cleaned_data["happened_at"] or self.at
        if moment > self.at + FURTHEST_AHEAD:
            raise ValidationError(
                _("This lies in the future. Log what has happened, and plan the rest as a next step.")
            )
        return moment

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("amount") is not None and cleaned.get("kind") not in WITH_AMOUNT:
            message = _("Only a purchase or a gesture has an amount. Empty it, or choose one of the two.")
            self.add_error("amount", message)
        if cleaned.get("kind") != Kind.GESTURE:
            cleaned["gesture_kind"] = ""
        self._check_limit(cleaned)
        self.instance.log_key = cleaned.get("log_key")
        return cleaned

    def _check_limit(self, cleaned: dict[str, Any]) -> None:
        """Only a gesture above the limit has a reason, and it has one: managers read it."""
        if self.limit is None:
            return
        amount = cleaned.get("amount")
        is_above = cleaned.get("kind") == Kind.GESTURE and amount is not None and amount > self.limit
        if not is_above:
            cleaned["limit_reason"] = ""
        elif not cleaned.get("limit_reason") and "limit_reason" not in self.errors:
            words = _("One gesture may cost %(limit)s. Say why this one is more; managers will read it.")
            self.add_error("limit_reason", words % {"limit": self.limit_in_words})


class UnsentForm(forms.Form):
    """What can be written down without a network, by a page that is the same for everybody; checked when it is sent."""

    who = LineInput(label=gettext_lazy("Which customer?"), limit=200)
    kind = forms.ChoiceField(choices=Kind.choices, initial=Kind.CALL, widget=KeyedRadios(KIND_KEYS))
    outcome = forms.ChoiceField(choices=Outcome.choices, initial=Outcome.HELD, widget=KeyedRadios(OUTCOME_KEYS))
    notes = NoteInput(
        label=gettext_lazy("Notes"), limit=NOTES_LIMIT, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    next_in = forms.ChoiceField(
        label=gettext_lazy("Next step"),
        choices=[("", gettext_lazy("None")), *IN_DAYS[:-1]],
        initial="",
        widget=KeyedRadios(NEXT_KEYS),
    )
    next_title = NextStepForm.base_fields["next_title"]
    next_is_promise = NextStepForm.base_fields["next_is_promise"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].label = _("Kind")
        self.fields["outcome"].label = _("Outcome")
        self.helper = _form_helper(
            Div("who", css_class="unsent-who"),
            Chips("kind"),
            Div(Chips("outcome"), css_class="only-met"),
            Field("notes", data_key=NOTES_KEY),
            Chips("next_in"),
            Div("next_title", "next_is_promise", css_class="only-next"),
        )
