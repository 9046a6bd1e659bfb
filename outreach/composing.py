"""Composing: one message of the ledger becomes one mail, just before it is handed over."""

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.models import Company, User
from customers.models import Contact, Customer, Language, Tone
from interactions.models import Kind
from outreach.appointing import appointment, details, when
from outreach.assembling import Calendar, Mail, deliverable, mailbox, words
from outreach.bounces.marking import mark
from outreach.digesting import digest_for
from outreach.layout import Buttons, Frame, Pattern, lay_out, list_as_html, list_as_text, note_as_html, signature_parts
from outreach.models import STAFF_KINDS, MeetingMail, Message, MessageKind, Says, Sentence
from outreach.phrases import Phrases, phrases_in
from outreach.preferences import preference_link
from outreach.rehearsing import links_of
from outreach.sampling import Links, Values, sample_list, sample_values
from outreach.unsubscribing import CONSENT_FOR, unsubscribe_link
from outreach.wording import MissingField, Text, UnknownField, Wordings, fill_parts, plain
from retention_crm.lib import clock, dates
from retention_crm.lib.masking import mask
from retention_crm.lib.text import clean_line
from surveys.linking import answer_url
from surveys.models import Invitation
from surveys.speaking import in_language

type Filled = tuple[str, str, str]

# Values of several lines; where they stand, the HTML leaves their direction to them.
_NOTES = frozenset({"recap", "details"})
_OF_MEETINGS = (MessageKind.MEETING, MessageKind.MEETING_OFF)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


class Unwritable(Exception):
    """The mail can not be written; `reason` is the name of what is wrong, `why` says it."""

    def __init__(self, reason: str, why: Sentence) -> None:
        super().__init__(str(why))
        self.reason = reason
        self.why = why

    @property
    def detail(self) -> str:
        """Why, in the language of the moment."""
        return str(self.why)


class Composer:
    """Composes the mails of one batch; texts and settings are read once, `at` is the moment they speak from."""

    def __init__(self, *, company: Company, at: datetime) -> None:
        self.company = company
        self.at = at
        self._wordings: Wordings | None = None

    def prepare(self, messages: Sequence[Message]) -> None:
        """Loads what the messages need, as far as it is not loaded yet, in at most seventeen queries for any number."""
        prefetch_related_objects(
            messages,
            *("contact__customer", "customer__owner", "recipient"),
            *("interaction", "dated_event", "invitation__survey__published__questions", "wish", "notice_for__notice"),
        )
        prefetch_related_objects([message for message in messages if message.kind == MessageKind.RECAP], "recap")
        of_meetings = [message for message in messages if message.kind in _OF_MEETINGS]
        prefetch_related_objects(of_meetings, "meeting_mail__meeting__host")

    @property
    def wordings(self) -> Wordings:
        if self._wordings is None:
            self._wordings = Wordings.load()
        return self._wordings

    def build(self, message: Message) -> Mail:
        """The mail of one message, the same bytes each time for the same rows; raises Unwritable.

        Reasons: `missing_field`, `no_address`, `nothing_to_say` (a digest all of whose matters are settled by now).
        """
        if message.is_for_customer:
            return self._to_customer(message)
        return self._test(message) if message.kind == MessageKind.TEST else self._to_staff(message)

    def write(self, message: Message) -> Mail:
        """The same; the message has from then on what the ledger keeps: what is said, not the keys of the links in it.

        Nothing is saved.
        """
        mail = self.build(message)
        message.sent_to = mail.to[0][:254]
        message.subject, message.body = str(mail.subject)[:300], mask(str(mail.body))
        return mail

    def text_of(self, message: Message, contact: Contact) -> Text:
        """The text before it is filled: the message's own, or else the wording for its reader."""
        if message.own_text:
            return plain(message.own_subject, message.own_text, contact.effective_language)
        return self.wordings.text_for(message.kind, contact.effective_language, contact.tone)

    def _to_customer(self, message: Message) -> Mail:
        contact, customer = self._reader_of(message)
        address = _address_of(contact.email, contact.name)
        writer = _writer(message, customer)
        sender = (writer.name, _address_of(writer.email, writer.name))
        consent = CONSENT_FOR.get(message.kind)
        link = unsubscribe_link(contact.pk, consent) if consent else ""
        survey = answer_url(message.invitation) if message.invitation else ""
        filled = self.filled(message, Links(survey, link, preference_link(contact.pk)))
        mail = meeting_mail(message)
        calendar = appointment(message, mail, contact) if mail else None
        return _mail(message, filled, sender, (contact.name, address), _one_click(link), calendar)

    def _reader_of(self, message: Message) -> tuple[Contact, Customer]:
        if message.contact is None or message.customer is None:
            raise Unwritable("no_address", Sentence("erased"))
        return message.contact, message.customer

    def filled(self, message: Message, links: Links) -> Filled:
        """Subject, text and HTML for the customer's contact, with links that lead where they are told; see `build`."""
        contact, customer = self._reader_of(message)
        text = self.text_of(message, contact)
        values = links.values(text.language) | self._about(message, contact, customer, phrases_in(text.language))
        signature = _writer(message, customer).signature
        scale = _buttons(message, text.language)
        values |= _scores(message, scale, links.survey, text.language)
        frame = Frame.of(self.company, message.kind, signature=signature, scale=scale)
        as_text, as_html = signature_parts(signature)
        return fill_for(lay_out(text, frame), values | as_text, as_html)

    def _test(self, message: Message) -> Mail:
        """A mail to whoever asked for it, as the customer's would be but for the subject and the links."""
        reader, shown = message.recipient, getattr(message, "rehearsal", None)
        if reader is None or shown is None:
            raise Unwritable("nothing_to_say", Sentence("test_gone"))
        links = links_of(message.pk)
        if shown.kind:
            text = Text(shown.subject, shown.text, shown.html, shown.language)
            values = sample_values(
                shown.kind, shown.tone, shown.language, company=self.company, sender=reader.name, links=links
            )
            as_text, as_html = sample_list("Lindqvist AB", shown.language) if shown.kind in STAFF_KINDS else ({}, {})
            frame = Frame.of(self.company, shown.kind, scale=Buttons.sample(shown.language))
            subject, body, html = fill_for(lay_out(text, frame), values | as_text, as_html)
        elif shown.about is not None:
            subject, body, html = self.filled(shown.about, links)
        else:
            raise Unwritable("nothing_to_say", Sentence("test_gone"))
        to = (reader.name, _address_of(reader.email, reader.name))
        return _mail(message, (f"[Test] {subject}", body, html), _product_sender(), to, [])

    def _about(self, message: Message, contact: Contact, customer: Customer, phrases: Phrases) -> Values:
        values = {
            "preferred_name": contact.addressed_as,
            "name": contact.name,
            "customer": contact.customer.name,
            "company": self.company.name,
            "sender": _writer(message, customer).name,
        }
        if message.kind == MessageKind.ANNIVERSARY:
            day = clock.today(contact.effective_time_zone, message.dated_at)
            values["years"] = phrases.years_of(day.year - contact.customer.customer_since.year)
        if message.kind == MessageKind.EVENT:
            values["event"] = message.dated_event.name if message.dated_event else ""
        if message.kind == MessageKind.THANK_YOU:
            values["occasion"] = _occasion(message, contact, phrases)
        if message.kind == MessageKind.RECAP:
            values |= _recap(message, contact, phrases)
        if message.kind in _OF_MEETINGS:
            values |= _meeting(message, contact, phrases)
        if message.kind in {MessageKind.SURVEY, MessageKind.REMINDER}:
            invitation = message.invitation
            if invitation is None:
                raise Unwritable("missing_field", Sentence("invitation_gone"))
            values |= _asked(invitation, contact, phrases)
        return values | _service(message)

    def _to_staff(self, message: Message) -> Mail:
        reader = message.recipient
        if reader is None:
            raise Unwritable("no_address", Sentence("staff_gone"))
        with reader.in_own_words():
            return self._told(message, reader)

    def _told(self, message: Message, reader: User) -> Mail:
        address = _address_of(reader.email, reader.name)
        digest = digest_for(message, reader, self.at)
        if not digest.sections:
            is_alert = message.kind == MessageKind.URGENT
            raise Unwritable("nothing_to_say", Sentence("alert_settled" if is_alert else "settled"))
        text = self.wordings.text_for(message.kind, get_language() or Language.ENGLISH, Tone.FRIENDLY)
        values = {
            "preferred_name": reader.name,
            "company": self.company.name,
            "summary": digest.summary,
            "day": dates.write(digest.day, "weekday"),
            "list": list_as_text(digest.sections),
        }
        blocks: Values = {"list": list_as_html(digest.sections)}
        filled = fill_for(lay_out(text, Frame.of(self.company, message.kind)), values, blocks)
        return _mail(message, filled, _product_sender(), (reader.name, address), [])


def _asked(invitation: Invitation, contact: Contact, phrases: Phrases) -> Values:
    """What the survey asks first, how much it asks, and who reads the answers."""
    version = invitation.survey.published
    said = phrases.asking.says(
        is_one=version is None or version.is_short,
        is_confidential=version is not None and version.is_confidential,
        tone=contact.tone,
    )
    return said | {"question": _opening_words(invitation, phrases.language)}


def _opening_words(invitation: Invitation, language: str) -> str:
    """What the survey asks first, in that language as far as it is translated."""
    version = invitation.survey.published
    return in_language(version.asked[0], language)["text"] if version and version.asked else ""


def _buttons(message: Message, language: str) -> Buttons | None:
    version = message.invitation.survey.published if message.invitation else None
    return Buttons.of(version.opening, language) if version else None


def _scores(message: Message, scale: Buttons | None, link: str, language: str) -> Values:
    """How to answer, as text: by the numbers of a scale, or on the page alone."""
    if message.invitation is None:
        return {}
    phrases = phrases_in(language)
    return {"scores": scale.ask(phrases, link) if scale else f"{phrases.scale.link}\n{link}"}


def _service(message: Message) -> Values:
    """What an answer to a wish or a notice says; nothing for other kinds, or where that is gone."""
    if message.wish is not None:
        return {"wish": message.wish.text, "outcome": message.wish.outcome}
    if message.notice_for is not None:
        return {"title": message.notice_for.notice.title, "notice": message.notice_for.notice.words}
    return {}


def _one_click(link: str) -> list[tuple[str, str]]:
    if not link:
        return []
    return [("List-Unsubscribe", f"<{link}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]


def _occasion(message: Message, contact: Contact, phrases: Phrases) -> str:
    interaction = message.interaction
    if message.is_recovery:
        return phrases.thanked("recovery", contact.tone)
    if interaction is not None and interaction.kind == Kind.REFERRAL:
        return phrases.thanked("referral", contact.tone)
    if interaction is None or interaction.kind != Kind.PURCHASE:
        return phrases.thanked("trust", contact.tone)
    return phrases.purchase(interaction.day, contact.tone)


def _recap(message: Message, contact: Contact, phrases: Phrases) -> Values:
    happened, recap = message.interaction, getattr(message, "recap", None)
    if happened is None:
        raise Unwritable("missing_field", Sentence("conversation_gone"))
    about = phrases.recap.about_what(happened.kind, phrases.day_of(happened.day), contact.tone)
    return {"meeting": about, "recap": recap.text if recap else ""}


def meeting_mail(message: Message) -> MeetingMail | None:
    """What the message says about a planned meeting, if it is about one that is still there."""
    return getattr(message, "meeting_mail", None) if message.kind in _OF_MEETINGS else None


def _writer(message: Message, customer: Customer) -> User:
    """Who invites holds the meeting; everything else comes from whoever looks after the customer."""
    mail = meeting_mail(message)
    return mail.meeting.host if mail else customer.owner


def _meeting(message: Message, contact: Contact, phrases: Phrases) -> Values:
    mail = meeting_mail(message)
    if mail is None:
        raise Unwritable("missing_field", Sentence("meeting_gone"))
    meeting, zone = mail.meeting, contact.effective_time_zone
    beginnings = phrases.meeting.changed if mail.says == Says.CHANGE else phrases.meeting.new
    return {
        "topic": meeting.title,
        "when": when(meeting, zone, phrases),
        "details": details(meeting, zone, phrases),
        "news": beginnings[contact.tone],
    }


def _address_of(address: str, name: str) -> str:
    written = deliverable(address) if address else None
    if written is None:
        raise Unwritable("no_address", Sentence("not_deliverable", name=name, address=address))
    return written


def _product_sender() -> tuple[str, str]:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return name, _address_of(address, "DEFAULT_FROM_EMAIL")


def fill_for(pattern: Pattern, values: Values, blocks: Values | None = None) -> Filled:
    """Subject, text and HTML for one person; raises Unwritable for a field that has no value.

    `blocks` are values that are other in HTML than in text.
    """
    phrases = phrases_in(pattern.language)
    try:
        subject = fill_parts(pattern.subject, values, html=False)
        text = fill_parts(pattern.text, values, html=False)
        shown = {name: _shown(name, value, phrases) for name, value in values.items()} | (blocks or {})
        html = fill_parts(pattern.html, shown | {"subject": subject}, html=True)
    except MissingField as missing:
        raise Unwritable("missing_field", Sentence("nothing_for_field", name=missing.name)) from None
    except UnknownField as unknown:
        raise Unwritable("missing_field", Sentence("no_such_field", name=unknown.name)) from None
    return subject, text, html


def _shown(name: str, value: str, phrases: Phrases) -> str:
    """A value as it stands in HTML: its lines stay lines."""
    if name in _NOTES:
        return note_as_html(value)
    if "\n" not in value:
        return _isolated(value, phrases)
    return format_html_join(SafeString("<br>"), "{}", ((_isolated(line, phrases),) for line in value.splitlines()))


def _isolated(value: str, phrases: Phrases) -> str:
    """A value that runs in the other direction is kept from turning what stands around it."""
    if bool(_RIGHT_TO_LEFT.search(value)) == (phrases.direction == "rtl"):
        return value
    return value if value.startswith("http") else format_html("<bdi>{}</bdi>", value)


def _mail(
    message: Message,
    filled: Filled,
    sender: tuple[str, str],
    to: tuple[str, str],
    more: list[tuple[str, str]],
    calendar: Calendar | None = None,
) -> Mail:
    subject, text, html = filled
    lines: list[tuple[str, str]] = [
        ("Subject", words(subject, "Subject")),
        ("From", mailbox(*sender, "From")),
        ("To", mailbox(*to, "To")),
    ]
    if message.is_for_customer:
        lines.append(("Reply-To", mailbox(*sender, "Reply-To")))
    lines += [
        # One sent before its time has the date of that.
        ("Date", format_datetime(min(message.dated_at, message.due_at))),
        ("Message-ID", f"<{message.mail_key.hex}@{_domain(settings.SITE_URL)}>"),
        ("Auto-Submitted", "auto-generated"),
        *more,
    ]
    mail = Mail(
        sender=sender[1],
        lines=lines,
        boundary=f"=_{message.mail_key.hex}",
        subject=clean_line(subject),
        body=text,
        html=html,
        calendar=calendar,
        from_email=formataddr((clean_line(sender[0]), sender[1])),
        to=[to[1]],
        reply_to=[sender[1]] if message.is_for_customer else None,
    )
    mark(mail, message)
    return mail


def _domain(site_url: str) -> str:
    return urlsplit(site_url).hostname or "localhost"
