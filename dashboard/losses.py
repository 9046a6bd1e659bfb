"""Which losses the page of losses shows: of which days, and behind which figure."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dashboard.periods import YEAR, Days, spans
from retention.forms import PeriodForm
from retention.learning import BACK, COMPETITOR, CONFIRMED, SUSPECTED, UNKNOWN, kind
from retention.models import Cause, LossQuerySet
from retention_crm.lib import text

_KINDS = {
    UNKNOWN: _("Reason not yet known"),
    BACK: _("Won back"),
    SUSPECTED: _("Suspected: %(cause)s"),
    CONFIRMED: _("Confirmed: %(cause)s"),
    COMPETITOR: _("Went to %(cause)s"),
}


@dataclass(frozen=True)
class Choice:
    """What an address chose: the days and the figure."""

    days: Days
    kind: str = ""
    cause: str = ""

    @classmethod
    def read(cls, get: QueryDict, *, on: date) -> "Choice":
        """What is no figure is all of them."""
        wanted, cause = get.get("kind", ""), text.clean_line(get.get("cause", ""))
        is_known = cause in Cause.values if wanted in (SUSPECTED, CONFIRMED) else wanted != COMPETITOR or bool(cause)
        if wanted not in _KINDS or not is_known:
            wanted = cause = ""
        return cls(Days.read(get, on=on), wanted, cause if wanted in (SUSPECTED, CONFIRMED, COMPETITOR) else "")

    @classmethod
    def last_year(cls, on: date) -> "Choice":
        return cls(Days(PeriodForm(), on - YEAR, None))

    def of(self, losses: LossQuerySet) -> LossQuerySet:
        return losses.real().between(self.days.first, self.days.last)

    def behind(self, losses: LossQuerySet) -> LossQuerySet:
        """Those behind the figure."""
        return self.of(losses).filter(kind(self.kind, self.cause))

    @property
    def title(self) -> str:
        """What the list is narrowed to; empty for all."""
        if not self.kind:
            return ""
        label = Cause(self.cause).label if self.kind in (SUSPECTED, CONFIRMED) else self.cause
        return str(_KINDS[self.kind]) % {"cause": label}

    def address(self, **more: Any) -> str:
        """The page with the same days, and with more."""
        return f"{reverse('losses')}?{self.days.query(**more)}"

    @property
    def here(self) -> dict[str, str]:
        return {"kind": self.kind, "cause": self.cause}


def periods(on: date) -> list[tuple[Any, str]]:
    """Spans of days that are asked for again and again, each with its address."""
    return [(label, Choice(days).address()) for label, days in spans(on)]
