"""Moments and texts as the pages show them; times by the clock of the person at the browser."""

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.models import Contact
from interactions.models import Interaction, Kind
from retention_crm.lib import clock, dates, text

register = template.Library()
register.filter("zone_label", clock.zone_label)

NEAR_DAYS = 30
KIND_ICONS = {
    Kind.CALL: "telephone",
    Kind.MEETING: "people",
    Kind.VISIT: "geo-alt",
    Kind.EMAIL: "envelope",
    Kind.MESSAGE: "chat-dots",
    Kind.PURCHASE: "cart",
    Kind.GESTURE: "gift",
    Kind.REFERRAL: "person-plus",
}
_AFTER = {
    Kind.CALL: gettext_lazy("Recap sent, %(time)s after the call"),
    Kind.MEETING: gettext_lazy("Recap sent, %(time)s after the meeting"),
    Kind.VISIT: gettext_lazy("Recap sent, %(time)s after the visit"),
}
ABSOLUTE = "day, time"


def day_words(day: date, today: date) -> str:
    """Today, tomorrow, 3 days ago; the date itself where it is more than a month away."""
    days = (day - today).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    if days == -1:
        return _("yesterday")
    if abs(days) > NEAR_DAYS:
        return dates.write(day, "day")
    if days > 0:
        return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
    return ngettext("%(days)d day ago", "%(days)d days ago", -days) % {"days": -days}


@register.filter
def when(moment: datetime, at: datetime) -> SafeString:
    """When something happened, as seen at `at`: the day in words, the time for yesterday and today."""
    local, now = timezone.localtime(moment), timezone.localtime(at)
    words = day_words(local.date(), now.date())
    if abs((local.date() - now.date()).days) <= 1:
        words = _("%(day)s at %(time)s") % {"day": words, "time": dates.write(local, "time")}
    return _time(words, local, "")


@register.filter
def due(moment: datetime, at: datetime) -> SafeString:
    """By when something is to be done, and plainly where that has passed."""
    local, now = timezone.localtime(moment), timezone.localtime(at)
    days = (local.date() - now.date()).days
    time = {"time": dates.write(local, "time")}
    if days < 0:
        late = ngettext("%(days)d day late", "%(days)d days late", -days) % {"days": -days}
        return _time(late, local, "text-risk")
    if days == 0 and local < now:
        return _time(_("was due at %(time)s") % time, local, "text-risk")
    if days == 0:
        return _time(_("by %(time)s") % time, local, "")
    return _time(_("by %(day)s, %(time)s") % {"day": _by_day(local.date(), days), **time}, local, "")


@register.filter
def waiting(moment: datetime, at: datetime) -> str:
    """How long something has been waiting."""
    minutes = max(0, int((at - moment).total_seconds() // 60))
    if minutes < 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", hours // 24) % {"n": hours // 24}


@register.filter
def working_time(worked: timedelta) -> str:
    """An amount of working time: minutes, or hours of work."""
    minutes = int(worked.total_seconds() // 60)
    if minutes < 60:
        return ngettext("%(n)d working minute", "%(n)d working minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("%(n)d working hour", "%(n)d working hours", hours) % {"n": hours}


@register.filter
def recapped(interaction: Interaction, sent_at: datetime) -> str:
    """How soon after a conversation its recap was sent."""
    if sent_at - interaction.happened_at < timedelta(minutes=1):
        return _("Recap sent at once")
    return str(_AFTER[Kind(interaction.kind)]) % {"time": waiting(interaction.happened_at, sent_at)}


@register.filter
def birthday(contact: Contact) -> str:
    """The birthday in words, with the year where it is known."""
    if not (contact.birthday_month and contact.birthday_day):
        return ""
    day = date(contact.birthday_year or 2000, contact.birthday_month, contact.birthday_day)
    return dates.write(day, "day" if contact.birthday_year else "day of year")


@register.filter
def kind_icon(interaction: Interaction) -> str:
    """The name of the icon that stands for a kind of interaction."""
    return KIND_ICONS[Kind(interaction.kind)]


@register.filter
def excerpt(value: str) -> str:
    """The beginning of a longer text, on one line."""
    return text.excerpt(value)


@register.filter
def day(value: date, today: date) -> SafeString:
    """A day in words; the date itself on hover."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        dates.write(value, "day"),
        day_words(value, today),
    )


def _by_day(day: date, days: int) -> str:
    """Tomorrow, a day of the coming week, or the date."""
    if days == 1:
        return _("tomorrow")
    return dates.write(day, "name of day") if days < 7 else dates.write(day, "day of year")


def _time(words: str, local: datetime, css: str) -> SafeString:
    return format_html(
        '<time class="{}" datetime="{}" title="{}">{}</time>',
        css,
        local.isoformat(timespec="minutes"),
        dates.write(local, ABSOLUTE),
        words,
    )
