"""The risk in words a person can act on; the numbers come from the stored row, the day from the reader."""

from collections.abc import Callable
from datetime import date

from django.utils.translation import gettext, ngettext

from retention.models import Band, CustomerRisk, RiskScale
from retention_crm.lib import dates


def reasons_in_words(risk: CustomerRisk, *, on: date, scale: RiskScale | None = None) -> list[str]:
    """One plain sentence for each known reason, the silence first, as seen on that (local) day.

    With a scale, what all of them together make of the chance comes last.
    """
    silence = [_silence(risk, on)] if risk.contact_days else []
    return silence + signals_in_words(risk, on=on) + _chance(risk, scale)


def signals_in_words(risk: CustomerRisk, *, on: date) -> list[str]:
    """What is known beside the silence, one sentence each; the heaviest first."""
    return [_SIGNALS[reason["code"]](reason, on) for reason in risk.reasons if reason["code"] in _SIGNALS]


def summary(risk: CustomerRisk, on: date) -> str:
    """The silence in a few words, for a row of a list: “quiet 41 d, usually 14”."""
    if risk.last_day is None or risk.rhythm_days is None:
        return gettext("no contact yet")
    quiet = {"quiet": max((on - risk.last_day).days, 0), "usual": _whole(risk.rhythm_days)}
    if risk.contact_days == 1:
        return gettext("quiet %(quiet)d d, one contact so far") % quiet
    return gettext("quiet %(quiet)d d, usually %(usual)d") % quiet


def _silence(risk: CustomerRisk, on: date) -> str:
    if risk.last_day is None or risk.rhythm_days is None:
        return gettext("No contact yet.")
    quiet, usual = max((on - risk.last_day).days, 0), _whole(risk.rhythm_days)
    if risk.contact_days == 1:
        return _one_contact(quiet)
    words = {"contacts": risk.contact_days, "quiet": quiet, "usual": usual}
    rhythm = (
        ngettext(
            "Usually every day (%(contacts)d contacts)", "Usually every %(usual)d days (%(contacts)d contacts)", usual
        )
        % words
    )
    if quiet == 0:
        return gettext("%(rhythm)s; in touch today.") % {"rhythm": rhythm}
    if quiet <= usual:
        last = (
            ngettext("last contact or purchase yesterday.", "last contact or purchase %(quiet)d days ago.", quiet)
            % words
        )
    else:
        last = ngettext("silent for %(quiet)d day.", "silent for %(quiet)d days.", quiet) % words
    return f"{rhythm}; {last}"


def _chance(risk: CustomerRisk, scale: RiskScale | None) -> list[str]:
    """Nothing where there is too little to say even whether they are healthy."""
    if scale is None or risk.risk is None or risk.band == Band.UNKNOWN:
        return []
    words = {"percent": scale.percent(risk.risk), "days": scale.horizon_days}
    return [gettext("Chance of no contact in the next %(days)d days: %(percent)d %%.") % words]


def _one_contact(quiet: int) -> str:
    if quiet == 0:
        return gettext("One contact so far, today.")
    return ngettext(
        "One contact so far, %(quiet)d day ago.", "One contact so far, %(quiet)d days ago.", quiet
    ) % {"quiet": quiet}  # fmt: skip


def _whole(days: float) -> int:
    """A rhythm is at least a day: several contacts on one day count once."""
    return max(round(days), 1)


type _Reason = dict[str, str | int | float]


def _day(reason: _Reason, key: str, on: date) -> dict[str, str]:
    """The day of a reason; with the year where that is not the present one."""
    day = date.fromisoformat(str(reason[key]))
    return {"day": dates.write(day, "day of year" if day.year == on.year else "day")}


def _opinion(text: str, reason: _Reason, on: date) -> str:
    return text % {"score": reason["score"], **_day(reason, "on", on)}


_SIGNALS: dict[str, Callable[[_Reason, date], str]] = {
    "complaint_open": lambda reason, on: gettext("Open complaint since %(day)s.") % _day(reason, "since", on),
    "complaint_resolved": lambda reason, on: gettext("Complaint resolved on %(day)s.") % _day(reason, "on", on),
    "detractor": lambda reason, on: _opinion(gettext("Answered %(score)s of 10 on %(day)s."), reason, on),
    "promoter": lambda reason, on: _opinion(gettext("Would recommend us: %(score)s of 10 on %(day)s."), reason, on),
    "promise_overdue": lambda reason, on: gettext("A promise is overdue since %(day)s.") % _day(reason, "since", on),
    "promise_late": lambda reason, on: gettext("A promise was kept late, on %(day)s.") % _day(reason, "on", on),
    "missed_by_us": lambda reason, on: gettext("We missed an appointment on %(day)s.") % _day(reason, "on", on),
}
