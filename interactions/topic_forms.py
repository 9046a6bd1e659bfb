"""Forms for what several customers wish for: putting wishes together, naming it, and what became of it."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from interactions.models import Wish, WishQuerySet, WishState, WishTopic
from interactions.wish_forms import DecisionForm
from retention_crm.lib import text
from retention_crm.lib.form_base import CarefulForm, page_layout
from retention_crm.lib.form_fields import LineInput

if TYPE_CHECKING:
    _TopicModelForm = forms.ModelForm[WishTopic]
else:
    _TopicModelForm = forms.ModelForm

NAME_LIMIT = 120


class _SaidBy(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Wishes with who said them."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.text} · {obj.customer}"


class TogetherForm(CarefulForm, forms.Form):
    """With which topic, known or new, and which other wishes; `topics` and `others` are offered, likely ones first."""

    topic = forms.ModelChoiceField(
        WishTopic.objects.none(),
        label=gettext_lazy("It is the same as"),
        required=False,
        empty_label=gettext_lazy("Something new"),
    )
    name = LineInput(label=gettext_lazy("What is it, in a few words?"), limit=NAME_LIMIT, required=False)
    others = _SaidBy(
        Wish.objects.none(),
        label=gettext_lazy("These sound alike: put them with it"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, wish: Wish, topics: list[Any], others: WishQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is only the nearest of what there is would be put together by a hasty click.
        first = topics[0] if topics and topics[0].is_like else None
        self.initial = {"topic": first and first.pk, "name": text.excerpt(wish.text, NAME_LIMIT)}
        known, alike = self.fields["topic"], self.fields["others"]
        assert isinstance(known, forms.ModelChoiceField) and isinstance(alike, forms.ModelMultipleChoiceField)
        known.queryset, alike.queryset = WishTopic.objects.all(), others
        known.choices = [("", known.empty_label or ""), *((topic.pk, topic.name) for topic in topics)]
        rows = ["topic", "name", *(["others"] if others else [])]
        self.helper = page_layout(*rows)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("topic") is None and "topic" not in self.errors and not cleaned.get("name", "").strip():
            self.add_error("name", _("Say in a few words what it is, or choose what it is the same as."))
        return cleaned

    @property
    def chosen(self) -> WishTopic:
        """The topic, made if it is a new one. Only of a valid form."""
        return self.cleaned_data["topic"] or WishTopic.named(self.cleaned_data["name"])


class TopicForm(CarefulForm, _TopicModelForm):
    class Meta:
        model = WishTopic
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("name")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if WishTopic.objects.filter(key=text.sort_key(name)).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is one of that name already. Put the wishes with that one."))
        return name


class TopicOutcomeForm(DecisionForm):
    """What becomes of all wishes of a topic; `waiting` is how many of those who said them want to hear of it."""

    def __init__(self, *args: Any, waiting: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"state": WishState.DONE, "tell": True, **self.initial}
        label = ngettext(
            "Tell the one who wants to hear of it by mail", "Tell the %(n)d who want to hear of it by mail", waiting
        )
        self.ask(label % {"n": waiting} if waiting else "")

    @property
    def told_to(self) -> dict[str, bool]:
        """What changes about who is told: nobody, where that was said; those who want it otherwise."""
        says_no = "tell" in self.fields and not self.cleaned_data["tell"] and self.becomes != WishState.PLANNED
        return {"wants_answer": False} if says_no else {}
