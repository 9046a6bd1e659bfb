"""Follow-ups: done, not done after all, no longer needed, and moved."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.requests import get_editable
from dashboard.views.replying import PageRequest, form_status, posted, saved
from interactions.forms import OutcomeForm, WhenForm
from interactions.models import FollowUp, NoticeFor
from retention.scoring import rescore
from retention_crm.lib import clock, dates


@require_POST
def follow_up_done(request: PageRequest, pk: int) -> HttpResponse:
    at = clock.now()
    follow_up = get_editable(FollowUp.objects.all(), request, pk)
    if follow_up.needs_outcome and follow_up.is_open:
        return _ask_what_was_done(request, follow_up)
    if follow_up.correction and follow_up.is_open:
        return _go_to(request, reverse("correction", args=[follow_up.correction]))
    follow_up.finish(request.user, at)
    rescore([follow_up.customer_id], at=at)
    words = _("Done: %(title)s") % {"title": follow_up.title}
    return saved(request, words, to=_customer(follow_up), undo=reverse("follow_up_reopen", args=[pk]))


def _ask_what_was_done(request: PageRequest, follow_up: FollowUp) -> HttpResponse:
    return _go_to(request, reverse("follow_up_close", args=[follow_up.pk]))


def _go_to(request: PageRequest, page: str) -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Redirect": page}) if request.htmx else redirect(page)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_close(request: PageRequest, pk: int) -> HttpResponse:
    """Marks it done with what was done; one that was done before stays as it was."""
    at = clock.now()
    follow_up = get_editable(FollowUp.objects.select_related("customer"), request, pk)
    form = OutcomeForm(posted(request))
    if form.is_valid():
        follow_up.finish(request.user, at, form.cleaned_data["outcome"])
        rescore([follow_up.customer_id], at=at)
        words = _("Done: %(title)s") % {"title": follow_up.title}
        return saved(request, words, to=_customer(follow_up), undo=reverse("follow_up_reopen", args=[pk]))
    context = {"form": form, "follow_up": follow_up, "at": at, "next": request.GET.get("next", "")}
    template = "dashboard/follow_up_close.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


@require_POST
def follow_up_release(request: PageRequest, pk: int) -> HttpResponse:
    """The customer does not need a promise kept any more."""
    at = clock.now()
    follow_up = get_editable(FollowUp.objects.all(), request, pk)
    follow_up.release(request.user, at)
    rescore([follow_up.customer_id], at=at)
    words = _("They do not need it any more: %(title)s") % {"title": follow_up.title}
    return saved(request, words, to=_customer(follow_up), undo=reverse("follow_up_reopen", args=[pk]))


@require_POST
def follow_up_reopen(request: PageRequest, pk: int) -> HttpResponse:
    follow_up = get_editable(FollowUp.objects.all(), request, pk)
    follow_up.reopen()
    # The conversation happened, but it was not the one in which they were told.
    NoticeFor.objects.filter(follow_up=follow_up).update(told_in=None)
    rescore([follow_up.customer_id], at=clock.now())
    return saved(request, _("Open again: %(title)s") % {"title": follow_up.title}, to=_customer(follow_up))


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_move(request: PageRequest, pk: int) -> HttpResponse:
    """A new time for an open follow-up; one that is done stays as it was."""
    at = clock.now()
    follow_up = get_editable(FollowUp.objects.select_related("customer"), request, pk)
    form = WhenForm(posted(request), user=request.user, at=at, initial={"next_at": follow_up.due_at})
    if form.is_valid():
        due_at = form.due_at()
        assert due_at is not None
        follow_up.move(due_at)
        rescore([follow_up.customer_id], at=at)
        to = dates.write(localtime(follow_up.due_at), "weekday, time")
        words = _("Moved to %(time)s: %(title)s") % {"time": to, "title": follow_up.title}
        return saved(request, words, to=_customer(follow_up))
    context = {"form": form, "follow_up": follow_up, "at": at, "next": request.GET.get("next", "")}
    template = "dashboard/follow_up_move.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


def _customer(follow_up: FollowUp) -> str:
    return reverse("customer", args=[follow_up.customer_id])
