"""What the rows of lists of customers repeat: days in words and bands of risk.

A page has hundreds of them and few differ, so each is written once for a language and kept.
"""

from datetime import date
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from retention.models import Band, CustomerRisk, HealthChange
from retention_crm.lib import dates

BADGES = {Band.AT_RISK: "badge-risk", Band.WATCH: "badge-watch", Band.HEALTHY: "badge-well"}


def ago(day: date, today: date) -> SafeString:
    """How long ago that day was, in days; a day to come, seen from another time zone, is today."""
    return _ago(day, today, get_language(), dates.style())


def due(day: date, today: date) -> SafeString:
    """How far away a due day is, or how long it is over."""
    return _due(day, today, get_language(), dates.style())


def band(risk: CustomerRisk | HealthChange | None) -> SafeString:
    """The band of a customer's health in words, with the score; without one there is not enough data."""
    # In a template who has none has an empty text.
    if not risk:
        return _band(Band.UNKNOWN.value, None, get_language())
    return _band(risk.band, risk.health, get_language())


@lru_cache(maxsize=4096)
def _ago(day: date, today: date, _language: str | None, _style: dates.Style) -> SafeString:
    days = (today - day).days
    if days <= 0:
        return _time(day, gettext("today"))
    if days == 1:
        return _time(day, gettext("yesterday"))
    return _time(day, ngettext("%(days)d day ago", "%(days)d days ago", days) % {"days": days})


@lru_cache(maxsize=4096)
def _due(day: date, today: date, _language: str | None, _style: dates.Style) -> SafeString:
    days = (day - today).days
    if days == 0:
        return _time(day, gettext("today"))
    if days == 1:
        return _time(day, gettext("tomorrow"))
    if days > 0:
        return _time(day, ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days})
    return _time(day, ngettext("%(days)d day over", "%(days)d days over", -days) % {"days": -days}, "text-risk")


@lru_cache(maxsize=2048)
def _band(value: str, health: int | None, _language: str | None) -> SafeString:
    known = Band(value)
    score = "" if health is None else f" {health}"
    return format_html('<span class="badge {}">{}{}</span>', BADGES.get(known, "badge-quiet"), known.label, score)


def _time(day: date, words: str, css: str = "") -> SafeString:
    return format_html(
        '<time class="{}" datetime="{}" title="{}">{}</time>', css, day.isoformat(), dates.write(day, "day"), words
    )
