"""Requests of people who are logged in, and what their role allows."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User


class PersonRequest(HttpRequest):
    """A request as views get it behind the login: there is always a person."""

    user: User


def way_back(request: HttpRequest, default: str) -> str:
    """Where the request came from by its own word (`next`), if that is one of our pages; else the default."""
    to = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return to if is_ours else default


type View[**P] = Callable[Concatenate[PersonRequest, P], HttpResponse]


def administrators_only[**P](view: View[P]) -> View[P]:
    """Refuses (403) everybody but administrators."""

    @wraps(view)
    def guarded(request: PersonRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_administrator:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def managers_only[**P](view: View[P]) -> View[P]:
    """Refuses (403) staff."""

    @wraps(view)
    def guarded(request: PersonRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_manager:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def managers_read_administrators_change[**P](view: View[P]) -> View[P]:
    """Refuses (403) staff altogether, and managers every change."""

    @wraps(view)
    def guarded(request: PersonRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        reads = request.method in {"GET", "HEAD"} and request.user.sees_everything
        if not (reads or request.user.is_administrator):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
