"""Sending as a whole: whether mails go out, what waits, and what stopped it so far."""

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import PersonRequest, administrators_only, managers_read_administrators_change, way_back
from outreach import pausing
from outreach.accounting import sending_figures
from outreach.models import LedgerPlace, SendingPause
from retention_crm.lib import clock

# Pauses shown, the newest first.
SHOWN = 20


@require_safe
@managers_read_administrators_change
def sending(request: PersonRequest) -> HttpResponse:
    """Whether mails go out, how many wait, and the pauses so far."""
    rows = list(SendingPause.objects.select_related("began_by", "ended_by")[:SHOWN])
    context = {
        "figures": sending_figures(at=clock.now()),
        "company": request.user.company,
        "place": LedgerPlace.objects.first(),
        "pause": next((row for row in rows if row.ended_at is None), None),
        "pauses": rows,
    }
    return render(request, "outreach/sending.html", context)


@require_POST
@administrators_only
def sending_stop(request: PersonRequest) -> HttpResponse:
    """Also while a pause is open that would end by itself; what the server said stays to be read."""
    pause = pausing.current()
    words = pause.words if pause else ""
    if pausing.begin(SendingPause.Cause.PERSON, words, at=clock.now(), by=request.user):
        notices.success(request, _("Nothing is sent until somebody starts sending again."))
    return redirect("sending")


@require_POST
@administrators_only
def sending_start(request: PersonRequest) -> HttpResponse:
    """Ends the pause that was shown; one that began meanwhile has words nobody has read yet."""
    shown = request.POST.get("pause", "")
    is_number = shown.isascii() and shown.isdigit() and len(shown) < 16
    if is_number and pausing.start(request.user, at=clock.now(), shown=int(shown)):
        notices.success(request, _("Mails go out again."))
    else:
        notices.warning(request, _("That pause is over already."))
    return redirect("sending")


@require_POST
def sending_try(request: PersonRequest) -> HttpResponse:
    """Managers may, too. Back to the page where the notice stood; whether it worked shows there in a few seconds."""
    if not request.user.sees_everything:
        raise PermissionDenied
    if pausing.try_again_now(at=clock.now()):
        notices.success(request, _("Within a few seconds one message is tried. If it goes out, all others follow."))
    else:
        notices.warning(request, _("That pause is over already, or only starting helps."))
    return redirect(way_back(request, reverse("sending")))
