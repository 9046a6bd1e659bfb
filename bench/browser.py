"""One keep-alive connection to the web server, logged in as one person, with a stopwatch."""

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User

_CSRF = "b" * 32


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    milliseconds: float
    queries: int
    size: int


class Browser:
    """Keeps a session for a person, or none for a visitor."""

    def __init__(self, port: int, person: User | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        cookies = {settings.CSRF_COOKIE_NAME: _CSRF}
        if person is not None:
            cookies[settings.SESSION_COOKIE_NAME] = _session(person)
        self._headers = {
            "Host": "localhost",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": _CSRF,
        }

    def close(self) -> None:
        """Ends the connection; the next question opens one. The server ends it, too, after half a minute of silence."""
        self._connection.close()

    def ask(self, path: str, form: dict[str, str] | None = None, *, htmx: bool = False) -> Answer:
        """GETs the path, or POSTs the form to it; the time runs from the first byte sent to the last one read."""
        body = urlencode(form) if form is not None else None
        headers = {**self._headers, "HX-Request": "true"} if htmx else self._headers
        if body is not None:
            headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        began = time.perf_counter()
        self._connection.request("GET" if body is None else "POST", path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        milliseconds = (time.perf_counter() - began) * 1000
        return Answer(response.status, milliseconds, int(response.headers.get("X-Queries", -1)), len(content))


def _session(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)
