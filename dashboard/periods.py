"""The days a page of figures is about, as its address names them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from retention.forms import PeriodForm
from retention_crm.lib import clock, dates

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Days:
    """From the first to the last, both included; None is no limit. `form` has what was typed."""

    form: PeriodForm
    first: date | None
    last: date | None

    @classmethod
    def read(cls, get: QueryDict, *, on: date) -> "Days":
        """Without any days the last year."""
        is_chosen = "first" in get or "last" in get
        form = PeriodForm(get if is_chosen else {"first": on - YEAR, "last": ""})
        if form.is_valid():
            return cls(form, form.cleaned_data["first"], form.cleaned_data["last"])
        return cls(form, on - YEAR, None)

    def moments(self, zone: str) -> tuple[datetime | None, datetime | None]:
        """When they begin and when they are over, by the calendar of that time zone; None is no limit."""
        return (
            clock.moment(self.first, time(), zone) if self.first else None,
            clock.moment(self.last + timedelta(days=1), time(), zone) if self.last else None,
        )

    @property
    def words(self) -> str:
        first, last = (dates.write(day, "day") if day else "" for day in (self.first, self.last))
        if first and last:
            return str(_("%(first)s to %(last)s")) % {"first": first, "last": last}
        if first:
            return str(_("since %(day)s")) % {"day": first}
        return str(_("until %(day)s")) % {"day": last} if last else str(_("all the time"))

    def query(self, **more: Any) -> str:
        """For an address with the same days, and with more."""
        query = QueryDict(mutable=True)
        query["first"] = self.first.isoformat() if self.first else ""
        query["last"] = self.last.isoformat() if self.last else ""
        query.update({name: value for name, value in more.items() if value})
        return query.urlencode()


def spans(on: date) -> list[tuple[Any, Days]]:
    """Spans of days that are asked for again and again."""
    empty = PeriodForm()
    return [
        (_("90 days"), Days(empty, on - timedelta(days=90), None)),
        (_("A year"), Days(empty, on - YEAR, None)),
        (_("This year"), Days(empty, date(on.year, 1, 1), None)),
        (_("Last year"), Days(empty, date(on.year - 1, 1, 1), date(on.year - 1, 12, 31))),
        (_("All"), Days(empty, None, None)),
    ]
