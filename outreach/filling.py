"""The values of the merge fields of mails to customers: what each kind of message has to say."""

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import Kind
from outreach.appointing import details, when
from outreach.gate.facts import MEETING_KINDS
from outreach.layout import Buttons
from outreach.models import MeetingMail, Message, MessageKind, Says, Sentence
from outreach.phrases import Phrases, phrases_in
from outreach.sampling import Values
from retention_crm.lib import clock
from surveys.models import Invitation
from surveys.speaking import in_language


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


def values_for(message: Message, contact: Contact, customer: Customer, phrases: Phrases, *, company: Company) -> Values:
    """All but the links; raises Unwritable where what the message is about is gone."""
    values = {
        "preferred_name": contact.addressed_as,
        "name": contact.name,
        "customer": contact.customer.name,
        "company": company.name,
        "sender": writer_of(message, customer).name,
    }
    if message.kind == MessageKind.ANNIVERSARY:
        day = clock.today(contact.effective_time_zone, message.dated_at)
        values["years"] = phrases.years_of(day.year - contact.customer.customer_since.year)
    if message.kind == MessageKind.EVENT:
        values["event"] = message.dated_event.name if message.dated_event else ""
    return values | _of_its_kind(message, contact, phrases) | _service(message)


def _of_its_kind(message: Message, contact: Contact, phrases: Phrases) -> Values:
    if message.kind == MessageKind.THANK_YOU:
        return {"occasion": _occasion(message, contact, phrases)}
    if message.kind == MessageKind.RECAP:
        return _recap(message, contact, phrases)
    if message.kind in MEETING_KINDS:
        return _meeting(message, contact, phrases)
    if message.kind == MessageKind.PROMISE_KEPT:
        return _promise(message)
    if message.kind in {MessageKind.SURVEY, MessageKind.REMINDER}:
        if message.invitation is None:
            raise Unwritable("missing_field", Sentence("invitation_gone"))
        return _asked(message.invitation, contact, phrases)
    return {}


def _promise(message: Message) -> Values:
    mail = getattr(message, "promise_mail", None)
    if mail is None:
        raise Unwritable("missing_field", Sentence("promise_gone"))
    return {"promise": mail.follow_up.title}


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


def buttons_of(message: Message, language: str) -> Buttons | None:
    version = message.invitation.survey.published if message.invitation else None
    return Buttons.of(version.opening, language) if version else None


def scores_of(message: Message, scale: Buttons | None, link: str, language: str) -> Values:
    """How to answer, as text: by the numbers of a scale, or on the page alone."""
    if message.invitation is None:
        return {}
    phrases = phrases_in(language)
    return {"scores": scale.ask(phrases, link) if scale else f"{phrases.scale.link}\n{link}"}


def _service(message: Message) -> Values:
    """What an answer to a wish, a notice or an introduction says; nothing for other kinds, or where that is gone."""
    if message.wish is not None:
        return {"wish": message.wish.text, "outcome": message.wish.outcome}
    if message.notice_for is not None:
        return {"title": message.notice_for.notice.title, "notice": message.notice_for.notice.words}
    if message.owner_change is not None:
        return {"former": str(message.owner_change.former)}
    return {}


def _occasion(message: Message, contact: Contact, phrases: Phrases) -> str:
    interaction = message.interaction
    if message.is_recovery:
        return phrases.thanked("recovery", contact.tone)
    if message.is_for_referral or (interaction is not None and interaction.kind == Kind.REFERRAL):
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
    return getattr(message, "meeting_mail", None) if message.kind in MEETING_KINDS else None


def writer_of(message: Message, customer: Customer) -> User:
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
