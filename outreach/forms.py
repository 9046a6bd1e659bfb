"""Forms of the texts editor, and of what people decide about messages."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Contact
from outreach.composing import Unwritable
from outreach.lettering import Reader
from outreach.models import Format, MessageKind, Part, Wording, format_for
from outreach.typesetting import unprintable
from outreach.wording import plain, problems, sanitise
from retention_crm.lib.form_base import CarefulForm
from retention_crm.lib.form_fields import LineInput, NoteInput

if TYPE_CHECKING:
    _WordingModelForm = forms.ModelForm[Wording]
else:
    _WordingModelForm = forms.ModelForm

Trial = Callable[[Contact, str, str], object]
_PARTS = ("subject", "text", "html")


def _area() -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 14, "dir": "auto", "spellcheck": "true"})


class WordingForm(CarefulForm, _WordingModelForm):
    """A company's own text; what is wrong with its merge fields and links is said at the field."""

    subject = LineInput(label=gettext_lazy("Subject"), limit=200)
    text = NoteInput(label=gettext_lazy("Text"), limit=20_000, widget=_area())
    html = NoteInput(
        label=gettext_lazy("HTML"),
        limit=40_000,
        widget=_area(),
        help_text=gettext_lazy("Paragraphs, headings, lists, links and emphasis; anything else is taken out."),
    )

    class Meta:
        model = Wording
        fields = _PARTS

    def __init__(self, *args: Any, kind: MessageKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean_html(self) -> str:
        cleaned, refused = sanitise(self.cleaned_data["html"])
        if refused:
            sentence = _("A link is a fixed https or mailto address, or {survey_link}. Not allowed: %(links)s")
            raise forms.ValidationError(sentence % {"links": ", ".join(refused[:5])})
        if not cleaned.strip():
            raise forms.ValidationError(_("Nothing is left of this: use paragraphs, headings, lists, links, emphasis."))
        return cleaned

    def clean(self) -> dict[str, Any]:
        given = {part: self.cleaned_data.get(part, "") for part in _PARTS}
        for part, sentences in problems(self.kind, **given).items():
            # A part that is wrong already is not complained of twice.
            if part in self.cleaned_data:
                self.add_error(part, [forms.ValidationError(sentence) for sentence in sentences])
        return self.cleaned_data


class OwnTextForm(CarefulForm, forms.Form):
    """A text for one message. `trial` composes it with the text given and raises Unwritable where that fails."""

    subject = LineInput(label=gettext_lazy("Subject"), limit=200)
    text = NoteInput(label=gettext_lazy("Text"), limit=20_000, widget=_area())

    def __init__(self, *args: Any, kind: MessageKind, trial: Callable[[str, str], object], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.trial = trial

    def clean(self) -> dict[str, Any]:
        given = {part: self.cleaned_data.get(part, "") for part in ("subject", "text")}
        found = problems(self.kind, **given, html=plain("", given["text"], "").html, is_for_one=True)
        for part in given:
            for sentence in found.get(part, []) if part in self.cleaned_data else []:
                self.add_error(part, forms.ValidationError(sentence))
        if not self.errors:
            try:
                self.trial(given["subject"], given["text"])
            except Unwritable as error:
                self.add_error("text", forms.ValidationError(error.detail))
        return self.cleaned_data


class LetterForm(OwnTextForm):
    """A letter to one of the contacts of a customer; `key` makes one letter of it however often it is sent off.

    Of the `readers` those can be chosen, too, who can not be written to: then it says why.
    """

    contact = forms.ModelChoiceField(Contact.objects.none(), label=gettext_lazy("To"), empty_label=None)
    key = forms.UUIDField(widget=forms.HiddenInput)
    field_order = ("contact", "subject", "text", "key")

    def __init__(self, *args: Any, readers: Sequence[Reader], trial: Trial, **kwargs: Any) -> None:
        def to_contact(subject: str, text: str) -> object:
            chosen = self.cleaned_data.get("contact")
            return trial(chosen, subject, text) if chosen else None

        super().__init__(*args, kind=MessageKind.LETTER, trial=to_contact, **kwargs)
        field = self.fields["contact"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Contact.objects.filter(pk__in=[reader.contact.pk for reader in readers])
        self.why_not = {reader.contact.pk: reader.why_not for reader in readers}

    def clean_contact(self) -> Contact:
        contact: Contact = self.cleaned_data["contact"]
        if why_not := self.why_not[contact.pk]:
            raise forms.ValidationError(why_not)
        return contact


class RecapForm(CarefulForm, forms.Form):
    """What was said, and to whom of the customer's contacts it goes.

    `readers` are all of them; who can not get it is named, with the reason. `trial` is as with LetterForm.
    """

    contacts = forms.ModelMultipleChoiceField(
        Contact.objects.none(),
        label=gettext_lazy("Who gets it"),
        error_messages={
            "required": gettext_lazy("Choose who is to get it."),
            "invalid_choice": gettext_lazy("Choose from the contacts of this customer."),
            "invalid_pk_value": gettext_lazy("Choose from the contacts of this customer."),
        },
    )
    text = NoteInput(label=gettext_lazy("What it says"), limit=20_000, widget=_area())

    def __init__(self, *args: Any, readers: Sequence[Reader], trial: Callable[[Contact, str], object], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.readers = {reader.contact.pk: reader for reader in readers}
        self.trial = trial
        field = self.fields["contacts"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Contact.objects.filter(pk__in=self.readers)

    def clean_contacts(self) -> list[Contact]:
        chosen = [self.readers[contact.pk] for contact in self.cleaned_data["contacts"] if contact.pk in self.readers]
        refused = [reader.why_not for reader in chosen if reader.why_not]
        if refused:
            raise forms.ValidationError(refused)
        return [reader.contact for reader in chosen]

    def clean(self) -> dict[str, Any]:
        for contact in self.cleaned_data.get("contacts", []) if not self.errors else []:
            boxes = unprintable(self.cleaned_data["text"]) if format_for(contact) == Format.PDF else []
            if boxes:
                words = _("A PDF for %(name)s can not show “%(letters)s”. Choose another format for them.")
                letters = " ".join(boxes[:10])
                self.add_error("contacts", forms.ValidationError(words % {"name": contact.name, "letters": letters}))
                break
            try:
                self.trial(contact, self.cleaned_data["text"])
            except Unwritable as error:
                self.add_error("contacts", forms.ValidationError(error.detail))
                break
        return self.cleaned_data


class RecapStyleForm(CarefulForm, forms.Form):
    """In which form a customer and its contacts get recaps, and under which headings in which order."""

    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=Format.choices)

    def __init__(self, *args: Any, contacts: Sequence[Contact], parts: Sequence[tuple[Part, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.contacts = {f"format_{contact.pk}": contact for contact in contacts}
        for name, contact in self.contacts.items():
            as_customer = ("", gettext_lazy("As the customer"))
            choice = forms.ChoiceField(label=contact.name, choices=[as_customer, *Format.choices], required=False)
            self.fields[name] = choice
        known = {part: (place, label) for place, (part, label) in enumerate(parts, 1)}
        for part in Part:
            place, label = known.get(part, (None, ""))
            self.fields[f"place_{part}"] = forms.IntegerField(
                label=_("Place"), min_value=1, max_value=9, required=False, initial=place
            )
            self.fields[f"label_{part}"] = LineInput(label=part.label, limit=78, required=False, initial=label)

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """The place and the heading of each part, as the page shows them."""
        return [(self[f"place_{part}"], self[f"label_{part}"]) for part in Part]

    @property
    def people(self) -> list[Any]:
        return [self[name] for name in self.contacts]

    def clean(self) -> dict[str, Any]:
        if not self.errors and not any(self.cleaned_data.get(f"place_{part}") for part in Part):
            self.add_error(f"place_{Part.TALKED}", _("Give at least one part a place."))
        return self.cleaned_data

    def headings(self) -> list[tuple[str, str]]:
        """The parts that have a place, in order. Only for a valid form."""
        given = self.cleaned_data
        placed = [(given[f"place_{part}"], order, part) for order, part in enumerate(Part) if given[f"place_{part}"]]
        return [(part.value, given[f"label_{part}"]) for _place, _order, part in sorted(placed)]

    def formats(self) -> dict[int, str]:
        """What each contact likes, by id; empty where it is the customer's."""
        return {contact.pk: self.cleaned_data[name] for name, contact in self.contacts.items()}


class HoldForm(CarefulForm, forms.Form):
    """Why a message is held."""

    why = LineInput(label=gettext_lazy("Why"), limit=200)


class AgreeForm(CarefulForm, forms.Form):
    """What was agreed, as both sides see it."""

    text = NoteInput(
        label=gettext_lazy("What was agreed"),
        limit=20_000,
        widget=_area(),
        help_text=gettext_lazy("The recap as it stands now: mend it here. From then on it is the record."),
        error_messages={"required": gettext_lazy("Write what was agreed.")},
    )


class DeclineForm(CarefulForm, forms.Form):
    """Why it stays as it was."""

    word = NoteInput(
        label=gettext_lazy("Why it stays as it was"),
        limit=1000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=gettext_lazy("Whoever said so reads it behind the link of the recap."),
        error_messages={"required": gettext_lazy("Say why, in a sentence: they read it.")},
    )
