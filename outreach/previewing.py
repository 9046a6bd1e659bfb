"""Previews of a wording: once for an ordinary person, once for the one whose data is the worst there is."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from accounts.models import Company, User
from outreach.composing import Unwritable, Values, fill_for
from outreach.layout import Entry, Frame, Section, lay_out, list_as_html, list_as_text
from outreach.phrases import phrases_in
from outreach.unsubscribing import CONSENT_FOR
from outreach.wording import Text
from retention_crm.lib import clock
from surveys.models import Survey

_WORST_NAME = 'عبد الرحمن "Bobby" O’Neil-Łukasiewicz <b>&amp; Söhne</b> 👩🏽‍💻 {sender} ' + "Wolfeschlegelstein" * 3


@dataclass(frozen=True, slots=True)
class Sample:
    """A filled mail; where it can not be written, `problem` says why and the rest is empty."""

    title: str
    subject: str = ""
    text: str = ""
    html: str = ""
    problem: str = ""


def samples(kind: str, tone: str, text: Text, *, company: Company, sender: User) -> list[Sample]:
    """The text as it would arrive; nothing in it is anybody's real data, and its links lead nowhere."""
    ordinary = _values(kind, tone, text.language, company, sender.name)
    worst = {name: _WORST_NAME if name in _NAMES else value for name, value in ordinary.items()}
    return [
        _sample(_("As most will get it"), kind, text, company, ordinary, "Lindqvist AB"),
        _sample(_("With the worst data there is"), kind, text, company, worst, _WORST_NAME),
    ]


_NAMES = frozenset({"preferred_name", "name", "customer", "sender"})


def _sample(title: str, kind: str, text: Text, company: Company, values: Values, listed: str) -> Sample:
    consent = CONSENT_FOR.get(kind)
    blocks: Values = {}
    if consent is None:
        sections = _example_list(listed)
        values = values | {"list": list_as_text(sections)}
        blocks = {"list": list_as_html(sections)}
    try:
        subject, plain, html = fill_for(lay_out(text, Frame.of(company, consent)), values, blocks)
    except Unwritable as error:
        return Sample(title, problem=error.detail)
    return Sample(title, subject, plain, html)


def _values(kind: str, tone: str, language: str, company: Company, sender: str) -> Values:
    phrases = phrases_in(language)
    today = clock.today(company.time_zone)
    link = f"{settings.SITE_URL}/s/…/"
    question: str = Survey._meta.get_field("question").get_default()
    return {
        "preferred_name": sender if kind not in CONSENT_FOR else "Amira",
        "name": "Amira Haddad",
        "customer": "Lindqvist AB",
        "company": company.name,
        "sender": sender,
        "occasion": phrases.purchase(today, tone),
        "years": phrases.years_of(5),
        "event": _("the opening of your shop"),
        "question": question,
        "survey_link": link,
        "scores": f"{phrases.scale.ask}\n{link}",
        "summary": _("2 customers"),
        "day": format_date(today, "l j F"),
        "unsubscribe_link": f"{settings.SITE_URL}/u/…/",
        "preference_link": f"{settings.SITE_URL}/p/…/",
    }


def _example_list(name: str) -> list[Section]:
    link = f"{settings.SITE_URL}/customers/"
    why = _("Quiet for 41 days; agreed was every 30 days.")
    return [Section(_("Gone quiet (2)"), [Entry(link, name, why), Entry(link, "Kovács Kft", why)])]
