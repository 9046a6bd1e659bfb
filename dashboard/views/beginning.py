"""The first steps of a company, and sample data to try things out."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest, managers_only
from dashboard.beginning import own_customers, set_hidden, steps
from dashboard.demo import sample
from dashboard.models import Beginning
from retention_crm.lib import clock


@require_safe
@managers_only
def first_steps(request: PersonRequest) -> HttpResponse:
    """How far the company is, whether Today shows it, and sample data."""
    beginning = Beginning.current()
    context = {
        "beginning": beginning,
        "steps": steps(request.user, request.user.company),
        "may_load": not beginning.loaded_at and not own_customers().exists(),
    }
    return render(request, "dashboard/first_steps.html", context)


@require_POST
@managers_only
def first_steps_show(request: PersonRequest) -> HttpResponse:
    """Shows them on Today (`shown`) or no more, for everybody."""
    is_shown = bool(request.POST.get("shown"))
    set_hidden(None if is_shown else clock.now())
    if is_shown:
        messages.success(request, _("The first steps stand on Today until all are done."))
    else:
        messages.success(request, _("Gone from Today. You find them again at Settings, First steps."))
    return redirect("first_steps" if is_shown else "today")


@require_POST
@managers_only
def sample_load(request: PersonRequest) -> HttpResponse:
    """Loads sample data for whoever asks."""
    if sample.load(request.user, at=clock.now()):
        messages.success(request, _("The sample data are there. They are yours; look around and try everything."))
        return redirect("today")
    messages.warning(request, _("Sample data are there already, or there are customers of your own."))
    return redirect("first_steps")


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def sample_remove(request: PersonRequest) -> HttpResponse:
    """Says what would be taken away, and takes it away."""
    if request.method == "POST":
        if sample.remove():
            messages.success(request, _("The sample data are gone. What is your own is untouched."))
        return redirect("today")
    if not Beginning.current().loaded_at:
        messages.info(request, _("There are no sample data."))
        return redirect("first_steps")
    return render(request, "dashboard/sample_remove.html", {"contents": sample.contents()})
