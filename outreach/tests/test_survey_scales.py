"""The first question of a survey in the mail: by its own scale, in the reader's language, and what else it can be."""

import re
from typing import Any

import pytest

from accounts.models import Company
from customers.models import Contact, Customer
from outreach.models import MessageKind
from outreach.tests.reading import a_message, build, html_of, read, text_of
from surveys.linking import answer_url
from surveys.models import Invitation, Kind
from surveys.tests.sheets import survey_of
from tests import factories


@pytest.fixture(autouse=True)
def site(settings: Any, company: Company) -> None:
    settings.SITE_URL = "https://crm.example.com"
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad", email="amira@lindqvist.example")


def mailed(contact: Contact, *questions: dict[str, Any]) -> tuple[str, str, Invitation]:
    """The text and the HTML of the invitation to a survey that asks these."""
    invitation = factories.invitation(contact, survey=survey_of(*questions))
    mail = read(build(a_message(contact, MessageKind.SURVEY, invitation=invitation)))
    return text_of(mail), html_of(mail), invitation


@pytest.mark.parametrize("reminded", [False, True])
@pytest.mark.parametrize(
    ("kind", "points", "low", "high"),
    [
        (Kind.CSAT, range(1, 6), "very dissatisfied", "very satisfied"),
        (Kind.CES, range(1, 8), "very difficult", "very easy"),
    ],
)
def test_every_scale_has_its_own_buttons(
    contact: Contact, kind: str, points: range, low: str, high: str, reminded: bool
) -> None:
    invitation = factories.invitation(contact, survey=survey_of({"kind": kind, "text": "How was it?"}))
    asks = MessageKind.REMINDER if reminded else MessageKind.SURVEY
    mail = read(build(a_message(contact, asks, invitation=invitation)))
    text, html, link = text_of(mail), html_of(mail), answer_url(invitation)

    for point in points:
        label = f"{point} out of {points[-1]}"
        assert re.search(rf'<a [^>]*aria-label="{label}"[^>]* href="{re.escape(link)}\?score={point}"', html)
    assert html.count("?score=") == len(points)
    assert f"{points[0]}: {low} · {points[-1]}: {high}" in html
    assert f"Your answer, from {points[0]} ({low}) to {points[-1]} ({high}):\n{link}" in text
    assert "How was it?" in text
    assert "How was it?" in html


def test_a_question_says_its_own_words_at_both_ends_in_the_readers_language(contact: Contact) -> None:
    contact.language = "de"
    contact.save()
    asked = {
        "kind": Kind.NPS,
        "text": "Would you?",
        "low_label": "never <b>",
        "high_label": "always",
        "translations": {"de": {"text": "Würden Sie?", "low_label": "nie {sender}"}},
    }

    text, html, _invitation = mailed(contact, asked)

    assert "Würden Sie?" in text
    assert "Würden Sie?" in html
    assert "Would you?" not in text
    # What people wrote is neither filled nor read as HTML.
    assert "von 0 (nie {sender}) bis 10 (always)" in text
    assert "0: nie {sender} · 10: always" in html


def test_words_at_the_ends_are_escaped(contact: Contact) -> None:
    _text, html, _invitation = mailed(contact, {"kind": Kind.NPS, "low_label": "<b>never</b> & so"})

    assert "&lt;b&gt;never&lt;/b&gt; &amp; so" in html
    assert "<b>never" not in html


@pytest.mark.parametrize("kind", [Kind.LONG, Kind.SINGLE, Kind.CONSENT, Kind.DATE])
def test_what_is_no_scale_has_a_link_and_no_buttons(contact: Contact, kind: str) -> None:
    text, html, invitation = mailed(contact, {"kind": kind, "text": "What do you say?"}, {"kind": Kind.NPS})
    link = answer_url(invitation)

    assert "?score=" not in html
    assert f'<a href="{link}"' in html
    assert link in text
    assert "What do you say?" in text
    assert "from 0" not in text


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "sv", "ar", "ja"])
def test_every_language_has_words_for_every_scale(contact: Contact, language: str) -> None:
    contact.language = language
    contact.save()
    for kind in (Kind.NPS, Kind.CSAT, Kind.CES):
        text, html, _invitation = mailed(contact, {"kind": kind})
        assert "{" not in text
        assert "{" not in re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
