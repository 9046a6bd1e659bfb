"""What each request takes from the person who makes it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from retention_crm.lib import clock


class PersonalTimeZoneMiddleware:
    """Shows and reads times by the clock of the person at the browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(clock.zone(request.user.time_zone)):
            return self.get_response(request)
