"""How days and times stand on pages, for every template; see `retention_crm.lib.dates`."""

from datetime import date, datetime, time

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from retention_crm.lib import dates

register = template.Library()


@register.filter(expects_localtime=True)
def written(value: date | datetime | time | None, shape: str) -> str:
    """A day or a time as the reader writes it, in the parts that `shape` names; empty where there is none."""
    return dates.write(value, shape) if value else ""


@register.filter(expects_localtime=True)
def stamped(value: date | datetime, shape: str) -> SafeString:
    """The same, for people and machines."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), dates.write(value, shape))


@register.filter(expects_localtime=True)
def machine(value: date | datetime) -> str:
    """As machines write it, in every language."""
    return value.isoformat()
