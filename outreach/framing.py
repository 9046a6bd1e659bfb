"""Showing mails inside pages: a document of its own in a sandboxed frame, with styles inline as mails have them."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpResponse
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

# A mail runs nothing, loads nothing and posts nothing; wherever it is opened it has an origin of its own.
_POLICY: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["data:"],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


def mail_frame[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Makes a view's answer a mail to be shown in a frame."""

    @csp_override(_POLICY)
    @xframe_options_sameorigin
    @wraps(view)
    def framed(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return framed


def opening_links_outside(html: str) -> str:
    """The document with its links opening in a tab of their own: inside the frame they would lead nowhere."""
    head, mark, rest = html.partition("<head>")
    return f'{head}{mark}<base target="_blank">{rest}' if mark else f'<base target="_blank">{html}'
