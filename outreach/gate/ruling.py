"""What a rule is, and what it may say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from outreach.gate.facts import Facts
from outreach.models import Message, Sentence, State, Written


@dataclass(frozen=True)
class Ruling:
    """What is to become of a message that may not be handed over now, by which rule, and why, for people.

    With the state PLANNED it is put off until `due_at`.
    """

    state: State
    rule: str
    why: Sentence
    due_at: datetime | None = None

    @property
    def sentence(self) -> str:
        """Why, in the language of the moment."""
        return str(self.why)


@dataclass(frozen=True)
class Rule:
    """One thing to look at; a person may set some of them aside for a message (`released_rules`), others never."""

    speak: Callable[[Message, Facts], Ruling | None]
    may_be_released: bool = False

    @property
    def name(self) -> str:
        return self.speak.__name__

    def of(self, message: Message, facts: Facts) -> Ruling | None:
        """What the rule says about the message; nothing if a person has set it aside."""
        if self.may_be_released and self.name in message.released_rules:
            return None
        return self.speak(message, facts)


def put_off(message: Message, rule: str, why: Sentence, until: datetime, written: Written) -> Ruling:
    """The message waits until then (`written` for people); where that is too late to be kind, somebody may call."""
    if until < message.expires_at:
        return Ruling(State.PLANNED, rule, Sentence("waits", why=why, until=written), due_at=until)
    return Ruling(State.HELD, rule, Sentence("waits_too_long", why=why, until=written))
