"""Which losses the page of losses shows: of which days, and behind which figure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from retention.forms import PeriodForm
from retention.learning import BACK, CONFIRMED, SUSPECTED, UNKNOWN, kind
from retention.models import Cause, LossQuerySet
from retention_crm.lib import dates

YEAR = timedelta(days=365)
_KINDS = {
    UNKNOWN: _("Reason not yet known"),
    BACK: _("Won back"),
    SUSPECTED: _("Suspected: %(cause)s"),
    CONFIRMED: _("Confirmed: %(cause)s"),
}


@dataclass(frozen=True)
class Choice:
    """What an address chose: the days, of which None is no limit, and the figure; `form` has what was typed."""

    form: PeriodForm
    first: date | None
    last: date | None
    kind: str = ""
    cause: str = ""

    @classmethod
    def read(cls, get: QueryDict, *, on: date) -> "Choice":
        """Without any days the last year; what is no figure is all of them."""
        is_chosen = "first" in get or "last" in get
        form = PeriodForm(get if is_chosen else {"first": on - YEAR, "last": ""})
        first, last = (form.cleaned_data["first"], form.cleaned_data["last"]) if form.is_valid() else (on - YEAR, None)
        wanted, cause = get.get("kind", ""), get.get("cause", "")
        if wanted not in _KINDS or (wanted in (SUSPECTED, CONFIRMED) and cause not in Cause.values):
            wanted = cause = ""
        return cls(form, first, last, wanted, cause if wanted in (SUSPECTED, CONFIRMED) else "")

    @classmethod
    def last_year(cls, on: date) -> "Choice":
        return cls(PeriodForm(), on - YEAR, None)

    def of(self, losses: LossQuerySet) -> LossQuerySet:
        return losses.real().between(self.first, self.last)

    def behind(self, losses: LossQuerySet) -> LossQuerySet:
        """Those behind the figure."""
        return self.of(losses).filter(kind(self.kind, self.cause))

    @property
    def title(self) -> str:
        """What the list is narrowed to; empty for all."""
        if not self.kind:
            return ""
        return str(_KINDS[self.kind]) % {"cause": Cause(self.cause).label if self.cause else ""}

    @property
    def words(self) -> str:
        """The days in words."""
        first, last = (dates.write(day, "day") if day else "" for day in (self.first, self.last))
        if first and last:
            return str(_("%(first)s to %(last)s")) % {"first": first, "last": last}
        if first:
            return str(_("since %(day)s")) % {"day": first}
        return str(_("until %(day)s")) % {"day": last} if last else str(_("all the time"))

    def address(self, **more: Any) -> str:
        """The page with the same days, and with more."""
        query = QueryDict(mutable=True)
        query["first"] = self.first.isoformat() if self.first else ""
        query["last"] = self.last.isoformat() if self.last else ""
        query.update({name: value for name, value in more.items() if value})
        return f"{reverse('losses')}?{query.urlencode()}"

    @property
    def here(self) -> dict[str, str]:
        return {"kind": self.kind, "cause": self.cause}


def periods(on: date) -> list[tuple[Any, str]]:
    """Spans of days that are asked for again and again, each with its address."""
    spans = [
        (_("90 days"), on - timedelta(days=90), None),
        (_("A year"), on - YEAR, None),
        (_("This year"), date(on.year, 1, 1), None),
        (_("Last year"), date(on.year - 1, 1, 1), date(on.year - 1, 12, 31)),
        (_("All"), None, None),
    ]
    empty = PeriodForm()
    return [(label, Choice(empty, first, last).address()) for label, first, last in spans]
