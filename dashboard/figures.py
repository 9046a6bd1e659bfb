"""The figures of the managers' pages as tables for a file: what stands behind each chart, and a little more."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from customers.models import Stage
from dashboard.csv_files import as_csv
from dashboard.list_quality import earlier
from interactions.keeping import Tally as Kept
from interactions.models import Fate
from interactions.records import Records
from retention.counting import Figures
from retention.learning import Lessons
from retention.models import RiskSnapshot
from retention.proving import Proof, Share


def portfolio_as_csv(figures: Figures, currency: str) -> bytes:
    """A line for each figure of the head of the page."""
    return as_csv([_("Figure"), _("Value")], _named(figures, currency).items())


def people_as_csv(loads: Iterable[tuple[User, Figures]], currency: str) -> bytes:
    """A line for each owner."""
    rows = [(str(owner), _named(figures, currency)) for owner, figures in loads]
    names = list(rows[0][1]) if rows else []
    return as_csv([_("Owner"), *names], ([owner, *known.values()] for owner, known in rows))


def stages_as_csv(figures: Figures) -> bytes:
    """A line for each stage, also where nobody is at it."""
    return as_csv([_("Stage"), _("Customers")], ([stage.label, figures.stages.get(stage, 0)] for stage in Stage))


def losses_as_csv(known: Lessons, currency: str) -> bytes:
    """A line for each cause anybody named, and those of all, unknown and won back."""
    value = _("bought in the year before (%(currency)s)") % {"currency": currency}
    head = [_("Cause"), _("Confirmed"), value, _("Suspected"), value]
    causes: list[list[Any]] = [
        [row.cause.label, row.confirmed.number, row.confirmed.value, row.suspected.number, row.suspected.value]
        for row in known.causes
    ]
    for name, tally in (
        (_("All losses"), known.total),
        (_("Reason not yet known"), known.unknown),
        (_("Won back"), known.back),
    ):
        causes.append([name, tally.number, tally.value, "", ""])
    return as_csv(head, causes)


def promises_as_csv(kept: Records[Kept]) -> bytes:
    """A line for all together, for each team and for each person: how many promises had which fate."""
    tallies = [
        (_("All"), "", kept.total),
        *((_("Team"), record.name, record.tally) for record in kept.teams),
        *((_("Person"), record.name, record.tally) for record in kept.people),
    ]
    head = [_("What"), _("Name"), *(fate.label for fate in Fate)]
    return as_csv(head, ([of, name, *(tally.number(fate) for fate in Fate)] for of, name, tally in tallies))


def week_as_csv(turned: Iterable[tuple[RiskSnapshot, list[str]]]) -> bytes:
    """A line for each customer who came in or went out, and why."""
    rows = ([str(row.customer), str(row.customer.owner), row.value, " · ".join(why)] for row, why in turned)
    return as_csv([_("Customer"), _("Owner"), _("Value of the last year"), _("Why")], rows)


def list_as_csv(proof: Proof) -> bytes:
    """A line for the list that is judged, and one for each earlier one."""
    head = [
        *(_("List of"), _("Judged on"), _("On the list"), _("At risk"), _("At risk, went silent or left")),
        *(_("Lower bound"), _("Upper bound"), _("Not at risk"), _("Not at risk, went silent or left")),
        *(_("Longest silent, went silent or left"), _("Saved"), _("At risk again")),
        *(_("Lost with a warning"), _("Lost without a warning"), _("Days of warning")),
    ]
    return as_csv(head, map(_judged, [proof.quality, *earlier(proof.quality)]))


def said_as_csv(proof: Proof) -> bytes:
    """A line for each tenth of the chart of what was said and what came of it."""
    head = [_("Said"), _("Customers"), _("Went silent or left"), _("Share"), _("Lower bound"), _("Upper bound")]
    return as_csv(head, ([f"{bar.said:.4f}", bar.customers, *_share(bar.lost)] for bar in proof.bars))


def _judged(quality: Any) -> list[Any]:
    flagged = Share(quality.flagged_lost, quality.flagged)
    lowest, highest = flagged.bounds
    return [
        *(quality.since.isoformat(), quality.until.isoformat(), quality.ranked, quality.flagged, quality.flagged_lost),
        *(f"{lowest:.4f}", f"{highest:.4f}", quality.others, quality.others_lost, f"{quality.silence_lost:.1f}"),
        *(quality.saved, quality.again, quality.warned, quality.unwarned),
        "" if quality.lead_days is None else quality.lead_days,
    ]


def _share(share: Share) -> list[Any]:
    lowest, highest = share.bounds
    whole = f"{share.found / share.among:.4f}" if share.among else ""
    return [share.found, whole, f"{lowest:.4f}", f"{highest:.4f}"]


def _named(figures: Figures, currency: str) -> dict[str, Any]:
    return {
        _("Customers"): figures.customers,
        _("At risk"): figures.at_risk,
        _("To watch"): figures.watch,
        _("Value at risk (%(currency)s)") % {"currency": currency}: figures.value,
        _("Came to be at risk in a week"): figures.turned_red,
        _("No longer at risk in a week"): figures.red_no_more,
        _("With a cadence"): figures.cared_for,
        _("Overdue"): figures.overdue,
        _("With an open complaint"): figures.complaints,
        _("With a promise that is late"): figures.promises,
        _("Unhappy in a survey in 90 days"): figures.unhappy,
    }
