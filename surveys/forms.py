"""Forms of the surveys themselves: making one, its questions, its thanks, its translations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Field
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention_crm.lib import text
from retention_crm.lib.form_base import CarefulForm, page_layout, row
from retention_crm.lib.form_fields import LineInput, NoteInput
from surveys.branching import COMPARABLE, NO, ORDERED, YES, comparable
from surveys.models import Kind, PublicLink, Question, Sign, Survey, Version, new_key
from surveys.phrasing import value_of
from surveys.speaking import THANKS, Text, name_of, texts_of
from surveys.starting import READY

if TYPE_CHECKING:
    _SurveyModelForm = forms.ModelForm[Survey]
    _QuestionModelForm = forms.ModelForm[Question]
    _VersionModelForm = forms.ModelForm[Version]
    _PublicLinkModelForm = forms.ModelForm[PublicLink]
else:
    _SurveyModelForm = _QuestionModelForm = _VersionModelForm = _PublicLinkModelForm = forms.ModelForm

MOST_CHOICES = 30
CHOICE_LENGTH = 120
_THIRD = "col-md-4"


class SurveyForm(CarefulForm, _SurveyModelForm):
    class Meta:
        model = Survey
        fields = ["name", "language", "is_active", "follow_up_hours", "offers_complaint", "asks_promoters"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(*self.Meta.fields)


class NewSurveyForm(CarefulForm, _SurveyModelForm):
    ready = forms.ChoiceField(
        label=gettext_lazy("Begin with"),
        required=False,
        widget=forms.RadioSelect,
        choices=[*((key, ready.name) for key, ready in READY.items()), ("", gettext_lazy("An empty survey"))],
    )

    class Meta:
        model = Survey
        fields = ["name", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("name", "language")


class ThanksForm(CarefulForm, _VersionModelForm):
    class Meta:
        model = Version
        fields = list(THANKS)
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in THANKS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in THANKS[1:]:
            self.fields[name].help_text = _("Empty: the thank-you text above.")
        self.helper = page_layout(*THANKS)

    def save_to(self, draft: Version) -> None:
        for name in THANKS:
            setattr(draft, name, self.cleaned_data[name])
        draft.save(update_fields=list(THANKS))


class ConfidenceForm(CarefulForm, _VersionModelForm):
    class Meta:
        model = Version
        fields = ["is_confidential", "least_answers"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(*self.Meta.fields)

    def save_to(self, draft: Version) -> None:
        for name in self.Meta.fields:
            setattr(draft, name, self.cleaned_data[name])
        draft.save(update_fields=self.Meta.fields)


class PublicLinkForm(CarefulForm, _PublicLinkModelForm):
    class Meta:
        model = PublicLink
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("name")


class Lines(NoteInput):
    """Texts one below the other, which are kept with keys: a text that stays keeps its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limit=8000, required=False, widget=forms.Textarea(attrs={"rows": 5}), **kwargs)

    def clean(self, value: Any) -> Any:
        lines = [text.clean_line(line) for line in super().clean(value).splitlines()]
        texts = list(dict.fromkeys(line for line in lines if line))
        if len(texts) > MOST_CHOICES or any(len(line) > CHOICE_LENGTH for line in texts):
            words = _("There may be %(number)d choices of %(length)d characters each.")
            raise forms.ValidationError(words, params={"number": MOST_CHOICES, "length": CHOICE_LENGTH})
        return texts


class QuestionForm(CarefulForm, _QuestionModelForm):
    """The kind is chosen once, and so what was answered can always be counted; `before` are the questions before it."""

    choice_lines = Lines(label=gettext_lazy("What can be chosen"), help_text=gettext_lazy("One on each line."))
    matrix_lines = Lines(label=gettext_lazy("Lines of the matrix"), help_text=gettext_lazy("One on each line."))
    rule_key = forms.ChoiceField(label=gettext_lazy("Show it only if the answer to"), required=False)
    rule_sign = forms.ChoiceField(label=gettext_lazy("Compared"), required=False, choices=Sign)
    rule_value = LineInput(
        label=gettext_lazy("With"),
        limit=CHOICE_LENGTH,
        required=False,
        help_text=gettext_lazy("A number, a choice, a day like 2026-11-27, or yes or no for a consent."),
    )

    class Meta:
        model = Question
        fields = ["text", "help_text", "section", "is_required", "low_label", "high_label"]

    def __init__(self, *args: Any, before: Sequence[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        question = self.instance
        self.about = {other.key: other for other in before if other.kind in COMPARABLE}
        self.initial["choice_lines"] = "\n".join(choice["text"] for choice in question.choices)
        self.initial["matrix_lines"] = "\n".join(line["text"] for line in question.lines)
        for name in ("rule_key", "rule_sign", "rule_value"):
            self.initial[name] = getattr(question, name)
        if question.rule_key in self.about:
            self.initial["rule_value"] = value_of(question, self.about[question.rule_key])
        chooser: Any = self.fields["rule_key"]
        chooser.choices = [("", _("Always show it")), *((other.key, other.text) for other in self.about.values())]
        self._leave_out()
        self.helper = page_layout(*self._layout())

    def _leave_out(self) -> None:
        """What means nothing for this kind of question."""
        question, gone = self.instance, []
        if not question.is_scale:
            gone += ["low_label", "high_label"]
        if not question.is_choice:
            gone.append("choice_lines")
        if question.kind != Kind.MATRIX:
            gone.append("matrix_lines")
        if not self.about:
            gone += ["rule_key", "rule_sign", "rule_value"]
        for name in gone:
            del self.fields[name]

    def _layout(self) -> list[Any]:
        parts: list[Any] = [
            name for name in ("text", "help_text", "matrix_lines", "choice_lines") if name in self.fields
        ]
        if self.instance.is_scale:
            parts.append(
                row(Field("low_label", wrapper_class="col-md-6"), Field("high_label", wrapper_class="col-md-6"))
            )
        parts += ["is_required", "section"]
        if self.about:
            parts.append(row(*(Field(name, wrapper_class=_THIRD) for name in ("rule_key", "rule_sign", "rule_value"))))
        return parts

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        about = self.about.get(cleaned.get("rule_key", ""))
        if about is not None and "rule_value" in cleaned:
            self._clean_rule(about, cleaned)
        return cleaned

    def _clean_rule(self, about: Question, cleaned: dict[str, Any]) -> None:
        if about.kind not in ORDERED and cleaned.get("rule_sign") in {Sign.AT_LEAST, Sign.AT_MOST}:
            self.add_error("rule_sign", _("Of choices there is no more or less: take “is” or “is not”."))
        value = _as_kept(about, cleaned["rule_value"])
        if comparable(about, value) is None:
            self.add_error("rule_value", _what_to_compare_with(about))
        cleaned["rule_value"] = value

    def save(self, commit: bool = True) -> Question:
        question: Question = super().save(commit=False)
        cleaned = self.cleaned_data
        if "choice_lines" in self.fields:
            question.choices = _with_keys(cleaned["choice_lines"], question.choices)
        if "matrix_lines" in self.fields:
            question.lines = _with_keys(cleaned["matrix_lines"], question.lines)
        has_rule = bool(cleaned.get("rule_key"))
        for name in ("rule_key", "rule_sign", "rule_value"):
            setattr(question, name, cleaned[name] if has_rule else "")
        if commit:
            question.save()
        return question

    def save_to(self, draft: Version) -> None:
        """To the question with the same key in the draft, which is another row while none was made yet."""
        changed = self.save(commit=False)
        own = draft.questions.get(key=changed.key)
        changed.pk, changed.version, changed.position = own.pk, draft, own.position
        changed.save(force_update=True)


def _as_kept(about: Question, written: str) -> str:
    """The value of a rule as it is kept: the key of a choice, and yes or no of a consent, in whatever language."""
    folded = written.casefold()
    if about.kind == Kind.CONSENT:
        return {_("yes").casefold(): YES, _("no").casefold(): NO}.get(folded, folded)
    return next((choice["key"] for choice in about.choices if choice["text"].casefold() == folded), written)


def _what_to_compare_with(about: Question) -> str:
    if about.choices:
        texts = " · ".join(choice["text"] for choice in about.choices)
        return _("Write one of its choices: %(choices)s") % {"choices": texts}
    if about.kind == Kind.CONSENT:
        return _("Write yes or no.")
    if about.kind == Kind.DATE:
        return _("Write a day like 2026-11-27.")
    return _("Write a number.")


def _with_keys(texts: Sequence[str], known: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    keys = {entry["text"]: entry["key"] for entry in known}
    return [{"key": keys.get(line) or new_key(), "text": line} for line in texts]


class TranslationForm(CarefulForm, forms.Form):
    """All texts of a version in one language; what is left empty is asked in the survey's own."""

    def __init__(self, *args: Any, version: Version, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version, self.language = version, language
        self.rows: list[Question | Version] = [*version.asked, version]
        for question in self.rows:
            known = question.translations.get(language, {})
            for part in texts_of(question):
                field: forms.CharField = _field_for(part)
                field.initial = known.get(part.name, "")
                field.widget.attrs |= {"lang": language, "dir": "auto"}
                self.fields[_name(question, part)] = field
        self.helper = page_layout(*self.fields)

    def save_to(self, draft: Version) -> None:
        rows = {question.key: question for question in draft.questions.all()}
        for before in self.rows:
            target: Question | Version = draft if isinstance(before, Version) else rows[before.key]
            said = {part.name: self.cleaned_data[_name(before, part)] for part in texts_of(before)}
            target.translations[self.language] = {name: words for name, words in said.items() if words}
            target.save(update_fields=["translations"])


def _name(row: Question | Version, part: Text) -> str:
    return f"{row.key if isinstance(row, Question) else 'whole'}-{part.name}"


def _field_for(part: Text) -> forms.CharField:
    label = f"{name_of(part)}: {part.own}"
    if part.lines > 1:
        return NoteInput(label=label, limit=1000, required=False, widget=forms.Textarea(attrs={"rows": part.lines}))
    return LineInput(label=label, limit=300, required=False)
