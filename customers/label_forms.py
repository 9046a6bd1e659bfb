"""Forms of tags and of the fields a company adds of its own."""

from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Field, Fieldset
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomField, Tag
from retention_crm.lib import text
from retention_crm.lib.form_base import HALF, CarefulForm, DayInput, page_layout, row
from retention_crm.lib.form_fields import LineInput, NoteInput

if TYPE_CHECKING:
    _TagModelForm = forms.ModelForm[Tag]
    _CustomFieldModelForm = forms.ModelForm[CustomField]
else:
    _TagModelForm = _CustomFieldModelForm = forms.ModelForm

LONGEST_TAG = Tag._meta.get_field("name").max_length or 0
MOST_CHOICES = 100
# Also what is stored, which a form compares with what was chosen.
_ANSWERS = {"": None, "yes": True, "no": False, True: True, False: False}


class _NumberInput(forms.DecimalField):
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    default_error_messages = {"invalid": _("Write the number with digits only, for example 12 or 12.5.")}


class _YesNoInput(forms.TypedChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        choices = [("", "–"), ("yes", _("Yes")), ("no", _("No"))]
        super().__init__(choices=choices, coerce=lambda answer: _ANSWERS[answer], empty_value=None, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


def input_for(field: CustomField, *, current: Any = None) -> forms.Field:
    """What asks for the value of such a field; nobody has to know one. `current` may be no choice any more."""
    common: dict[str, Any] = {"label": field.name, "required": False}
    match field.kind:
        case CustomField.Kind.NUMBER:
            return _NumberInput(max_digits=field.MOST_DIGITS, decimal_places=field.MOST_DECIMALS, **common)
        case CustomField.Kind.DATE:
            return forms.DateField(widget=DayInput(), **common)
        case CustomField.Kind.YES_NO:
            return _YesNoInput(**common)
        case CustomField.Kind.CHOICE:
            former = [current] if current and current not in field.choices else []
            return forms.ChoiceField(choices=[("", "–"), *((c, c) for c in [*field.choices, *former])], **common)
    return LineInput(limit=field.LONGEST_TEXT, **common)


class LabelsForm(CarefulForm, forms.Form):
    """The tags of a customer, and what the company's own fields say; beside the customer's own form on one page."""

    tags = forms.ModelMultipleChoiceField(
        Tag.objects.all(), label=_("Tags"), required=False, widget=forms.CheckboxSelectMultiple
    )
    new_tags = LineInput(label=_("New tags"), limit=400, required=False, help_text=_("Separate several with commas."))

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, prefix="labels", **kwargs)
        self.own = {field.column: field for field in CustomField.objects.used()}
        for name, field in self.own.items():
            value = field.restored(customer.custom.get(field.key))
            self.fields[name] = input_for(field, current=value)
            self.initial[name] = value
        if customer.pk:
            self.initial["tags"] = list(customer.tags.values_list("pk", flat=True))
        if not Tag.objects.exists():
            del self.fields["tags"]
        self.helper = page_layout(
            Fieldset(_("More about them"), row(*(Field(name, wrapper_class=HALF) for name in self.own)))
            if self.own
            else None,
            Fieldset("", *(name for name in ("tags", "new_tags") if name in self.fields)),
        )

    def clean_new_tags(self) -> list[str]:
        names = [text.clean_line(name) for name in self.cleaned_data["new_tags"].split(",")]
        for name in names:
            if len(name) > LONGEST_TAG:
                words = _("“%(name)s” is too long for a tag; it may have %(limit)d characters.")
                raise ValidationError(words, params={"name": text.excerpt(name, 30), "limit": LONGEST_TAG})
        return [name for name in names if name]

    @property
    def tags_changed(self) -> bool:
        return not {"tags", "new_tags"}.isdisjoint(self.changed_data)

    @property
    def custom(self) -> dict[str, Any]:
        """What was changed of the company's own fields, as it is stored."""
        return {
            field.key: field.stored(self.cleaned_data[name])
            for name, field in self.own.items()
            if name in self.changed_data
        }


class TagForm(CarefulForm, _TagModelForm):
    class Meta:
        model = Tag
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("name")

    def clean_name(self) -> str:
        name: str = text.clean_line(self.cleaned_data["name"])
        if Tag.objects.filter(key=text.sort_key(name)).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("There is a tag of this name already."))
        return name


class CustomFieldForm(CarefulForm, _CustomFieldModelForm):
    """The kind is chosen once: what was written as one kind means nothing as another."""

    choices = NoteInput(
        label=_("What can be chosen"),
        limit=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One on each line; for a choice only."),
    )

    class Meta:
        model = CustomField
        fields = ["name", "kind", "position", "is_used"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["choices"] = "\n".join(self.instance.choices)
        self.fields["kind"].disabled = bool(self.instance.pk)
        self.helper = page_layout("name", "kind", "choices", Field("position", wrapper_class=HALF), "is_used")

    def clean_choices(self) -> list[str]:
        lines = [text.clean_line(line) for line in self.cleaned_data["choices"].splitlines()]
        choices = list(dict.fromkeys(line for line in lines if line))
        longest = CustomField.LONGEST_TEXT
        if len(choices) > MOST_CHOICES or any(len(choice) > longest for choice in choices):
            words = _("There may be %(number)d choices of %(length)d characters each.")
            raise ValidationError(words, params={"number": MOST_CHOICES, "length": longest})
        return choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_choice = cleaned.get("kind") == CustomField.Kind.CHOICE
        if is_choice and not cleaned.get("choices") and "choices" not in self.errors:
            self.add_error("choices", _("Write down what can be chosen, one on each line."))
        self.instance.choices = cleaned.get("choices", []) if is_choice else []
        return cleaned
