"""Reading settings from the environment: what can not be read is said in a sentence with the setting's name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
BROKER_SCHEMES = {"redis", "rediss", "unix"}


@dataclass(frozen=True)
class Mailbox:
    """A folder on an IMAP server that is spoken to over TLS."""

    host: str
    port: int
    user: str
    password: str
    folder: str


class Environment(environ.Env):  # type: ignore[misc]
    """django-environ's reader with its errors in words; every method raises ImproperlyConfigured only."""

    def _sentence(self, name: str, should_be: str) -> ImproperlyConfigured:
        # Addresses of servers and keys of providers hold passwords, which have no place in a log.
        is_short = name not in {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "ANYMAIL", "BOUNCE_MAILBOX"}
        what = f"is {self.str(name)!r}" if is_short else "can not be used as it is"
        return ImproperlyConfigured(f"{name} {what}; {should_be}")

    def _read(self, name: str, read: Callable[[], Any], should_be: str) -> Any:
        try:
            return read()
        except (ValueError, KeyError, TypeError, AttributeError, ImproperlyConfigured) as error:
            raise self._sentence(name, should_be) from error

    def switch(self, name: str, *, default: bool) -> bool:
        """A yes or no; anything else is refused rather than taken for a no."""
        value = self.str(name, default="true" if default else "false").strip().lower()
        if value not in _TRUE | _FALSE:
            raise self._sentence(name, "set it to true or false.")
        return value in _TRUE

    def number(self, name: str, *, default: int) -> int:
        return int(self._read(name, lambda: self.int(name, default=default), "set it to a whole number."))

    def object(self, name: str) -> dict[str, Any]:
        """A JSON object; empty if it is not set."""
        value = self._read(
            name, lambda: self.json(name, default={}), 'set it to a JSON object, for example {"KEY": "…"}'
        )
        if not isinstance(value, dict):
            raise self._sentence(name, 'set it to a JSON object, for example {"KEY": "…"}')
        return value

    def database(self, name: str) -> dict[str, Any]:
        """Django's settings of a PostgreSQL database; a socket directory stands percent-encoded in the host's place."""
        should_be = (
            "set it to a PostgreSQL database, for example postgres://user:password@db.example.com:5432/retention_crm"
        )
        found: dict[str, Any] = self._read(name, lambda: self.db(name), should_be)
        if found.get("ENGINE") != "django.db.backends.postgresql" or not found.get("NAME"):
            raise self._sentence(name, should_be)
        return {**found, "HOST": unquote(found.get("HOST") or "")}

    def broker(self, name: str) -> str:
        """The address of a Redis or Valkey server."""
        address: str = self.str(name)
        if urlsplit(address).scheme not in BROKER_SCHEMES:
            raise self._sentence(
                name, "set it to a Redis or Valkey server, for example redis://cache.example.com:6379/0"
            )
        return address

    def mailbox(self, name: str) -> Mailbox | None:
        """A mailbox from an address such as imaps://user:password@mail.example.com/INBOX; None if it is not set."""
        should_be = "set it to a mailbox, for example imaps://user:password@mail.example.com:993/INBOX"
        written = self.str(name, default="")
        if not written:
            return None
        found = self._read(name, lambda: urlsplit(written), should_be)
        port = self._read(name, lambda: found.port, should_be)
        if found.scheme != "imaps" or not found.hostname or not found.username or not found.password:
            raise self._sentence(name, should_be)
        folder = unquote(found.path.strip("/")) or "INBOX"
        return Mailbox(found.hostname, port or 993, unquote(found.username), unquote(found.password), folder)

    def mail_server(self, name: str, *, default: str) -> dict[str, Any]:
        """Options of Django's SMTP backend from an address such as smtp+tls://user:password@mail.example.com:587"""
        should_be = "set it to a mail server, for example smtp+tls://user:password@mail.example.com:587"
        found: dict[str, Any] = self._read(name, lambda: self.email_url(name, default=default), should_be)
        if found["EMAIL_BACKEND"] != "django.core.mail.backends.smtp.EmailBackend" or not found["EMAIL_HOST"]:
            raise self._sentence(name, should_be)
        return {
            "host": found["EMAIL_HOST"],
            "port": found["EMAIL_PORT"],
            "username": found["EMAIL_HOST_USER"] or "",
            "password": found["EMAIL_HOST_PASSWORD"] or "",
            "use_tls": found.get("EMAIL_USE_TLS", False),
            "use_ssl": found.get("EMAIL_USE_SSL", False),
        }
