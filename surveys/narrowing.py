"""Which responses a page of results counts: of which days, version, owner and segment."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from customers.models import Customer, Segment
from retention_crm.lib import clock
from retention_crm.lib.form_base import DayInput
from surveys.confiding import countable
from surveys.models import (
    Invitation,
    InvitationQuerySet,
    Occasion,
    Response,
    ResponseQuerySet,
    Survey,
    Unnamed,
    UnnamedQuerySet,
    Version,
)

_OF_CUSTOMERS = {"owner": "customer__owner", "team": "customer__owner__team", "segment": "customer__segment"}
_NOT_BEFORE = MinValueValidator(date(1900, 1, 1))


class Given(models.TextChoices):
    """Which answers are counted; they are never mixed."""

    NAMED = "", gettext_lazy("With the name")
    CONFIDENCE = "confidence", gettext_lazy("In confidence")
    LINK = "link", gettext_lazy("By a public link")


class ResultsForm(forms.Form):
    """Everything may be left empty; what is no choice is told at its field, and then nothing is narrowed by it."""

    given = forms.ChoiceField(label=gettext_lazy("Answers"), required=False, choices=Given.choices)
    first = forms.DateField(label=gettext_lazy("From"), widget=DayInput(), required=False, validators=[_NOT_BEFORE])
    last = forms.DateField(label=gettext_lazy("To"), widget=DayInput(), required=False, validators=[_NOT_BEFORE])
    version = forms.ModelChoiceField(
        Version.objects.none(), label=gettext_lazy("Version"), required=False, empty_label=gettext_lazy("All")
    )
    owner = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Owner"), required=False, empty_label=gettext_lazy("All")
    )
    team = forms.ModelChoiceField(
        Team.objects.all(), label=gettext_lazy("Team"), required=False, empty_label=gettext_lazy("All")
    )
    occasion = forms.ModelChoiceField(
        Occasion.objects.none(), label=gettext_lazy("Asked"), required=False, empty_label=gettext_lazy("All")
    )
    segment = forms.ModelChoiceField(
        Segment.objects.all(), label=gettext_lazy("Segment"), required=False, empty_label=gettext_lazy("All")
    )

    def __init__(self, get: QueryDict, *, survey: Survey, user: User) -> None:
        super().__init__(get)
        self.survey, self.user = survey, user
        kinds = self._kinds()
        if len(kinds) > 1:
            given: Any = self.fields["given"]
            given.choices = [(kind.value, kind.label) for kind in kinds]
        else:
            del self.fields["given"]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
        versions: Any = self.fields["version"]
        versions.queryset = survey.versions.filter(published_at__isnull=False)
        versions.label_from_instance = lambda version: _("Version %(number)d") % {"number": version.number}
        occasions: Any = self.fields["occasion"]
        occasions.queryset = survey.occasions.all()
        owners: Any = self.fields["owner"]
        theirs = Customer.objects.visible_to(user).order_by().values("owner")
        owners.queryset = User.objects.filter(pk__in=theirs).order_by("name", "pk")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("Choose a day that is not before the first one."))
        return cleaned

    def _kinds(self) -> list[Given]:
        """What there is of this survey. Who has no name is nobody's customer, so only managers see those."""
        if not self.user.is_manager:
            return [Given.NAMED]
        found = {Given.CONFIDENCE} if self.survey.versions.filter(is_confidential=True).exists() else set()
        found |= {Given.LINK} if self.survey.public_links.exists() else set()
        return [Given.NAMED, *(kind for kind in Given if kind in found)]

    @property
    def kind(self) -> Given:
        return Given(self.cleaned_data.get("given") or "")

    def answers(self, at: datetime) -> ResponseQuerySet | UnnamedQuerySet:
        """Those that were chosen. Of unnamed ones all that may be counted: they are not narrowed any further."""
        self.is_valid()
        if self.kind == Given.CONFIDENCE:
            return countable(self.survey, at)
        if self.kind == Given.LINK:
            return Unnamed.objects.by_link().filter(survey=self.survey)
        return self.responses()

    def responses(self) -> ResponseQuerySet:
        """Those the person may see."""
        self.is_valid()
        rows = Response.objects.visible_to(self.user).filter(invitation__survey=self.survey, version__isnull=False)
        chosen = {"version": "version", **_OF_CUSTOMERS, "occasion": "invitation__occasion"}
        return rows.filter(**self._within("answered_at"), **self._chosen(chosen))

    def invitations(self) -> InvitationQuerySet:
        """Those who were asked on these days, as far as the person may see them; a version is nobody's before."""
        self.is_valid()
        rows = Invitation.objects.visible_to(self.user).filter(survey=self.survey)
        return rows.filter(**self._within("send_at"), **self._chosen({**_OF_CUSTOMERS, "occasion": "occasion"}))

    def _chosen(self, columns: dict[str, str]) -> dict[str, Any]:
        chosen = self.cleaned_data
        return {column: chosen[name] for name, column in columns.items() if chosen.get(name)}

    def _within(self, moment: str) -> dict[str, datetime]:
        first, last, found = self.cleaned_data.get("first"), self.cleaned_data.get("last"), {}
        if first:
            found[f"{moment}__gte"] = self._begin(first)
        if last and last < date.max:
            found[f"{moment}__lt"] = self._begin(last + timedelta(days=1))
        return found

    def _begin(self, day: date) -> datetime:
        return clock.moment(day, time(), self.user.time_zone)

    def versions(self) -> list[Version]:
        """The version that was chosen, or all, the newest first, with their questions."""
        chosen = self.cleaned_data.get("version") if self.kind == Given.NAMED else None
        rows = self.survey.versions.filter(published_at__isnull=False).prefetch_related("questions")
        return list(rows.filter(pk=chosen.pk) if chosen else rows)

    @property
    def query(self) -> str:
        """What was chosen, for an address."""
        chosen = QueryDict(mutable=True)
        chosen.update({name: self.data.get(name, "") for name in self.fields if self.data.get(name)})
        return chosen.urlencode()
