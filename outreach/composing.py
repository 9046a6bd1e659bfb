"""Composing: one message of the ledger becomes one mail, just before it is handed over."""

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.models import Company, User
from customers.models import Contact, Customer, Language, Tone
from outreach.agreeing import correction_link
from outreach.appointing import appointment
from outreach.assembling import Mail, deliverable, mailbox, words
from outreach.bounces.marking import mark
from outreach.confirming import confirmation_link
from outreach.digesting import digest_for
from outreach.enclosing import in_its_format
from outreach.filling import Unwritable, buttons_of, meeting_mail, scores_of, values_for, writer_of
from outreach.gate.facts import MEETING_KINDS
from outreach.layout import Buttons, Frame, Pattern, lay_out, list_as_html, list_as_text, note_as_html, signature_parts
from outreach.models import STAFF_KINDS, Message, MessageKind, Sentence
from outreach.phrases import Phrases, phrases_in
from outreach.preferences import preference_link
from outreach.rehearsing import links_of
from outreach.sampling import Links, Values, sample_list, sample_values
from outreach.unsubscribing import CONSENT_FOR, unsubscribe_link
from outreach.wording import MissingField, Text, UnknownField, Wordings, fill_parts, plain
from retention_crm.lib import dates
from retention_crm.lib.masking import mask
from retention_crm.lib.text import clean_line
from surveys.linking import answer_url

__all__ = ["Composer", "Filled", "Unwritable", "fill_for"]

type Filled = tuple[str, str, str]

# Values of several lines; where they stand, the HTML leaves their direction to them.
_NOTES = frozenset({"recap", "details"})
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


class Composer:
    """Composes the mails of one batch; texts and settings are read once, `at` is the moment they speak from."""

    def __init__(self, *, company: Company, at: datetime) -> None:
        self.company = company
        self.at = at
        self._wordings: Wordings | None = None

    def prepare(self, messages: Sequence[Message]) -> None:
        """Loads what the messages need, as far as it is not loaded yet, in at most 23 queries for any number."""
        prefetch_related_objects(
            messages,
            *("contact__customer", "customer__owner", "recipient"),
            *("interaction", "dated_event", "invitation__survey__published__questions", "wish", "notice_for__notice"),
            "owner_change__former",
        )
        recaps = [message for message in messages if message.kind == MessageKind.RECAP]
        prefetch_related_objects(recaps, "recap", "contact__recap_format", "contact__customer__recap_style")
        of_meetings = [message for message in messages if message.kind in MEETING_KINDS]
        prefetch_related_objects(of_meetings, "meeting_mail__meeting__host")
        of_promises = [message for message in messages if message.kind == MessageKind.PROMISE_KEPT]
        prefetch_related_objects(of_promises, "promise_mail__follow_up")

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
        writer = writer_of(message, customer)
        sender = (writer.name, _address_of(writer.email, writer.name))
        consent = CONSENT_FOR.get(message.kind)
        link = unsubscribe_link(contact.pk, consent) if consent else ""
        survey = answer_url(message.invitation) if message.invitation else ""
        filled = self.filled(message, Links(survey, link, preference_link(contact.pk), _answer_link(message)))
        mail = meeting_mail(message)
        calendar = appointment(message, mail, contact) if mail else None
        if message.kind == MessageKind.RECAP:
            filled, attached = in_its_format(message, contact, filled, self.company)
        else:
            attached = None
        to = (contact.name, address)
        return _mail(message, filled, sender, to, _one_click(link), calendar=calendar, attached=attached)

    def _reader_of(self, message: Message) -> tuple[Contact, Customer]:
        if message.contact is None or message.customer is None:
            raise Unwritable("no_address", Sentence("erased"))
        return message.contact, message.customer

    def filled(self, message: Message, links: Links) -> Filled:
        """Subject, text and HTML for the customer's contact, with links that lead where they are told; see `build`."""
        contact, customer = self._reader_of(message)
        text = self.text_of(message, contact)
        values = links.values(text.language) | self._about(message, contact, customer, phrases_in(text.language))
        signature = writer_of(message, customer).signature
        scale = buttons_of(message, text.language)
        values |= scores_of(message, scale, links.survey, text.language)
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
        return values_for(message, contact, customer, phrases, company=self.company)

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


def _answer_link(message: Message) -> str:
    """Where the reader answers, in mails that have a page for it."""
    if message.kind == MessageKind.RECAP:
        return correction_link(message.pk or 0)
    return confirmation_link(message.pk or 0) if message.kind == MessageKind.PROMISE_KEPT else ""


def _one_click(link: str) -> list[tuple[str, str]]:
    if not link:
        return []
    return [("List-Unsubscribe", f"<{link}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]


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
    **parts: Any,
) -> Mail:
    """`parts` are what a mail may have besides its words, as `Mail` takes them."""
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
        html=html or None,
        **parts,
        from_email=formataddr((clean_line(sender[0]), sender[1])),
        to=[to[1]],
        reply_to=[sender[1]] if message.is_for_customer else None,
    )
    mark(mail, message)
    return mail


def _domain(site_url: str) -> str:
    return urlsplit(site_url).hostname or "localhost"
