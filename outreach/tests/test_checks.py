"""Wrong mail settings in production are found before the first mail, with a way to mend them."""

from typing import Any

import pytest

from outreach.checks import check_mail_settings
from retention_crm.environment import Mailbox


@pytest.fixture
def production(settings: Any) -> Any:
    settings.PRODUCTION = True
    settings.MAILBOX_DIR = ""
    settings.SITE_URL = "https://crm.example.com"
    settings.DEFAULT_FROM_EMAIL = "CRM <crm@example.com>"
    settings.EMAIL_URL = "smtp://mail.example.com"
    settings.EMAIL_PROVIDER = ""
    return settings


def found() -> list[str]:
    errors = check_mail_settings(None)
    assert all(error.hint for error in errors)
    return [str(error.id) for error in errors]


def test_good_settings_pass(production: Any) -> None:
    assert found() == []


def test_a_mailbox_in_production_is_refused(production: Any) -> None:
    production.MAILBOX_DIR = "/var/mail"
    assert found() == ["outreach.E001"]
    assert "MAILBOX_DIR" in check_mail_settings(None)[0].msg


def test_a_missing_site_address_is_refused(production: Any) -> None:
    production.SITE_URL = ""
    assert found() == ["outreach.E002"]


@pytest.mark.parametrize("address", ["http://crm.example.com", "crm.example.com", "https://", "ftp://crm.example.com"])
def test_a_site_address_without_https_is_refused(production: Any, address: str) -> None:
    production.SITE_URL = address
    assert found() == ["outreach.E003"]


@pytest.mark.parametrize("sender", ["", "CRM", "CRM <>", "crm@", "@example.com"])
def test_a_sender_that_is_no_address_is_refused(production: Any, sender: str) -> None:
    production.DEFAULT_FROM_EMAIL = sender
    assert found() == ["outreach.E004"]


def test_without_a_mail_server_or_provider_it_is_refused(production: Any) -> None:
    production.EMAIL_URL = ""
    assert found() == ["outreach.E005"]
    production.EMAIL_PROVIDER = "anymail.backends.postmark.EmailBackend"
    assert found() == ["outreach.W001"]
    production.ANYMAIL = {"WEBHOOK_SECRET": "user:password"}
    assert found() == []


@pytest.mark.parametrize("address", ["bounces", "a@b@c", "a b"])
def test_a_bounce_address_that_is_none_is_refused(production: Any, address: str) -> None:
    production.BOUNCE_ADDRESS = address
    assert found() == ["outreach.E007"]


def test_a_bounce_address_nobody_reads_is_warned_of(production: Any) -> None:
    production.BOUNCE_ADDRESS = "bounces@example.com"
    assert found() == ["outreach.W002"]
    production.BOUNCE_MAILBOX = Mailbox("mail.example.com", 993, "u", "p", "INBOX")
    assert found() == []
    production.BOUNCE_ADDRESS = ""
    assert found() == ["outreach.W002"]


def test_a_provider_that_does_not_exist_is_refused(production: Any) -> None:
    production.EMAIL_PROVIDER = "anymail.backends.pigeon.EmailBackend"
    assert found() == ["outreach.E006"]


def test_several_faults_are_told_at_once(production: Any) -> None:
    production.MAILBOX_DIR, production.SITE_URL, production.EMAIL_URL = "/x", "", ""
    assert found() == ["outreach.E001", "outreach.E002", "outreach.E005"]


def test_the_demo_and_the_tests_need_none_of_it(production: Any) -> None:
    production.PRODUCTION = False
    production.MAILBOX_DIR, production.SITE_URL, production.DEFAULT_FROM_EMAIL = "/x", "", ""
    assert found() == []
