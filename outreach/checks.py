"""Settings without which mail would go nowhere, or everybody could read it: found out before the first mail."""

from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from outreach.bounces.configuration import configured, is_guarded


def check_mail_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """In production only: the demo and the tests have defaults for all of them."""
    if not settings.PRODUCTION:
        return []
    return [*_mailbox(), *_site_url(), *_sender(), *_mailer(), *_events(), *_bounces()]


def _mailbox() -> list[CheckMessage]:
    if not settings.MAILBOX_DIR:
        return []
    return [
        Error(
            "MAILBOX_DIR is set in production: anybody who is logged in could read every mail under /mailbox/.",
            hint="Remove MAILBOX_DIR from the environment, or set RETENTION_MODE=demo if this is a trial.",
            id="outreach.E001",
        )
    ]


def _site_url() -> list[CheckMessage]:
    if not settings.SITE_URL:
        return [
            Error(
                "SITE_URL is not set: links in mails would lead nowhere.",
                hint="Set SITE_URL to the address people open, for example https://crm.example.com",
                id="outreach.E002",
            )
        ]
    address = urlsplit(settings.SITE_URL)
    if address.scheme == "https" and address.hostname:
        return []
    return [
        Error(
            f"SITE_URL is {settings.SITE_URL!r}; it has to begin with https://, because links in mails are keys.",
            hint="Set SITE_URL to the https address people open, for example https://crm.example.com",
            id="outreach.E003",
        )
    ]


def _sender() -> list[CheckMessage]:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    local, at, domain = address.rpartition("@")
    if local and at and domain:
        return []
    return [
        Error(
            "DEFAULT_FROM_EMAIL is not set to a mail address: digests and password mails have no sender.",
            hint="Set DEFAULT_FROM_EMAIL, for example to: Nordlicht CRM <crm@example.com>",
            id="outreach.E004",
        )
    ]


def _mailer() -> list[CheckMessage]:
    if settings.EMAIL_PROVIDER:
        return _provider()
    if settings.EMAIL_URL:
        return []
    return [
        Error(
            "Neither EMAIL_URL nor EMAIL_PROVIDER is set: there is no server to hand mails to.",
            hint=(
                "Set EMAIL_URL to your server, for example smtp+tls://user:password@mail.example.com:587, or "
                "EMAIL_PROVIDER to a backend of django-anymail, for example anymail.backends.postmark.EmailBackend"
            ),
            id="outreach.E005",
        )
    ]


def _provider() -> list[CheckMessage]:
    try:
        import_string(settings.EMAIL_PROVIDER)
    except ImportError:
        return [
            Error(
                f"EMAIL_PROVIDER is {settings.EMAIL_PROVIDER!r}, which names no mail backend.",
                hint="Set it to a backend of django-anymail, for example anymail.backends.postmark.EmailBackend",
                id="outreach.E006",
            )
        ]
    return []


def _events() -> list[CheckMessage]:
    provider = configured()
    if not provider or is_guarded():
        return []
    return [
        Warning(
            "The mail provider can not tell what came back: ANYMAIL has no WEBHOOK_SECRET, so its events are refused.",
            hint=(
                'Add "WEBHOOK_SECRET": "user:password" with random words to ANYMAIL, and give the provider the address '
                f"https://user:password@…/anymail/{provider}/tracking/"
            ),
            id="outreach.W001",
        )
    ]


def _bounces() -> list[CheckMessage]:
    if settings.BOUNCE_ADDRESS and parseaddr(settings.BOUNCE_ADDRESS)[1].count("@") != 1:
        return [
            Error(
                f"BOUNCE_ADDRESS is {settings.BOUNCE_ADDRESS!r}, which is no mail address.",
                hint="Set it to an address whose mailbox also takes bounces+something@…, such as bounces@example.com",
                id="outreach.E007",
            )
        ]
    if bool(settings.BOUNCE_ADDRESS) == bool(settings.BOUNCE_MAILBOX):
        return []
    return [
        Warning(
            "Only one of BOUNCE_ADDRESS and BOUNCE_MAILBOX is set: mails that come back are not read.",
            hint="Set both: the address mails go back to, and the mailbox they arrive in.",
            id="outreach.W002",
        )
    ]
