"""Forms of customers, contacts and segments."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Div, Field, Fieldset
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, User
from customers.models import ConsentKind, Contact, ContactDetail, Customer, DatedEvent, Segment
from retention_crm.lib import text
from retention_crm.lib.form_base import HALF, CarefulForm, CountryChoice, DayInput, TimeZoneChoice, page_layout, row
from retention_crm.lib.form_fields import LineInput

if TYPE_CHECKING:
    _CustomerModelForm = forms.ModelForm[Customer]
    _ContactModelForm = forms.ModelForm[Contact]
    _SegmentModelForm = forms.ModelForm[Segment]
    _EventModelForm = forms.ModelForm[DatedEvent]
    _DetailModelForm = forms.ModelForm[ContactDetail]
else:
    _CustomerModelForm = _ContactModelForm = _SegmentModelForm = _EventModelForm = _DetailModelForm = forms.ModelForm

EARLIEST = date(1900, 1, 1)
OLDEST_BIRTH_YEAR = 1880
LATEST_EVENT_YEAR = 2100
FURTHEST_SNOOZE = timedelta(days=366)


class CustomerForm(CarefulForm, _CustomerModelForm):
    time_zone = TimeZoneChoice(label=_("Time zone"))
    country = CountryChoice(
        label=_("Country"),
        empty_label=_("The company's"),
        help_text=_("Surveys and thank-you notes wait over its public holidays."),
    )
    brought_by = LineInput(
        label=_("Brought by"),
        limit=200,
        required=False,
        help_text=_("The name of the customer who recommended us, if one did. They are thanked once."),
    )
    introduce = forms.BooleanField(
        label=_("Introduce a new owner by mail"),
        required=False,
        help_text=_("Only if the owner becomes another: one mail to each contact, at the next hour of greetings."),
    )

    class Meta:
        model = Customer
        fields = [
            "name",
            "owner",
            "segment",
            "stage",
            "customer_since",
            "language",
            "time_zone",
            "country",
            "cadence_days",
            "gesture_budget",
            "care_note",
            "do_not_contact",
        ]
        widgets = {"customer_since": DayInput(), "care_note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        owners = User.objects.get_queryset().colleagues_of(user)
        owner_id = self.instance.owner_id
        self._choose_from("owner", owners | User.objects.get_queryset().filter(pk=owner_id) if owner_id else owners)
        self._choose_from("segment", Segment.objects.all())
        if self.instance.pk:
            self.fields["introduce"].initial = user.company.introduces_owners
            del self.fields["brought_by"]
        else:
            del self.fields["introduce"]
            self.initial = {**self._first_values(), **self.initial}
        self.helper = page_layout(
            Fieldset(
                "",
                "name",
                row(Field("owner", wrapper_class=HALF), Field("segment", wrapper_class=HALF)),
                *(["introduce"] if self.instance.pk else []),
            ),
            Fieldset(
                "",
                row(Field("stage", wrapper_class=HALF), Field("customer_since", wrapper_class=HALF)),
                row(Field("language", wrapper_class=HALF), Field("time_zone", wrapper_class=HALF)),
                row(
                    Field("country", wrapper_class=HALF),
                    *([] if self.instance.pk else [Field("brought_by", wrapper_class=HALF)]),
                ),
                "care_note",
            ),
            Fieldset(
                _("How often"),
                row(Field("cadence_days", wrapper_class=HALF), Field("gesture_budget", wrapper_class=HALF)),
                "do_not_contact",
            ),
        )

    def clean_brought_by(self) -> Customer | None:
        name: str = self.cleaned_data["brought_by"]
        if not name:
            return None
        found = Customer.objects.visible_to(self.user).filter(sort_key=text.sort_key(name)[:400])[:2]
        if len(found) != 1:
            words = _("No customer is called so.") if not found else _("Several customers are called so; say it later.")
            raise ValidationError(words)
        return found[0]

    @property
    def changed_columns(self) -> list[str]:
        """What of the customer became another."""
        return [name for name in self.changed_data if name != "introduce"]

    @property
    def introduces(self) -> bool:
        """Whether the contacts are to get a mail from a new owner. Only for a valid form."""
        return bool(self.cleaned_data.get("introduce"))

    def _choose_from(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows
        field.empty_label = None

    def _first_values(self) -> dict[str, Any]:
        return {
            "owner": self.user.pk,
            "segment": Segment.objects.first(),
            "time_zone": Company.current().time_zone,
            "customer_since": self.user.today(),
        }

    def clean_customer_since(self) -> date:
        day: date = self.cleaned_data["customer_since"]
        today = self.user.today()
        if not EARLIEST <= day <= today.replace(year=today.year + 1, day=1):
            raise ValidationError(_("Check the year: it must lie between 1900 and a year from now."))
        return day


class ContactForm(CarefulForm, _ContactModelForm):
    """A contact; consent counts as changed by what the person saw on the page, not by what is stored by now."""

    time_zone = TimeZoneChoice(label=_("Time zone"), required=False, empty_label=_("The customer's"))
    birthday_day = forms.IntegerField(label=_("Day"), min_value=1, max_value=31, required=False)
    birthday_month = forms.TypedChoiceField(
        label=_("Month"), choices=[("", "–"), *MONTHS.items()], coerce=int, empty_value=None, required=False
    )
    birthday_year = forms.IntegerField(
        label=_("Year"), min_value=OLDEST_BIRTH_YEAR, required=False, help_text=_("May stay empty.")
    )
    consent_seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Contact
        fields = [
            "name",
            "preferred_name",
            "job_title",
            "email",
            "phone",
            "is_primary",
            "is_champion",
            "left_on",
            "preferred_channel",
            "best_time",
            "tone",
            "language",
            "time_zone",
            "birthday_day",
            "birthday_month",
            "birthday_year",
            "allows_greetings",
            "allows_thanks",
            "allows_surveys",
            "do_not_contact",
        ]
        widgets = {"left_on": DayInput()}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.initial["consent_seen"] = " ".join(kind for kind in ConsentKind if self.instance.allows(kind))
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)
        language.help_text = ""
        language.choices = [("", _("The customer's")), *Contact._meta.get_field("language").flatchoices]
        self.helper = page_layout(
            Fieldset(
                "",
                row(Field("name", wrapper_class=HALF), Field("preferred_name", wrapper_class=HALF)),
                "job_title",
                row(Field("email", wrapper_class=HALF), Field("phone", wrapper_class=HALF)),
                "is_primary",
                "is_champion",
                Field("left_on", wrapper_class=HALF),
            ),
            Fieldset(
                _("In their own style"),
                row(Field("preferred_channel", wrapper_class=HALF), Field("tone", wrapper_class=HALF)),
                "best_time",
                row(Field("language", wrapper_class=HALF), Field("time_zone", wrapper_class=HALF)),
            ),
            Fieldset(
                _("Birthday"),
                Div(
                    Field("birthday_day", wrapper_class="col-3"),
                    Field("birthday_month", wrapper_class="col-5"),
                    Field("birthday_year", wrapper_class="col-4"),
                    css_class="row gx-2",
                ),
            ),
            Fieldset(
                _("What we may send"), *(f"allows_{kind}" for kind in ConsentKind), "do_not_contact", "consent_seen"
            ),
        )

    def clean_left_on(self) -> date | None:
        day: date | None = self.cleaned_data["left_on"]
        if day and day > self.user.today():
            raise ValidationError(_("This day is still to come. Say it once they have left."))
        return day

    def clean_birthday_year(self) -> int | None:
        year: int | None = self.cleaned_data["birthday_year"]
        if year and year > self.user.today().year:
            raise ValidationError(_("This year is still to come; check it."))
        return year

    @property
    def consent_changed(self) -> list[ConsentKind]:
        """The kinds of consent this person changed on the page."""
        if self.add_prefix("consent_seen") not in self.data:
            return []
        seen = self.cleaned_data["consent_seen"].split()
        return [kind for kind in ConsentKind if self.cleaned_data[f"allows_{kind}"] != (kind in seen)]


class EventForm(CarefulForm, _EventModelForm):
    """A day of a contact that is greeted every year."""

    day = forms.IntegerField(label=_("Day"), min_value=1, max_value=31)
    month = forms.TypedChoiceField(label=_("Month"), choices=[("", "–"), *MONTHS.items()], coerce=int)
    year = forms.IntegerField(
        label=_("Year"),
        min_value=EARLIEST.year,
        max_value=LATEST_EVENT_YEAR,
        required=False,
        help_text=_("May stay empty. Greetings go out from this year on."),
    )

    class Meta:
        model = DatedEvent
        fields = ["name", "day", "month", "year"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(
            "name",
            Div(
                Field("day", wrapper_class="col-3"),
                Field("month", wrapper_class="col-5"),
                Field("year", wrapper_class="col-4"),
                css_class="row gx-2",
            ),
        )


class DetailForm(CarefulForm, _DetailModelForm):
    """One more address, number or fact of a contact."""

    class Meta:
        model = ContactDetail
        fields = ["kind", "label", "value"]
        widgets = {"value": forms.Textarea(attrs={"rows": 3})}
        labels = {"kind": _("What it is"), "label": _("Name"), "value": _("Address, number or text")}
        help_texts = {"label": _("Such as Office or Mobile. May stay empty.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.kind != ContactDetail.Kind.KEY:
            # It is how an import finds the contact again, and comes only from there.
            kinds = [choice for choice in ContactDetail.Kind.choices if choice[0] != ContactDetail.Kind.KEY]
            self.fields["kind"].choices = kinds  # type: ignore[attr-defined]  # a choice field
        self.helper = page_layout("kind", "label", "value")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        try:
            if value := given.get("value"):
                _check(given.get("kind", ""), value)
        except ValidationError as error:
            self.add_error("value", error)
        return given


def _check(kind: str, value: str) -> None:
    """Raises ValidationError if it can be no detail of that kind."""
    if kind == ContactDetail.Kind.EMAIL:
        validate_email(value)
    elif kind == ContactDetail.Kind.PHONE and not any(map(str.isdigit, value)):
        raise ValidationError(_("Write the number in digits, such as +46 8 123 45 67."))
    elif kind == ContactDetail.Kind.WEBSITE:
        wrong = _("Write the address of a page, such as www.example.com.")
        URLValidator(["http", "https"], message=wrong)(value if "://" in value else f"https://{value}")


class FirstContactForm(CarefulForm, _ContactModelForm):
    """The first contact of a new customer, on the same page; nothing typed means none."""

    class Meta:
        model = Contact
        fields = ["name", "job_title", "email", "phone", "preferred_channel", "tone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="contact", empty_permitted=True, use_required_attribute=False, **kwargs)
        self.helper = page_layout(
            Fieldset(
                _("First contact"),
                row(Field("name", wrapper_class=HALF), Field("job_title", wrapper_class=HALF)),
                row(Field("email", wrapper_class=HALF), Field("phone", wrapper_class=HALF)),
                row(Field("preferred_channel", wrapper_class=HALF), Field("tone", wrapper_class=HALF)),
            ),
        )

    def has_changed(self) -> bool:
        """Whether a person is named in any way; how to reach nobody does not matter."""
        return not {"name", "job_title", "email", "phone"}.isdisjoint(self.changed_data)


class SnoozeForm(CarefulForm, forms.Form):
    """Until when, and why, nobody need be in touch."""

    until = forms.DateField(label=_("Put off to"), widget=DayInput())
    reason = LineInput(label=_("Why"), limit=200)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.helper = page_layout("until", "reason")

    def clean_until(self) -> date:
        day: date = self.cleaned_data["until"]
        today = self.user.today()
        if day <= today:
            raise ValidationError(_("Choose a day that is still to come."))
        if day > today + FURTHEST_SNOOZE:
            raise ValidationError(_("This is more than a year away. Change the cadence instead."))
        return day


class SegmentForm(CarefulForm, _SegmentModelForm):
    class Meta:
        model = Segment
        fields = [
            *("name", "cadence_days", "contacts_a_month", "gesture_budget", "lost_contact_days"),
            *("order_call_days", "renewal_call_days"),
            *("counts_as_contact", "horizon_days"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(
            *("name", "cadence_days", "contacts_a_month", "gesture_budget", "lost_contact_days"),
            Fieldset(_("Calls before the customer asks"), "order_call_days", "renewal_call_days"),
            Fieldset(_("Risk"), "counts_as_contact", "horizon_days"),
        )
