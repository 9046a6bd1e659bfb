"""Public pages that are opened with a keyed link from a mail."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

_HEADERS = {
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def keyed_page(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Makes a view with a token in its path public, and keeps the token from caches, search engines and referrers.

    It is exempt from the check against forged requests: that check guards what a browser adds by itself, a session
    cookie, and these pages use none. The token in the path is the whole credential; a forger who knows it needs no
    victim. The check would moreover refuse the very people the page is for: those without cookies, and, as the page
    sends no referrer, browsers that then state the origin of a form as "null".
    """

    @wraps(view)
    def page(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, token)
        for name, value in _HEADERS.items():
            response.headers[name] = value
        return response

    exempt: Callable[[HttpRequest, str], HttpResponse] = login_not_required(csrf_exempt(page))
    return exempt
