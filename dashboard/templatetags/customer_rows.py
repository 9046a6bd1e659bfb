"""Words for the rows of the customer list."""

from datetime import date

from django import template
from django.utils.translation import gettext, ngettext

register = template.Library()


@register.filter
def ago(day: date, today: date) -> str:
    """How long ago that day was, in days; a day to come, seen from another time zone, is today."""
    days = (today - day).days
    if days <= 0:
        return gettext("today")
    if days == 1:
        return gettext("yesterday")
    return ngettext("%(days)d day ago", "%(days)d days ago", days) % {"days": days}


@register.filter
def due(day: date, today: date) -> str:
    """How far away a due day is, or how long it is over."""
    days = (day - today).days
    if days == 0:
        return gettext("today")
    if days == 1:
        return gettext("tomorrow")
    if days > 0:
        return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
    return ngettext("%(days)d day over", "%(days)d days over", -days) % {"days": -days}
