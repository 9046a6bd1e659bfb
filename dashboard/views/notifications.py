"""The bell: what somebody is told, as a menu and as a page, and how they want to hear of it."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest, managers_only, way_back
from dashboard.notification_forms import NotificationsForm
from dashboard.paging import Order, aware_moment, page_of
from dashboard.views.replying import PageRequest, form_status, posted
from outreach import judging
from outreach.describing import Said, matter_of, say
from outreach.models import ALERT_KINDS, Notification, NotificationKind, NotificationQuerySet
from retention.proving import Share
from retention_crm.lib import clock, text

PAGE = 30
IN_MENU = 7
UNJUDGED_SINCE, ABOUT_ONE_SINCE = timedelta(days=3), timedelta(days=30)
_NEWEST_FIRST = Order(F("created_at"), aware_moment, descending=True)


@dataclass(frozen=True)
class Row:
    notification: Notification
    said: Said


@require_safe
def notifications(request: PageRequest) -> HttpResponse:
    """All of them, a page at a time; within a page (htmx) the menu with the newest."""
    if request.htmx:
        return _menu(request)
    place = {name: request.GET.get(name, "") for name in ("after", "before")}
    page = page_of(_own(request), _NEWEST_FIRST, size=PAGE, **place)
    context = {"rows": _rows(page.rows), "page": page, "at": clock.now()}
    return render(request, "dashboard/notifications.html", context)


@require_safe
def notifications_count(request: PageRequest) -> HttpResponse:
    """What the button of the bell says: asked for anew by the page it stands on."""
    return render(request, "includes/bell_words.html")


@require_safe
def notification(request: PageRequest, pk: int) -> HttpResponse:
    """Leads to what it is about, and counts as seen."""
    shown = get_object_or_404(_own(request), pk=pk)
    if request.method == "GET":
        _own(request).filter(pk=pk).mark_seen(clock.now())
    return redirect(matter_of(shown))


@require_POST
def notifications_seen(request: PageRequest) -> HttpResponse:
    """All that were there when the page or the menu was opened; what came since stays new."""
    there = Notification.objects.of(request.user)
    newest = there.filter(pk=text.row_id(request.POST.get("newest", "")) or 0).first()
    (there.filter(created_at__lte=newest.created_at) if newest else there).mark_seen(clock.now())
    return _menu(request) if request.htmx else redirect("notifications")


@require_safe
def my_alerts(request: PageRequest) -> HttpResponse:
    """Alerts of the last days nobody has judged, or with ?customer= those of the last month about that customer.

    A part of Today and of the page of a customer, which they ask for when somebody comes that far.
    """
    at, rows = clock.now(), _own(request).alerts().order_by("-created_at", "-pk")
    about = text.row_id(request.GET.get("customer", "")) or 0
    if about:
        rows = rows.filter(customer=about, created_at__gte=at - ABOUT_ONE_SINCE)
    else:
        rows = rows.filter(is_useful=None, created_at__gte=at - UNJUDGED_SINCE)
    context = {
        "rows": _rows(list(rows[:IN_MENU])),
        "about": about,
        "back": reverse("customer", args=[about]) if about else reverse("today"),
        "at": at,
    }
    return render(request, "dashboard/my_alerts.html" + ("#list" if request.htmx else ""), context)


@require_POST
def notification_judge(request: PageRequest, pk: int) -> HttpResponse:
    """Whether an alert was of use, by whoever got it; another answer takes the place of the first."""
    shown = get_object_or_404(_own(request).alerts(), pk=pk)
    answer = request.POST.get("useful")
    if answer in {"yes", "no"}:
        judging.say(shown, answer == "yes", at=clock.now())
    if request.htmx:
        return render(request, "includes/verdict.html", {"notification": shown, "is_answer": True})
    return redirect(way_back(request, reverse("notifications")))


@require_safe
@managers_only
def alert_rules(request: PersonRequest) -> HttpResponse:
    """What each rule told of and how much of it was of use, those that should be switched off first."""
    found = [(rule, Share(rule.useful, rule.judged)) for rule in judging.rules(at=clock.now())]
    context = {
        "rules": found,
        "proposed": sum(rule.is_proposed for rule, _share in found),
        "latest": judging.LATEST,
        "least": judging.LEAST_USEFUL_PERCENT,
        "has_any": any(rule.told or rule.judged or rule.retired for rule, _share in found),
        "at": clock.now(),
    }
    return render(request, "dashboard/alert_rules.html", context)


@require_POST
@managers_only
def alert_rule_switch(request: PersonRequest, kind: str) -> HttpResponse:
    """Off, so that nobody is told any more, or on again."""
    if kind not in ALERT_KINDS:
        raise Http404
    rule = NotificationKind(kind)
    if request.POST.get("to") == "off":
        judging.retire(rule, by=request.user, at=clock.now())
        messages.success(request, _("Switched off: %(alert)s. Nobody is told of it any more.") % {"alert": rule.label})
    elif request.POST.get("to") == "on":
        judging.bring_back(rule)
        messages.success(request, _("Switched on again: %(alert)s.") % {"alert": rule.label})
    return redirect("alert_rules")


@require_http_methods(["GET", "HEAD", "POST"])
def notification_ways(request: PageRequest) -> HttpResponse:
    """How the person wants to hear of each kind."""
    form = NotificationsForm(posted(request), user=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("profile")
    return render(request, "dashboard/notification_ways.html", {"form": form}, status=form_status(form))


def _menu(request: PageRequest) -> HttpResponse:
    newest = _own(request).order_by("-created_at", "-pk")[:IN_MENU]
    context = {"rows": _rows(list(newest)), "at": clock.now()}
    return render(request, "dashboard/notifications.html#menu", context)


def _own(request: PageRequest) -> NotificationQuerySet:
    return Notification.objects.of(request.user).select_related("customer", "contact", "by")


def _rows(found: list[Notification]) -> list[Row]:
    return [Row(one, say(one)) for one in found]
