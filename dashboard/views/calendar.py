"""The address of a person's calendar, and the calendar behind it."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest
from dashboard.calendar_feed import calendar_of
from dashboard.models import CalendarFeed
from retention_crm.lib import clock
from retention_crm.lib.keyed_pages import keyed_page


@require_http_methods(["GET", "HEAD", "POST"])
def calendar_address(request: PersonRequest) -> HttpResponse:
    """Shows the address; makes one, makes another one, or switches it off."""
    if request.method == "POST":
        if request.POST.get("wish") == "off":
            CalendarFeed.objects.filter(user=request.user).delete()
            messages.success(request, _("The address is off. Calendars that had it get nothing any more."))
        elif request.POST.get("wish") == "new":
            CalendarFeed.renew(request.user)
            messages.success(request, _("This is your address. Keep it to yourself."))
        return redirect("calendar_address")
    feed = CalendarFeed.objects.filter(user=request.user).first()
    address = f"{settings.SITE_URL}{reverse('calendar_feed', args=[feed.token])}" if feed else ""
    return render(request, "dashboard/calendar_address.html", {"feed": feed, "address": address})


@keyed_page
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar file; the same plain 404 for every address that is not, or not any more, somebody's."""
    reader = CalendarFeed.reader(token)
    if reader is None:
        return HttpResponse(_("There is no calendar at this address."), status=404, content_type="text/plain")
    response = HttpResponse(calendar_of(reader, at=clock.now()), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="customers.ics"'
    return response
