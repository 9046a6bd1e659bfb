"""The door of the mail provider: who may knock, what is understood, and that nothing is believed twice."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company
from customers.models import ConsentKind, Contact, Customer
from interactions.models import FollowUp
from outreach.bounces.addresses import key_of
from outreach.bounces.configuration import METADATA
from outreach.checks import check_mail_settings
from outreach.models import Message, ProviderEvent, State, Suppression
from outreach.tests.reading import a_message, build
from tests import factories

ADDRESS = "amira@lindqvist.example"
SECRET = "events:a-long-secret"


@pytest.fixture
def contact(customer: Customer, company: Company) -> Contact:
    return factories.contact(customer, name="Amira Haddad", email=ADDRESS)


@pytest.fixture
def message(contact: Contact) -> Message:
    return factories.message(contact, state=State.SENT, sent_to=ADDRESS)


@pytest.fixture
def postmark(settings: Any) -> Any:
    settings.EMAIL_PROVIDER = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "POSTMARK_SERVER_TOKEN": "x"}
    return settings


def tell(body: Any, provider: str = "postmark", secret: str = SECRET, **fields: Any) -> int:
    authorization = "Basic " + base64.b64encode(secret.encode()).decode()
    headers = {"Authorization": authorization} if secret else {}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields.setdefault("content_type", "application/json")
    browser = Client(enforce_csrf_checks=True)
    return browser.post(f"/anymail/{provider}/tracking/", content, headers=headers, **fields).status_code


def bounce(message: Message | None, kind: str = "HardBounce", **fields: Any) -> dict[str, Any]:
    """As Postmark writes it."""
    metadata = {METADATA: key_of(message.pk)} if message else {}
    return {
        "RecordType": "Bounce",
        "Type": kind,
        "ID": 4323372036854775807,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Email": ADDRESS,
        "BouncedAt": "2026-11-26T10:00:00Z",
        "Description": "The server was unable to deliver your message",
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
        "Metadata": metadata,
    } | fields


def whats() -> list[str]:
    return list(ProviderEvent.objects.order_by("pk").values_list("what", flat=True))


def test_a_bounce_finds_its_message_and_ends_the_address(postmark: Any, message: Message) -> None:
    assert tell(bounce(message)) == 200
    event = ProviderEvent.objects.get()
    assert (event.message, event.what) == (message, "bounced")
    assert event.happened_at == datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
    assert "does not exist" in event.words
    assert Suppression.objects.among([ADDRESS])
    assert FollowUp.objects.count() == 1


def test_each_event_counts_once_however_often_it_is_told(postmark: Any, message: Message) -> None:
    assert [tell(bounce(message)) for _ in range(3)] == [200, 200, 200]
    delivery = {"RecordType": "Delivery", "MessageID": "x", "Recipient": ADDRESS, "DeliveredAt": "2026-11-26T09:59:00Z"}
    assert [tell(delivery), tell(delivery)] == [200, 200]
    assert whats() == ["bounced", "delivered"]
    assert tell(delivery | {"DeliveredAt": "2026-11-26T10:01:00Z"}) == 200
    assert whats() == ["bounced", "delivered", "delivered"]


def test_a_bounce_of_a_message_nobody_knows_still_ends_the_address(postmark: Any, contact: Contact) -> None:
    assert tell(bounce(None)) == 200
    assert tell(bounce(None, ID=7, Metadata={METADATA: "1-00000000000000000000"})) == 200
    assert ProviderEvent.objects.filter(message=None).count() == 2
    assert Suppression.objects.among([ADDRESS])


@pytest.mark.parametrize(
    ("kind", "what"),
    [("SoftBounce", "not_yet"), ("Transient", "not_yet"), ("SpamComplaint", "complained"), ("Blocked", "refused"),
     ("BadEmailAddress", "bounced"), ("VirusNotification", "not_yet"), ("Unsubscribe", "unsubscribed")],
)  # fmt: skip
def test_only_what_blames_the_address_is_a_bounce(postmark: Any, message: Message, kind: str, what: str) -> None:
    assert tell(bounce(message, kind, Details="", Description="")) == 200
    assert whats() == [what]
    assert bool(Suppression.objects.among([ADDRESS])) == (what in {"bounced", "complained"})
    message.contact.refresh_from_db()  # type: ignore[union-attr]
    is_silent = what in {"complained", "unsubscribed"}
    assert [message.contact.allows(kind) for kind in ConsentKind] == [not is_silent] * 3  # type: ignore[union-attr]


@pytest.mark.parametrize("record", ["Open", "Click", "SubscriptionChange", "Whatever"])
def test_nobody_is_watched(postmark: Any, message: Message, record: str) -> None:
    told = {"RecordType": record, "MessageID": "x", "Recipient": ADDRESS, "SuppressSending": False,
            "ReceivedAt": "2026-11-26T10:00:00Z", "OriginalLink": "https://x.example"}  # fmt: skip
    assert tell(told) == 200
    assert whats() == []


@pytest.mark.parametrize("secret", ["", "events:wrong", "a-long-secret", "events:", "ä:ö"])
def test_who_does_not_know_the_secret_changes_nothing(postmark: Any, message: Message, secret: str) -> None:
    assert tell(bounce(message), secret=secret) == 400
    assert whats() == []
    assert not Suppression.objects.exists()


def test_without_a_secret_or_a_provider_the_door_is_shut(postmark: Any, message: Message) -> None:
    assert tell(bounce(message), provider="mailgun") == 404
    assert tell(bounce(message), provider="../x") == 404
    postmark.ANYMAIL = {}
    assert tell(bounce(message)) == 404
    postmark.ANYMAIL, postmark.EMAIL_PROVIDER = {"WEBHOOK_SECRET": SECRET}, ""
    assert tell(bounce(message)) == 404
    assert whats() == []


def test_the_provider_may_ask_whether_somebody_is_there(postmark: Any, client: Client) -> None:
    assert client.head("/anymail/postmark/tracking/").status_code == 200
    assert client.get("/anymail/postmark/tracking/").status_code == 405


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b"3", b'"x"', b"\xff\xfe\x00", b"{}" * 9, b'{"RecordType": null}',
     b'{"RecordType": "Bounce", "BouncedAt": "yesterday"}', b'{"RecordType": "Bounce", "BouncedAt": 3}',
     b'{"RecordType": "Bounce", "Type": [], "Email": {}}', b'{"RecordType": "Delivery", "Metadata": "x"}'],
)  # fmt: skip
def test_what_is_no_event_is_refused_and_never_an_error_of_ours(postmark: Any, db: None, body: bytes) -> None:
    assert tell(body) in {200, 400}
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("metadata", [{}, {METADATA: None}, {METADATA: "\x00"}, {METADATA: "f" * 5000}])
def test_metadata_of_others_names_no_message(postmark: Any, message: Message, metadata: Any) -> None:
    assert tell(bounce(None, Metadata=metadata)) == 200
    assert ProviderEvent.objects.get().message is None


def test_our_own_message_id_names_the_message_too(postmark: Any, message: Message) -> None:
    own = f"<{message.mail_key.hex}@crm.example.com>"
    assert tell(bounce(None, MessageID=own)) == 200
    assert ProviderEvent.objects.get().message == message


def of_brevo(message: Message, kind: str) -> dict[str, Any]:
    return {
        "event": kind, "email": ADDRESS, "id": 1, "date": "2026-11-26 10:00:00", "ts_event": 1795687200,
        "message-id": "<x@smtp.brevo.com>", "X-Mailin-custom": json.dumps({METADATA: key_of(message.pk)}),
    }  # fmt: skip


def of_sparkpost(message: Message, grade: str) -> list[dict[str, Any]]:
    event = {
        "type": "bounce", "bounce_class": grade, "event_id": "92356927693813856", "message_id": "000443ee14578172be22",
        "rcpt_to": ADDRESS, "raw_rcpt_to": ADDRESS, "timestamp": "1795687200", "raw_reason": "said no",
        "rcpt_meta": {METADATA: key_of(message.pk)},
    }  # fmt: skip
    return [{"msys": {"message_event": event}}]


def of_mandrill(message: Message, kind: str) -> dict[str, Any]:
    event = {
        "event": kind, "ts": 1795687200, "_id": "abc123",
        "msg": {"email": ADDRESS, "_id": "abc123", "state": "bounced", "metadata": {METADATA: key_of(message.pk)},
                "bounce_description": "bad_mailbox", "diag": "smtp;550 5.1.1 no such user"},
    }  # fmt: skip
    return {"mandrill_events": json.dumps([event])}


@pytest.mark.parametrize(
    ("provider", "told", "what"),
    [
        ("brevo", lambda m: of_brevo(m, "hard_bounce"), "bounced"),
        ("brevo", lambda m: of_brevo(m, "soft_bounce"), "not_yet"),
        ("brevo", lambda m: of_brevo(m, "invalid_email"), "bounced"),
        ("brevo", lambda m: of_brevo(m, "spam"), "complained"),
        ("brevo", lambda m: of_brevo(m, "delivered"), "delivered"),
        ("sparkpost", lambda m: of_sparkpost(m, "10"), "bounced"),
        ("sparkpost", lambda m: of_sparkpost(m, "22"), "not_yet"),
        ("sparkpost", lambda m: of_sparkpost(m, "21"), "not_yet"),
        ("sparkpost", lambda m: of_sparkpost(m, "90"), "unsubscribed"),
    ],
)
def test_other_providers_say_the_same_in_their_own_words(
    settings: Any, message: Message, provider: str, told: Any, what: str
) -> None:
    settings.EMAIL_PROVIDER = f"anymail.backends.{provider}.EmailBackend"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    assert tell(told(message), provider) == 200
    assert whats() == [what]
    assert ProviderEvent.objects.get().message == message


@pytest.mark.parametrize(("kind", "what"), [("hard_bounce", "bounced"), ("soft_bounce", "not_yet")])
def test_a_provider_whose_view_chooses_its_signal_is_read_too(
    settings: Any, message: Message, kind: str, what: str
) -> None:
    settings.EMAIL_PROVIDER = "anymail.backends.mandrill.EmailBackend"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MANDRILL_WEBHOOK_KEY": "k"}
    headers = {"Authorization": "Basic " + base64.b64encode(SECRET.encode()).decode()}
    url, form = "/anymail/mandrill/tracking/", of_mandrill(message, kind)
    signed = signature_of_mandrill(f"http://{SECRET}@testserver{url}", form)
    answer = Client().post(url, form, headers=headers | {"X-Mandrill-Signature": signed})
    assert answer.status_code == 200
    assert whats() == [what]


def signature_of_mandrill(url: str, form: dict[str, str]) -> str:

    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(b"k", signed.encode(), hashlib.sha1).digest()).decode()


def test_a_mail_to_a_provider_carries_the_key_and_one_to_a_server_does_not(postmark: Any, contact: Contact) -> None:
    message = a_message(contact)
    assert build(message).metadata == {METADATA: key_of(message.pk)}
    postmark.EMAIL_PROVIDER = "anymail.backends.postal.EmailBackend"
    assert not hasattr(build(message), "metadata")
    postmark.EMAIL_PROVIDER = ""
    assert not hasattr(build(message), "metadata")
    assert build(message).bounce_to == ""


def test_a_provider_without_a_secret_is_warned_of(postmark: Any) -> None:
    postmark.PRODUCTION, postmark.SITE_URL, postmark.MAILBOX_DIR = True, "https://crm.example.com", ""
    assert check_mail_settings(None) == []
    postmark.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x"}
    warning = check_mail_settings(None)[0]
    assert warning.id == "outreach.W001"
    assert "WEBHOOK_SECRET" in str(warning.hint)
    assert "anymail/postmark/tracking/" in str(warning.hint)
