"""Plays: kept by administrators, and begun as the plan for a customer."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest, administrators_only, managers_read_administrators_change
from customers.models import Customer
from customers.removing import remove
from customers.requests import get_editable
from retention.models import Play
from retention.play_forms import PlayForm, PlaySteps
from retention.playing import add_ready_plays, plan_from
from retention_crm.lib import clock, text


@require_safe
@managers_read_administrators_change
def plays(request: PersonRequest) -> HttpResponse:
    return render(request, "dashboard/plays.html", {"plays": Play.objects.prefetch_related("steps")})


@require_POST
@administrators_only
def plays_ready(request: PersonRequest) -> HttpResponse:
    """Adds those that come with the product, in the language of the administrator."""
    added = add_ready_plays()
    words = ngettext("%(n)d play is added.", "%(n)d plays are added.", added) % {"n": added}
    messages.success(request, words if added else _("They are all there."))
    return redirect("plays")


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def play_new(request: PersonRequest) -> HttpResponse:
    return _play_page(request, Play())


@require_http_methods(["GET", "HEAD", "POST"])
@managers_read_administrators_change
def play(request: PersonRequest, pk: int) -> HttpResponse:
    return _play_page(request, get_object_or_404(Play, pk=pk))


def _play_page(request: PersonRequest, shown: Play) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form, steps = PlayForm(data, instance=shown), PlaySteps(data, instance=shown)
    # Both are checked, so that all messages show at once.
    if data is not None and all([form.is_valid(), steps.is_valid()]):
        with transaction.atomic():
            form.keep(at=clock.now())
            steps.save()
        messages.success(request, _("Saved."))
        return redirect("plays")
    is_refused = data is not None
    context: dict[str, Any] = {"form": form, "steps": steps, "play": shown}
    return render(request, "dashboard/play.html", context, status=422 if is_refused else 200)


@require_POST
@administrators_only
def play_delete(request: PersonRequest, pk: int) -> HttpResponse:
    """Into the trash; plans that came from it stay as they are."""
    shown = get_object_or_404(Play, pk=pk)
    trashed = remove(shown, name=shown.name, by=request.user, at=clock.now())
    words = _("“%(name)s” is deleted.") % {"name": shown.name}
    messages.success(request, words, extra_tags=reverse("trash_restore", args=[trashed.pk]))
    return redirect("plays")


@require_POST
def plan_from_play(request: PersonRequest, pk: int) -> HttpResponse:
    """One click: a plan with the steps of the play."""
    customer = get_editable(Customer.objects.select_related("owner", "risk"), request, pk)
    chosen = Play.objects.filter(pk=text.row_id(request.POST.get("play", "")) or 0).first()
    if chosen is None:
        messages.warning(request, _("This play is gone. Choose another one, or begin without."))
        return redirect("plan_new", pk)
    plan = plan_from(chosen, customer, by=request.user, at=clock.now())
    messages.success(request, _("The plan is there. Look its steps over, then begin."))
    return redirect("plan", plan.pk)
