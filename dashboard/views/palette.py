"""The search at the top of every page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from dashboard.palette import answers, notes
from dashboard.views.replying import PageRequest


@require_safe
def find(request: PageRequest) -> HttpResponse:
    """Everything for `?q=` on one page; for htmx what to choose from while it is typed.

    The page shows names at once and asks for the notes, which take longer, itself; `?notes=1` has them on it.
    """
    written = request.GET.get("q", "")
    context: dict[str, Any] = {"answers": answers(written, request.user)}
    if not request.htmx and ("notes" in request.GET or not context["answers"].words):
        context |= {"has_notes": True, "found": notes(written, request.user, is_page=True)}
    response = render(request, "dashboard/find.html" + ("#palette" if request.htmx else ""), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def find_notes(request: PageRequest) -> HttpResponse:
    """The newest notes with `?q=`, to be put below the names: few in the palette, with `?page=1` many on the page."""
    written, is_page = request.GET.get("q", ""), "page" in request.GET
    context: dict[str, Any] = {"found": notes(written, request.user, is_page=is_page), "words": written}
    if is_page:
        context["answers"] = answers(written, request.user)
    return render(request, "dashboard/find.html" + ("#notes_of_page" if is_page else "#notes"), context)
