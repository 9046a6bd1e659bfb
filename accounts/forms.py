"""Forms of the company, its people and teams."""

from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Field, Fieldset
from django import forms
from django.conf import settings
from django.contrib.auth import forms as auth_forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts.models import Absence, Company, Team, User, working_week
from retention_crm.lib import dates
from retention_crm.lib.form_base import HALF, CarefulForm, CountryChoice, DayInput, TimeZoneChoice, page_layout, row

if TYPE_CHECKING:
    _CompanyModelForm = forms.ModelForm[Company]
    _PersonModelForm = forms.ModelForm[User]
    _TeamModelForm = forms.ModelForm[Team]
    _AbsenceModelForm = forms.ModelForm[Absence]
    _SetPasswordMixin = auth_forms.SetPasswordMixin[User]
    _SetPasswordForm = auth_forms.SetPasswordForm[User]
else:
    _SetPasswordMixin, _SetPasswordForm = auth_forms.SetPasswordMixin, auth_forms.SetPasswordForm
    _CompanyModelForm = _PersonModelForm = _TeamModelForm = _AbsenceModelForm = forms.ModelForm


LONGEST_ABSENCE = timedelta(days=731)


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class WorkingDays(forms.TypedMultipleChoiceField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Working days"),
            choices=lambda: [(day, WEEKDAYS[day]) for day in dates.weekdays()],
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("Reminders and the morning digest come on these days; with none ticked, on every day."),
        )


def _mail_to_customers() -> Fieldset:
    return Fieldset(
        _("When customers get mail"),
        row(Field("quiet_from", wrapper_class=HALF), Field("quiet_until", wrapper_class=HALF)),
        row(Field("budget_days", wrapper_class=HALF), Field("detractor_rest_days", wrapper_class=HALF)),
        row(Field("greeting_gap_days", wrapper_class=HALF), Field("thanks_gap_days", wrapper_class=HALF)),
        Field("survey_gap_days", wrapper_class=HALF),
        row(Field("mails_per_minute", wrapper_class=HALF), Field("mails_per_domain_per_minute", wrapper_class=HALF)),
    )


def _is_between(hour: time, begins: time, ends: time) -> bool:
    """Whether a clock shows that hour between the two, of which the first may be on the evening before."""
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


class CompanyForm(CarefulForm, _CompanyModelForm):
    time_zone = TimeZoneChoice(label=_("Time zone"))
    country = CountryChoice(
        label=_("Country"),
        empty_label=_("None: only Saturday and Sunday are days off"),
        help_text=_("Surveys and thank-you notes wait over its public holidays; a customer may have another country."),
    )

    class Meta:
        model = Company
        exclude: list[str] = []
        widgets = {
            "postal_address": forms.Textarea(attrs={"rows": 3}),
            "greeting_time": TimeInput(),
            "digest_time": TimeInput(),
            "quiet_from": TimeInput(),
            "quiet_until": TimeInput(),
        }
        help_texts = {
            "budget_days": _(
                "What comes too soon waits, or becomes a call. Birthdays are always greeted. 0: no limit."
            ),
            "greeting_gap_days": _(
                "An anniversary or special day so soon after another greeting becomes a call; a birthday only if both"
                " go to one mail address. 0: no limit."
            ),
            "thanks_gap_days": _("Who was thanked so lately is not thanked again. 0: no limit."),
            "survey_gap_days": _(
                "If two people there are to be asked. For one person see “Surveys” above. 0: no limit."
            ),
            "detractor_rest_days": _("Who scored 0 to 6 gets a call instead of automatic mail. 0: it goes on."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(
            Fieldset(
                "",
                "name",
                "postal_address",
                row(Field("time_zone", wrapper_class=HALF), Field("currency", wrapper_class=HALF)),
                "country",
                "visibility",
            ),
            Fieldset(
                _("Greetings and thank-you notes"),
                row(Field("greeting_time", wrapper_class=HALF), Field("leap_day", wrapper_class=HALF)),
                row(Field("anniversaries", wrapper_class=HALF), Field("greetings_held_out_every", wrapper_class=HALF)),
                "thank_new_customers",
                "thank_purchases",
                "thank_referrals",
                "thank_recoveries",
                "confirm_promises",
            ),
            Fieldset(
                _("Surveys"),
                row(Field("survey_cooldown_days", wrapper_class=HALF), Field("survey_valid_days", wrapper_class=HALF)),
                Field("survey_reminder_days", wrapper_class=HALF),
            ),
            Fieldset(
                _("Gestures, and who left"),
                row(Field("gesture_limit", wrapper_class=HALF), Field("lost_contact_days", wrapper_class=HALF)),
            ),
            Fieldset(_("When somebody else looks after a customer"), "introduces_owners", "introductions_wait"),
            _mail_to_customers(),
            Fieldset(_("Morning digest"), Field("digest_time", wrapper_class=HALF)),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        hour, begins, ends = (cleaned.get(name) for name in ("greeting_time", "quiet_from", "quiet_until"))
        if hour and begins and ends and _is_between(hour, begins, ends):
            self.add_error("greeting_time", _("No mail goes out at this hour; see “When customers get mail” below."))
        return cleaned

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise ValidationError(_("Use the three letters of the ISO code, for example EUR."))
        return currency


def _languages() -> list[tuple[str, Any]]:
    """Each by the name it has for itself, as whoever looks for it may read no other."""
    named = [(code, str(get_language_info(code)["name_local"]).capitalize()) for code, _name in settings.LANGUAGES]
    return [("", _("As the browser says")), *named]


class _AboutPersonForm(CarefulForm, _PersonModelForm):
    time_zone = TimeZoneChoice(label=_("Time zone"))
    working_days = WorkingDays()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(*self.fields)


class ProfileForm(_AboutPersonForm):
    """What people say about themselves."""

    language = forms.ChoiceField(
        label=_("Language"),
        choices=_languages,
        required=False,
        help_text=_("Of the pages, and of the mails to you."),
    )

    class Meta:
        model = User
        fields = [
            *("name", "language", "time_zone", "day_format", "week_start"),
            *("working_days", "signature", "has_key_shortcuts"),
        ]
        widgets = {"signature": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(
            "name",
            row(Field("language", wrapper_class=HALF), Field("time_zone", wrapper_class=HALF)),
            row(Field("day_format", wrapper_class=HALF), Field("week_start", wrapper_class=HALF)),
            *("working_days", "signature", "has_key_shortcuts"),
        )


class PersonForm(_AboutPersonForm):
    """What an administrator says about somebody."""

    class Meta:
        model = User
        fields = ["name", "email", "role", "team", "time_zone", "working_days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.empty_label = _("No team")

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Somebody with this address is there already."))
        return email


class NewPersonForm(_SetPasswordMixin, PersonForm):
    """A new member of staff with a first password, to be handed to them in person."""

    password1, password2 = _SetPasswordMixin.create_password_fields()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first_values = {"time_zone": Company.current().time_zone, "working_days": working_week()}
        self.initial = {**first_values, **self.initial}

    def clean(self) -> dict[str, Any]:
        self.validate_passwords()
        return super().clean() or self.cleaned_data

    def _post_clean(self) -> None:
        # The instance has its name and address only now; a password like them is refused.
        super()._post_clean()  # type: ignore[misc]
        self.validate_password_for_user(self.instance)
        if "password1" in self.cleaned_data:
            self.instance.set_password(self.cleaned_data["password1"])


class NewPasswordForm(CarefulForm, _SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(*self.fields)


class HandOverForm(forms.Form):
    to = forms.ModelChoiceField(
        label=_("Who takes over?"), queryset=User.objects.none(), empty_label=_("Choose a colleague")
    )
    introduce = forms.BooleanField(
        label=_("Introduce the new colleague by mail"),
        required=False,
        help_text=_(
            "One mail from the colleague to each contact, at the next hour of greetings. Taking the hand-over back"
            " before stops it."
        ),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.get_queryset().active().exclude(pk=person.pk)
        self.fields["introduce"].initial = person.company.introduces_owners
        self.helper = page_layout("to", "introduce")


class AbsenceForm(CarefulForm, _AbsenceModelForm):
    """Days away of one person."""

    class Meta:
        model = Absence
        fields = ["first_day", "last_day", "deputy"]
        widgets = {"first_day": DayInput(), "last_day": DayInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        deputy = self.fields["deputy"]
        assert isinstance(deputy, forms.ModelChoiceField)
        deputy.queryset = User.objects.get_queryset().deputies_for(self.instance.user)
        deputy.empty_label = _("Nobody")
        self.helper = page_layout(
            row(Field("first_day", wrapper_class=HALF), Field("last_day", wrapper_class=HALF)), "deputy"
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        elif first and last and last - first > LONGEST_ABSENCE:
            self.add_error("last_day", _("This is more than two years. Check the year."))
        return cleaned


class TeamForm(CarefulForm, _TeamModelForm):
    class Meta:
        model = Team
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("name")
