"""Forms of bad news: what it is and whom it touches, and how one customer was told or is to be told."""

import re
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Div, Field
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from customers.models import Customer, CustomerQuerySet, Segment
from interactions.forms import Chips
from interactions.models import TOUCHPOINT_KINDS, How, Interaction, Kind, Notice, NoticeFor, Outcome
from retention_crm.lib import text
from retention_crm.lib.form_base import HALF, CarefulForm, DayInput, page_layout, row
from retention_crm.lib.form_fields import LineInput, NoteInput

if TYPE_CHECKING:
    _NoticeModelForm = forms.ModelForm[Notice]
else:
    _NoticeModelForm = forms.ModelForm

MOST = 2000
FURTHEST = timedelta(days=366)
_NAMED = {"segment", "owner", "team", "names"}
# What the look-ahead writes behind a name, so that two of one name can be told apart.
_NUMBERED = re.compile(r".*#([0-9]{1,18})")
_KIND_OF = {How.IN_PERSON: Kind.MEETING, How.CALL: Kind.CALL, How.MAIL: Kind.EMAIL}


class NoticeForm(CarefulForm, _NoticeModelForm):
    """News, and the customers it touches: all of a segment, of an owner, of a team, or those named one by one."""

    title = LineInput(
        label=gettext_lazy("What is it?"),
        limit=200,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("New prices from 1 January")}),
    )
    words = NoteInput(
        label=gettext_lazy("What does it mean for them?"),
        limit=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("In plain words. Who gets a mail reads it as it stands here."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
    whom = forms.ChoiceField(
        label=gettext_lazy("Whom does it touch?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose whom it touches.")},
    )
    segment = forms.ModelChoiceField(Segment.objects.all(), label=gettext_lazy("Segment"), required=False)
    owner = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Looked after by"), required=False)
    team = forms.ModelChoiceField(Team.objects.all(), label=gettext_lazy("Team"), required=False)
    names = NoteInput(
        label=gettext_lazy("Names of customers, one a line"),
        limit=400_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    class Meta:
        model = Notice
        fields = ["title", "kind", "words", "tell_by", "how"]
        labels = {"tell_by": gettext_lazy("To be told by"), "how": gettext_lazy("How to tell them")}
        widgets = {"kind": forms.RadioSelect, "how": forms.RadioSelect, "tell_by": DayInput()}

    def __init__(self, *args: Any, user: User, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.at = user, at
        self.customers: list[Customer] = []
        self._choose_from("owner", User.objects.get_queryset().colleagues_of(user))
        teams = Team.objects.all() if user.sees_everything else Team.objects.filter(members=user)
        self._choose_from("team", teams)
        whom = [("segment", _("A segment")), ("owner", _("Of one person")), ("team", _("Of a team"))]
        whom = whom if teams.exists() else whom[:2]
        field = self.fields["whom"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*whom, ("names", _("By name"))]
        self.helper = page_layout(
            Field("title"),
            Chips("kind"),
            Field("words"),
            row(Field("tell_by", wrapper_class=HALF)),
            Chips("how"),
            Chips("whom"),
            *(Div(Field(name), css_class=f"only-{name}") for name in ("segment", "owner", "team")),
            Field("key"),
        )
        self.names_layout = page_layout(Div(Field("names")))

    def _choose_from(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def clean_tell_by(self) -> date:
        day: date = self.cleaned_data["tell_by"]
        today = self.user.today(self.at)
        if day < today:
            raise ValidationError(_("This day has passed. Choose today or a day that is still to come."))
        if day > today + FURTHEST:
            raise ValidationError(_("This is more than a year away. Choose an earlier day."))
        return day

    def clean_words(self) -> str:
        words: str = self.cleaned_data["words"]
        if not words.strip():
            raise ValidationError(_("Say what it means for them."))
        return words

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        whom = cleaned.get("whom")
        if whom in _NAMED and whom not in self.errors:
            self._find(whom, cleaned.get(whom))
        return cleaned

    def _find(self, whom: str, chosen: Any) -> None:
        """Fills `customers`, or says at the field why there are none."""
        mine: CustomerQuerySet = Customer.objects.editable_by(self.user).kept()
        if not chosen or (whom == "names" and not chosen.strip()):
            self.add_error(whom, _("Write at least one name.") if whom == "names" else _("Choose one."))
            return
        narrowed = {
            "segment": lambda: mine.filter(segment=chosen),
            "owner": lambda: mine.filter(owner=chosen),
            "team": lambda: mine.filter(owner__team=chosen),
            "names": lambda: mine.filter(pk__in=self._named(mine, chosen)),
        }[whom]()
        found = list(narrowed.select_related("owner").order_by("sort_key", "pk")[: MOST + 1])
        if not found and whom not in self.errors:
            self.add_error(whom, _("There is no customer of yours in it."))
        elif len(found) > MOST:
            self.add_error(whom, _("These are more than %(most)d customers. Narrow it down.") % {"most": MOST})
        self.customers = found

    def _named(self, mine: CustomerQuerySet, names: str) -> set[int]:
        """The ids of those named; a line nobody or more than one fits is said at the field."""
        lines = {line: text.sort_key(line)[:400] for line in map(text.clean_line, names.splitlines()) if line}
        numbers = {line: int(found[1]) for line in lines if (found := _NUMBERED.fullmatch(line))}
        known = set(mine.filter(pk__in=numbers.values()).values_list("pk", flat=True))
        by_name: dict[str, list[int]] = defaultdict(list)
        for key, pk in mine.filter(sort_key__in=lines.values()).values_list("sort_key", "pk"):
            by_name[key].append(pk)
        named: set[int] = set()
        for line, key in lines.items():
            fitting = [numbers[line]] if numbers.get(line) in known else by_name[key]
            named.update(fitting)
            if len(fitting) != 1:
                self.add_error("names", self._misfit(line, many=len(fitting) > 1))
        return named

    def _misfit(self, line: str, *, many: bool) -> str:
        if many:
            sentence = _("“%(name)s” fits more than one customer. Look it up here and choose the one you mean.")
            return sentence % {"name": line}
        return _("None of your customers is called “%(name)s”.") % {"name": line}


class ToldForm(forms.Form):
    """How a customer was told."""

    kind = forms.ChoiceField(
        label=gettext_lazy("How were they told?"),
        choices=[(kind, kind.label) for kind in TOUCHPOINT_KINDS],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how they were told.")},
    )
    note = NoteInput(
        label=gettext_lazy("What did they say?"), limit=10_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, told: NoticeFor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told = told
        self.initial = {"kind": _KIND_OF[How(told.how)], **self.initial}
        self.fields["contact"] = forms.ModelChoiceField(
            told.customer.contacts.filter(deceased=False),
            label=_("Who was told?"),
            required=False,
            empty_label=_("Nobody in particular"),
            initial=told.customer.contacts.filter(is_primary=True, deceased=False).first(),
        )
        self.helper = page_layout(Chips("kind"), Field("contact"), Field("note"))

    def interaction(self, *, by: User, at: datetime) -> Interaction:
        """The conversation to log. Only for a valid form."""
        given = self.cleaned_data
        heading = _("Told: %(title)s") % {"title": self.told.notice.title}
        return Interaction(
            customer=self.told.customer,
            contact=given["contact"],
            author=by,
            kind=given["kind"],
            outcome=Outcome.HELD,
            happened_at=at,
            created_at=at,
            notes=f"{heading}\n{given['note']}".strip(),
        )


class HowForm(forms.Form):
    """Another way to tell one customer; by mail only if nothing speaks against it (`why_no_mail`)."""

    how = forms.ChoiceField(
        label=gettext_lazy("How to tell them"),
        choices=How.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how.")},
    )

    def __init__(self, *args: Any, why_no_mail: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.why_no_mail = why_no_mail
        self.helper = page_layout(Chips("how"))

    def clean_how(self) -> str:
        how: str = self.cleaned_data["how"]
        if how == How.MAIL and self.why_no_mail:
            raise ValidationError(self.why_no_mail)
        return how
