"""What each request takes from the person who makes it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from retention_crm.lib import clock


class PersonalMiddleware:
    """Shows and reads times by the clock of the person at the browser, in their language and as they write dates."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        # What the browser asks for is in force already.
        with timezone.override(clock.zone(request.user.time_zone)), request.user.in_own_words(get_language()):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", get_language() or "")
            return response
