"""The risk in words a person can act on; the numbers come from the stored row, the day from the reader."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext, ngettext

from retention.models import Band, CustomerRisk, HealthChange, RiskScale
from retention.rhythm import HORIZON_DAYS
from retention_crm.lib import dates

type _Reason = dict[str, str | int | float]


@dataclass(frozen=True)
class Line:
    """One reason in words, and how many points it gives or takes; None where there is no score."""

    words: str
    points: int | None


def reasons_in_words(risk: CustomerRisk, *, on: date, scale: RiskScale | None = None) -> list[str]:
    """One plain sentence for each known reason, the silence first, as seen on that (local) day.

    With a scale, what all of them together make of the chance comes last.
    """
    return [line.words for line in account(risk, on=on)] + chance_in_words(risk, scale)


def account(risk: CustomerRisk, *, on: date) -> list[Line]:
    """What the score is made of, the silence first; the points and 100 add up to it."""
    points = next((reason.get("points") for reason in risk.reasons if reason["code"] == "silence"), None)
    silence = [Line(_silence(risk, on), points)] if risk.contact_days else []
    return silence + _signal_lines(risk.reasons, on)


def account_of_then(change: HealthChange, *, on: date) -> list[Line]:
    """What the score was made of when it moved to where this change left it, as it was said on that day."""
    silence = [
        Line(_quiet(reason["contacts"], (on - date.fromisoformat(reason["last"])).days, reason["rhythm"]), points)
        for reason in change.reasons
        if reason["code"] == "silence" and (points := reason.get("points")) is not None
    ]
    return silence + _signal_lines(change.reasons, on)


def _signal_lines(reasons: list[_Reason], on: date) -> list[Line]:
    known = [(reason, _SIGNALS[str(reason["code"])]) for reason in reasons if reason["code"] in _SIGNALS]
    return [Line(in_words(reason, on), _points(reason)) for reason, in_words in known]


def _points(reason: _Reason) -> int | None:
    return int(reason["points"]) if "points" in reason else None


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


def who_went_quiet(risk: CustomerRisk, on: date) -> str:
    """Whether it was they or we, where the silence is longer than usual; empty otherwise."""
    silence = _long_silence(risk, on)
    if silence is None:
        return ""
    if not (tries := int(silence.get("tries", 0))):
        return gettext("We went quiet: nobody has tried to reach them since.")
    words = ngettext(
        "They went quiet: we tried once since, on %(day)s, without an answer.",
        "They went quiet: we tried %(tries)d times since, last on %(day)s, without an answer.",
        tries,
    )
    return words % {"tries": tries, **_day(silence, "tried", on)}


def who_went_quiet_in_short(risk: CustomerRisk, on: date) -> str:
    """The same for a row of a list."""
    silence = _long_silence(risk, on)
    if silence is None:
        return ""
    if not (tries := int(silence.get("tries", 0))):
        return gettext("we went quiet, nobody tried")
    return ngettext("they went quiet, tried once", "they went quiet, tried %(tries)d times", tries) % {"tries": tries}


def _long_silence(risk: CustomerRisk, on: date) -> "_Reason | None":
    """What is known of the silence of somebody who has been silent for longer than usual."""
    if risk.last_day is None or risk.rhythm_days is None or (on - risk.last_day).days <= _whole(risk.rhythm_days):
        return None
    return next((reason for reason in risk.reasons if reason["code"] == "silence"), None)


def _silence(risk: CustomerRisk, on: date) -> str:
    if risk.last_day is None or risk.rhythm_days is None:
        return gettext("No contact yet.")
    return _quiet(risk.contact_days, (on - risk.last_day).days, risk.rhythm_days)


def _horizon(risk: CustomerRisk) -> int:
    """How many days the risk looks ahead."""
    named = (int(reason["horizon"]) for reason in risk.reasons if "horizon" in reason)
    return next(named, HORIZON_DAYS)


def _quiet(contacts: int, quiet: int, rhythm_days: float) -> str:
    quiet, usual = max(quiet, 0), _whole(rhythm_days)
    if contacts == 1:
        return _one_contact(quiet)
    words = {"contacts": contacts, "quiet": quiet, "usual": usual}
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


def chance_in_words(risk: CustomerRisk, scale: RiskScale | None) -> list[str]:
    """What all reasons together make of the chance.

    Nothing where it cannot even be said whether they are healthy, or where the risk looks ahead further or less far
    than what was back-tested.
    """
    percent = chance(risk, scale)
    if scale is None or percent is None:
        return []
    words = {"percent": percent, "days": scale.horizon_days}
    return [gettext("Chance of no contact in the next %(days)d days: %(percent)d %%.") % words]


def chance(risk: CustomerRisk, scale: RiskScale | None) -> int | None:
    """The same in percent, for a row of a list."""
    if scale is None or risk.risk is None or risk.band == Band.UNKNOWN or _horizon(risk) != scale.horizon_days:
        return None
    return scale.percent(risk.risk)


def _one_contact(quiet: int) -> str:
    if quiet == 0:
        return gettext("One contact so far, today.")
    return ngettext(
        "One contact so far, %(quiet)d day ago.", "One contact so far, %(quiet)d days ago.", quiet
    ) % {"quiet": quiet}  # fmt: skip


def _whole(days: float) -> int:
    """A rhythm is at least a day: several contacts on one day count once."""
    return max(round(days), 1)


def _day(reason: _Reason, key: str, on: date) -> dict[str, str]:
    """The day of a reason; with the year where that is not the present one."""
    day = date.fromisoformat(str(reason[key]))
    return {"day": dates.write(day, "day of year" if day.year == on.year else "day")}


def _opinion(text: str, reason: _Reason, on: date) -> str:
    return text % {"score": reason["score"], **_day(reason, "on", on)}


_SIGNALS: dict[str, Callable[[_Reason, date], str]] = {
    "complaint_open": lambda reason, on: gettext("Open complaint since %(day)s.") % _day(reason, "since", on),
    "complaint_severe": lambda reason, on: gettext("Severe complaint, open since %(day)s.") % _day(reason, "since", on),
    "complaint_resolved": lambda reason, on: gettext("Complaint resolved on %(day)s.") % _day(reason, "on", on),
    "detractor": lambda reason, on: _opinion(gettext("Answered %(score)s of 10 on %(day)s."), reason, on),
    "promoter": lambda reason, on: _opinion(gettext("Would recommend us: %(score)s of 10 on %(day)s."), reason, on),
    "promise_overdue": lambda reason, on: gettext("A promise is overdue since %(day)s.") % _day(reason, "since", on),
    "promise_late": lambda reason, on: gettext("A promise was kept late, on %(day)s.") % _day(reason, "on", on),
    "missed_by_us": lambda reason, on: gettext("We missed an appointment on %(day)s.") % _day(reason, "on", on),
    "champion_left": lambda reason, on: gettext("Lost their champion: they left on %(day)s.") % _day(reason, "on", on),
    "leaving": lambda reason, on: (
        gettext("They said that they want to leave, noted on %(day)s.") % _day(reason, "since", on)
    ),
    "judgement": lambda reason, on: gettext("Our own judgement, until %(day)s.") % _day(reason, "until", on),
}
