"""Getting a row a person may change, and answering when something was saved."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import reswap, trigger_client_event
from django_htmx.middleware import HtmxDetails

from accounts.requests import PersonRequest
from customers.models import CustomerDataQuerySet


class PageRequest(PersonRequest):
    """A request of a person that may come from htmx."""

    htmx: HtmxDetails


def get_editable[M: Any](rows: CustomerDataQuerySet[M], request: PersonRequest, pk: int) -> M:
    """The row the person may change: 404 if they may not see it, 403 if they may only read it."""
    row = get_object_or_404(rows.visible_to(request.user), pk=pk)
    # Whoever does not read everything reads what is theirs, and may change that.
    is_sure = request.user.sees_everything or not request.user.reads_everything
    if not is_sure and not rows.editable_by(request.user).filter(pk=pk).exists():
        raise PermissionDenied
    return row


def posted(request: PageRequest) -> QueryDict | None:
    """What a form is bound to: the data of a POST, also where it is empty, else nothing."""
    return request.POST if request.method == "POST" else None


def form_status(form: Any) -> int:
    """422 for a form that comes back with errors, which htmx shows like any page."""
    return 422 if form.is_bound and not form.is_valid() else 200


def saved(request: PageRequest, words: str, *, to: str, undo: str = "", **detail: Any) -> HttpResponse:
    """Says so. In place (htmx) the page stays, and its lists hear of it; otherwise it leads back, or on to `to`.

    `undo` is an address that takes it back when posted to.
    """
    messages.success(request, words, extra_tags=undo)
    if request.htmx:
        response = render(request, "includes/toasts.html", {"swap": True})
        return trigger_client_event(reswap(response, "none"), "saved", detail)
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else to)
