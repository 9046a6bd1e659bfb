"""Answering when something was asked for or saved in place."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django_htmx.http import reswap, trigger_client_event
from django_htmx.middleware import HtmxDetails

from accounts.requests import PersonRequest, way_back


class PageRequest(PersonRequest):
    """A request of a person that may come from htmx."""

    htmx: HtmxDetails


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
    return redirect(way_back(request, to))
