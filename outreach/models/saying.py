"""Why a message is in its state, kept so that it can be said again in the language of whoever reads it.

A sentence is a name and what goes into it; the row keeps these, and here are the words. A row from before that was
kept, or whose sentence is gone from here, is shown as it was written then (`Message.detail`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outreach.models.kinds import MessageKind
from retention_crm.lib import dates


@dataclass(frozen=True)
class Written:
    """A day or a time as its reader writes it; `shape` is as for `dates.write`, and `time` for a time."""

    shape: str
    value: date | time


type Word = str | int | Written | MessageKind | Sentence


class Sentence:
    """One of `SENTENCES`, with what goes into it."""

    def __init__(self, name: str, /, **words: Word) -> None:
        self.name = name
        self.words = words

    def __str__(self) -> str:
        return str(SENTENCES[self.name]) % {gap: _said(word) for gap, word in self.words.items()}

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "words": {gap: _kept(word) for gap, word in self.words.items()}}


def because(reason: str, why: Sentence) -> dict[str, Any]:
    """The fields of a message that say why it is in its state."""
    return {"reason": reason, "detail": str(why)[:2000], "said": {"of": reason, **why.kept()}}


def said_again(kept: Mapping[str, Any] | None, reason: str) -> str:
    """What was kept beside that reason, in the language of the moment; empty if it was another or is not known here."""
    if not kept or kept.get("of") != reason:
        return ""
    try:
        return str(_read(kept))
    except (KeyError, TypeError, ValueError):
        return ""


def _said(word: Word) -> str | int:
    if isinstance(word, Written):
        return dates.write(word.value, word.shape)
    if isinstance(word, MessageKind):
        return str(word.label)
    return str(word) if isinstance(word, Sentence) else word


def _kept(word: Word) -> Any:
    if isinstance(word, Written):
        return {"written": [word.shape, word.value.isoformat()]}
    if isinstance(word, MessageKind):
        return {"kind": word.value}
    return word.kept() if isinstance(word, Sentence) else word


def _read(kept: Any) -> Any:
    if not isinstance(kept, dict):
        return kept
    if "written" in kept:
        shape, value = kept["written"]
        return Written(shape, time.fromisoformat(value) if shape == "time" else date.fromisoformat(value))
    if "kind" in kept:
        return MessageKind(kept["kind"])
    return Sentence(kept["name"], **{gap: _read(word) for gap, word in kept["words"].items()})


SENTENCES: dict[str, Promise] = {
    # Whom it is for.
    "erased": _("The person it was for is no longer in the system."),
    "erasure": _("The person it was for was erased."),
    "deleted": _("The customer was deleted."),
    "merged": _("Merged into %(name)s."),
    "merged_had": _("They had this as %(name)s, who was merged into them."),
    "merged_meanwhile": _("They had this while they were merged with %(name)s."),
    "merged_back": _("What it is about belongs to %(name)s again."),
    "left": _("The member of staff no longer works here."),
    "staff_gone": _("The member of staff it was for is no longer in the system."),
    "sample": _("Sample data: they are invented, so no mail goes to them."),
    "lost": _("The customer has left us."),
    "deceased": _("The contact has died."),
    "do_not_contact": _("They asked not to be contacted."),
    "no_consent": _("They do not want this kind of message."),
    "ended_by_link": _("They ended this kind of mail by its link."),
    "ended_by_wishes": _("They chose so on their page of wishes."),
    "ended_at_provider": _("They told their mail provider that they do not want our mail."),
    # Where it goes.
    "no_address": _("There is no e-mail address for %(name)s."),
    "bad_address": _("No mail can be sent to “%(address)s”. Ask %(name)s for a better address."),
    "not_deliverable": _("%(name)s has no address mail can be sent to: “%(address)s”."),
    "suppressed": _("Mail to %(address)s came back as undeliverable. Ask for a better address."),
    "shared_address": _("%(name)s has the same e-mail address; it goes there once."),
    # What it is about.
    "too_late": _("It would have come too late to be kind."),
    "answered": _("They have answered meanwhile."),
    "chosen_otherwise": _("They chose to get no mail of its own about this."),
    "invitation_withdrawn": _("The invitation was withdrawn."),
    "invitation_taken_back": _("Asking them was taken back."),
    "invitation_gone": _("The invitation to the survey is gone."),
    "birthday_changed": _("The birthday was changed; it is not on this day."),
    "event_changed": _("The day was changed or taken out; it is not this one."),
    "anniversary_changed": _("The anniversary or the main contact was changed."),
    "held_out": _(
        "Drawn by lot as one of those who get no automatic greeting, so that it can be seen what greetings are worth."
    ),
    "wish_open": _("The wish was opened again, or they need not be told."),
    "wish_opened": _("The wish was opened again."),
    "news_known": _("They were told otherwise, or need not be told any more."),
    "owner_known": _("They know the new owner already, or somebody else looks after them by now."),
    "told_in_person": _("They were told in person."),
    "to_be_told_in_person": _("They are to be told in person."),
    "notice_withdrawn": _("The notice was withdrawn."),
    "conversation_gone": _("What the recap is about is no longer in the system."),
    "meeting_changed": _("The meeting was changed or called off, or they do not take part in it."),
    "meeting_gone": _("The meeting is no longer in the system."),
    "promise_open": _("The promise is open again, or they said already that it is done."),
    "promise_gone": _("The promise is no longer in the system."),
    "agreed_anew": _("What was agreed was corrected meanwhile; the new version is to be sent."),
    "test_gone": _("What was to be tested is no longer there."),
    "settled": _("Everything it would have listed is settled by now."),
    "alert_settled": _("What it would have told is settled by now, or not so any more."),
    "nothing_for_field": _("There is nothing to put in for {%(name)s}."),
    "no_such_field": _("The text asks for {%(name)s}, which does not exist."),
    "handed_over": _("It was handed over: what happened to it afterwards is known."),
    # How things stand.
    "open_complaint": _("Open complaint since %(date)s: %(what)s. Call instead."),
    "overdue_promise": _("We promised “%(what)s” by %(date)s. Keep it first, or call."),
    "detractor": _("They scored us %(score)d of 10 on %(date)s. Call instead."),
    "owner_changed": _("%(owner)s looks after them since %(date)s; introduce yourself first."),
    # When it would come.
    "waits": _("%(why)s It waits until %(until)s."),
    "waits_too_long": _("%(why)s Waiting until %(until)s would be too late; call instead."),
    "quiet_hours": _("These are quiet hours where %(name)s is."),
    "day_off": _("It is a day off where %(name)s is (%(what)s)."),
    "thanked": _("They were thanked on %(date)s already."),
    "thanked_ahead": _("They are thanked on %(date)s."),
    "another": _("They got another message on %(date)s (%(what)s)."),
    "another_ahead": _("They get another message on %(date)s (%(what)s)."),
    # What a person decided.
    "held_by": _("Held by %(name)s: %(why)s"),
    "cancelled_by": _("Cancelled by %(name)s."),
}
