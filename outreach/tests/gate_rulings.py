"""What the gate decides about one message, for the tests of its rules."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Company
from outreach import gate
from outreach.gate import Ruling
from outreach.models import Message, MessageKind, State
from tests import factories
from tests.factories import NOW

FAR = NOW + timedelta(days=20)


def ruling(message: Message, at: datetime = NOW) -> Ruling | None:
    return gate.check(gate.load([message.pk]), at=at, company=Company.current()).get(message.pk)


def rule(message: Message, at: datetime = NOW) -> tuple[str, str] | None:
    """(state, rule) the gate decides, or None if the message may leave."""
    decided = ruling(message, at)
    return (decided.state.value, decided.rule) if decided else None


def survey_mail(contact: Any = None, **fields: Any) -> Message:
    invitation = factories.invitation(contact)
    return factories.message(invitation.contact, kind=MessageKind.SURVEY, invitation=invitation, **fields)


def thanks(contact: Any = None, **fields: Any) -> Message:
    return factories.message(
        contact or factories.contact(), kind=MessageKind.THANK_YOU, **{"expires_at": FAR, **fields}
    )


def survey(contact: Any = None, **fields: Any) -> Message:
    return survey_mail(contact, **{"expires_at": FAR, **fields})


def gone_out(like: Message, days: float = 1, state: State = State.SENT, **fields: Any) -> Message:
    at = NOW - timedelta(days=days)
    values = {"kind": MessageKind.SURVEY, "due_at": at, "finished_at": at, "state": state, **fields}
    return factories.message(values.pop("contact", like.contact), **values)
