"""Sample data for texts that are looked at before anybody gets them; none of it is anybody's."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Company
from interactions.models import Kind
from outreach.layout import Buttons, Entry, Section, list_as_html, list_as_text
from outreach.models import STAFF_KINDS
from outreach.phrases import Phrases, phrases_in
from retention_crm.lib import clock, dates
from surveys.starting import QUESTION

type Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class Links:
    """Where the links of a sample lead."""

    survey: str
    unsubscribe: str
    preferences: str
    answer: str = ""

    @classmethod
    def nowhere(cls) -> "Links":
        return cls(*(f"{settings.SITE_URL}/{page}/…/" for page in "supr"))

    def values(self, language: str) -> Values:
        """The merge fields that hold links."""
        return {
            "survey_link": self.survey,
            "scores": Buttons.sample(language).ask(phrases_in(language), self.survey),
            "unsubscribe_link": self.unsubscribe,
            "preference_link": self.preferences,
            "answer_link": self.answer,
        }


def sample_values(kind: str, tone: str, language: str, *, company: Company, sender: str, links: Links) -> Values:
    """A value for every merge field there is, in that language where the product speaks it."""
    with translation.override(language):
        return _sample_values(kind, tone, phrases_in(language), company, sender) | links.values(language)


def _sample_values(kind: str, tone: str, phrases: Phrases, company: Company, sender: str) -> Values:
    today = clock.today(company.time_zone)
    return {
        "preferred_name": sender if kind in STAFF_KINDS else "Amira",
        "name": "Amira Haddad",
        "customer": "Lindqvist AB",
        "company": company.name,
        "sender": sender,
        "occasion": phrases.purchase(today, tone),
        "years": phrases.years_of(5),
        "event": _("the opening of your shop"),
        "wish": _("invoices by e-mail instead of paper"),
        "outcome": _("From January on your invoices come by e-mail, to the address this mail comes to."),
        "promise": _("Send the price list"),
        "title": _("New prices from 1 January"),
        "notice": _("Our suppliers charge more, and so our prices rise by three per cent.\n\nOpen orders keep theirs."),
        "former": "Tom Falk",
        "question": QUESTION,
        **phrases.asking.says(is_one=True, is_confidential=False, tone=tone),
        "meeting": phrases.recap.about_what(Kind.MEETING, phrases.day_of(today), tone),
        "topic": _("The second machine"),
        "news": phrases.meeting.new[tone],
        "when": f"{phrases.weekday_of(today)}, 14:00–15:00 ({clock.zone_label(company.time_zone)})",
        "details": _sample_details(phrases, today),
        "recap": _sample_recap(phrases, today),
        "summary": _("2 customers"),
        "day": dates.write(today, "weekday"),
    }


def _sample_details(phrases: Phrases, today: date) -> str:
    said = [
        phrases.meeting.line("when", f"{phrases.weekday_of(today)}, 14:00–15:00"),
        phrases.meeting.line("where", "https://meet.example.com/lindqvist"),
        "",
        phrases.meeting.line("about", "").rstrip(),
        _("The new machine\nWhat comes in March"),
    ]
    return "\n".join(said)


def _sample_recap(phrases: Phrases, today: date) -> str:
    said = _("The new machine runs well.\nThe second one shall come in March.")
    promise = phrases.recap.promise(_("Send the price list"), phrases.day_of(today + timedelta(days=2)))
    return f"{said}\n\n{phrases.recap.promised}\n- {promise}"


def sample_list(name: str, language: str) -> tuple[Values, Values]:
    """A digest's list with that customer in it, as text and as HTML."""
    link = f"{settings.SITE_URL}/customers/"
    with translation.override(language):
        why, title = _("Quiet for 41 days; agreed was every 30 days."), _("Gone quiet (2)")
    sections = [Section(title, [Entry(link, name, why), Entry(link, "Kovács Kft", why)])]
    return {"list": list_as_text(sections)}, {"list": list_as_html(sections)}
