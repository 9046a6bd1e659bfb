"""Recaps in the form their reader likes: a mail, plain text, or with a document."""

from accounts.models import Company
from customers.models import Contact
from outreach.assembling import Attached
from outreach.models import Format, Message, format_for
from outreach.phrases import phrases_in
from outreach.structuring import blocks_of
from outreach.typesetting import as_docx, as_pdf, unprintable

_TYPES = {
    Format.PDF: "application/pdf",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_SETTERS = {Format.PDF: as_pdf, Format.DOCX: as_docx}

type Filled = tuple[str, str, str]


def in_its_format(
    message: Message, contact: Contact, filled: Filled, company: Company
) -> tuple[Filled, Attached | None]:
    """Subject, text and HTML (empty for plain text), and the document that comes with them, if any.

    What a PDF could not show comes without one: the words stand in the mail in any case.
    """
    subject, text, _html = filled
    wanted, recap = format_for(contact), getattr(message, "recap", None)
    if wanted == Format.TEXT:
        return (subject, text, ""), None
    if wanted == Format.HTML or recap is None or (wanted == Format.PDF and unprintable(subject + recap.text)):
        return filled, None
    phrases = phrases_in(contact.effective_language)
    content = _SETTERS[wanted](
        subject,
        blocks_of(recap.text),
        company=company.name,
        language=phrases.language,
        rtl=phrases.direction == "rtl",
        made_at=message.dated_at,
    )
    return filled, Attached(f"recap-{message.dated_at:%Y-%m-%d}.{wanted}", _TYPES[wanted], content)
