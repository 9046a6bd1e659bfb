"""The bell: what somebody is told, as a menu and as a page, and how they want to hear of it."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.notification_forms import NotificationsForm
from dashboard.paging import Order, aware_moment, page_of
from dashboard.views.replying import PageRequest, form_status, posted
from outreach.describing import Said, matter_of, say
from outreach.models import Notification, NotificationQuerySet
from retention_crm.lib import clock, text

PAGE = 30
IN_MENU = 7
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
