"""The stage of a relationship in words: what speaks for which, and what the next one takes."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from customers.models import Customer, Stage
from retention.advancing import Evidence, Standing

_THERE: dict[Evidence, Any] = {
    Evidence.TALKS: ngettext_lazy("%(n)d conversation", "%(n)d conversations", "n"),
    Evidence.MEETINGS: ngettext_lazy("%(n)d meeting", "%(n)d meetings", "n"),
    Evidence.PEOPLE: ngettext_lazy("%(n)d person met", "%(n)d people met", "n"),
    Evidence.PURCHASES: ngettext_lazy("%(n)d purchase", "%(n)d purchases", "n"),
    Evidence.REFERRALS: ngettext_lazy("%(n)d referral", "%(n)d referrals", "n"),
    Evidence.YEARS: ngettext_lazy("%(n)d year with us", "%(n)d years with us", "n"),
}
_MORE: dict[Evidence, Any] = {
    Evidence.TALKS: ngettext_lazy("%(n)d more conversation", "%(n)d more conversations", "n"),
    Evidence.MEETINGS: ngettext_lazy("%(n)d more meeting", "%(n)d more meetings", "n"),
    Evidence.PEOPLE: ngettext_lazy("%(n)d more person met", "%(n)d more people met", "n"),
    Evidence.PURCHASES: ngettext_lazy("%(n)d more purchase", "%(n)d more purchases", "n"),
    Evidence.REFERRALS: ngettext_lazy("%(n)d more referral", "%(n)d more referrals", "n"),
    Evidence.YEARS: ngettext_lazy("%(n)d more year with us", "%(n)d more years with us", "n"),
}


@dataclass(frozen=True)
class StageLine:
    """`evidence` and `missing` are lists in words; `suggested` is a stage to move to, if the evidence speaks for it."""

    label: str
    evidence: str
    suggested: Stage | None
    following: str
    missing: str

    @property
    def words(self) -> str:
        """What the evidence says of the stage."""
        if self.suggested:
            return _("The last year speaks for %(stage)s.") % {"stage": self.suggested.label}
        if self.missing:
            shown = {"stage": self.following, "missing": self.missing}
            return _("For %(stage)s it takes %(missing)s.") % shown
        return ""


def stage_line(customer: Customer, found: Standing) -> StageLine:
    evidence = [str(_THERE[what] % {"n": number}) for what, number in found.evidence.items() if number]
    missing = [str(_MORE[what] % {"n": number}) for what, number in found.missing.items()]
    return StageLine(
        label=customer.get_stage_display(),
        evidence=", ".join(evidence) or _("Nothing in the last year."),
        suggested=found.suggested if not customer.is_lost else None,
        following=str(found.following.label) if found.following else "",
        missing=", ".join(missing),
    )
