"""What a notification says and where it leads: made when it is shown, in the language of who reads it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.models import ConsentKind, PreferenceChange
from outreach.models import Notification, NotificationKind, said_again


@dataclass(frozen=True, slots=True)
class Said:
    """What happened, whom it is about, and what else there is to say; plain text, some of it written by people."""

    what: str
    about: str
    why: str = ""


def say(notification: Notification) -> Said:
    """In words; the notification has its customer, contact and `by` with it."""
    return _SAY[NotificationKind(notification.kind)](notification)


# Where the first id of an occasion is that of a page.
_PAGES: dict[str, str] = {NotificationKind.HELD: "message", NotificationKind.CORRECTION: "correction"}


def matter_of(notification: Notification) -> str:
    """The path of the page with what it is about, which its person may open."""
    kind, (_word, what, *rest) = notification.kind, notification.occasion.split(":")
    if page := _PAGES.get(kind):
        return reverse(page, args=[what])
    if kind == NotificationKind.FINISHED:
        return reverse("import" if what == "import" else "bulk_change", args=[rest[0]])
    if kind == NotificationKind.PLAN:
        return reverse("plan", args=[rest[0]])
    if kind == NotificationKind.FOLLOW_UP and what == "notice":
        return reverse("notice", args=[rest[0]])
    if notification.customer_id is not None:
        return reverse("customer", args=[notification.customer_id])
    if kind == NotificationKind.GIVEN:
        return reverse("brief")
    if kind == NotificationKind.ESCALATION and notification.person.is_manager:
        return reverse("portfolio")
    return reverse("today")


def wishes_as_words(withdrawn: list[ConsentKind], changes: list[PreferenceChange]) -> str:
    """What a contact chose, as a notification keeps it until it is shown."""
    return ",".join([*(kind.value for kind in withdrawn), *(f"{change.what}={change.chosen}" for change in changes)])


def _customer(notification: Notification) -> str:
    return str(notification.customer)


def _customers(notification: Notification) -> str:
    if notification.customer is not None:
        return _customer(notification)
    number = notification.number
    return ngettext("%(number)d customer", "%(number)d customers", number) % {"number": number}


def _giver(notification: Notification) -> str:
    return str(notification.by or _("somebody"))


def _answer(notification: Notification) -> Said:
    point, _slash, of = notification.words.partition("/")
    words = {"name": notification.contact, "score": point or notification.number, "of": of}
    said = _("%(name)s answered %(score)s of %(of)s.") if of else _("%(name)s scored us %(score)s of 10.")
    return Said(_("Unhappy answer"), _customer(notification), said % words)


def _escalation(notification: Notification) -> Said:
    return Said(
        _("Without contact for too long"), _("Customers of your team"), _("The list of the portfolio says which.")
    )


def _given(notification: Notification) -> Said:
    return Said(_("Given to you by %(name)s") % {"name": _giver(notification)}, _customers(notification))


def _follow_up(notification: Notification) -> Said:
    what = _("To do, from %(name)s") % {"name": _giver(notification)}
    return Said(what, _customers(notification), notification.words)


def _wishes(notification: Notification) -> Said:
    chosen = ", ".join(_wish(written) for written in notification.words.split(","))
    why = _("%(name)s: %(chosen)s") % {"name": notification.contact, "chosen": chosen}
    return Said(_("Chose what to get from us"), _customer(notification), why)


def _wish(written: str) -> str:
    what, is_preference, chosen = written.partition("=")
    if is_preference:
        change = PreferenceChange(what=what, chosen=chosen)
        return _("%(what)s: %(chosen)s") % {"what": change.get_what_display(), "chosen": change.chosen_words}
    return _("no more of this: %(kind)s") % {"kind": ConsentKind(what).label}


def _bounce(notification: Notification) -> Said:
    why = _("Ask %(name)s for a better address.") % {"name": notification.contact}
    return Said(_("The mail address does not exist"), _customer(notification), why)


def _held(notification: Notification) -> Said:
    words = _again(notification.words)
    why = f"{notification.contact}: {words}" if notification.contact else words
    return Said(_("Call instead of writing"), _customer(notification), why)


def _again(words: str) -> str:
    """Why a message is held, kept as `saying` does; a long one, and one from before that, as it was written."""
    try:
        kept = json.loads(words)
    except ValueError:
        return words
    return said_again(kept, kept["of"]) if isinstance(kept, dict) and "of" in kept else words


def _finished(notification: Notification) -> Said:
    what, __, *state = notification.occasion.split(":")[1:]
    words = str(_FINISHED[what, state[0]])
    number = ngettext("%(number)d customer", "%(number)d customers", notification.number)
    return Said(words, notification.words, number % {"number": notification.number})


def _complaint(notification: Notification) -> Said:
    """`number` says whether it is not the first of its kind, or was taken up again."""
    what = _("Complaint, not the first") if notification.number else _("Severe complaint")
    return Said(what, _customer(notification), notification.words)


_PLANS = {
    "waiting": gettext_lazy("Plan waits for your approval"),
    "approved": gettext_lazy("Plan approved"),
    "begun": gettext_lazy("Turned red, and a play made a plan"),
    "late": gettext_lazy("Plan needs a look: the day for it has passed"),
    "asleep": gettext_lazy("Plan needs a look: nothing was done for two weeks"),
}


def _plan(notification: Notification) -> Said:
    return Said(str(_PLANS[notification.occasion.split(":")[1]]), _customer(notification), notification.words)


_FINISHED = {
    ("import", "done"): gettext_lazy("Import finished"),
    ("import", "undone"): gettext_lazy("Import undone"),
    ("import", "failed"): gettext_lazy("Import not possible"),
    ("bulk", "done"): gettext_lazy("Change finished"),
    ("bulk", "undone"): gettext_lazy("Change taken back"),
}
_SAY: dict[NotificationKind, Callable[[Notification], Said]] = {
    NotificationKind.ANSWER: _answer,
    NotificationKind.COMPLAINT: _complaint,
    NotificationKind.PROMISE: lambda one: Said(_("Promise not kept in time"), _customer(one), one.words),
    NotificationKind.RED: lambda one: Said(_("Turned red"), _customer(one)),
    NotificationKind.ESCALATION: _escalation,
    NotificationKind.GIVEN: _given,
    NotificationKind.FOLLOW_UP: _follow_up,
    NotificationKind.WISHES: _wishes,
    NotificationKind.PLAN: _plan,
    NotificationKind.CORRECTION: lambda one: Said(_("Not what was agreed"), _customer(one), one.words),
    NotificationKind.DISPUTED: lambda one: Said(_("Promise not done yet, they say"), _customer(one), one.words),
    NotificationKind.BOUNCE: _bounce,
    NotificationKind.HELD: _held,
    NotificationKind.FINISHED: _finished,
}
