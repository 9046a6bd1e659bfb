"""The ledger for people: what was sent, what will be, and why something was not."""

from collections import Counter
from datetime import datetime, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import Company
from accounts.requests import PersonRequest
from outreach import foreseeing, gate
from outreach.assembling import Mail
from outreach.composing import Composer, Unwritable
from outreach.deciding import possible
from outreach.framing import mail_frame
from outreach.models import WAITING, Message, MessageKind, MessageQuerySet, State
from retention_crm.lib import clock, dates
from retention_crm.lib.masking import mask
from surveys.paging import page_after

# The figures above the list are those of a week; a ledger of years would be counted anew on every visit.
COUNTED = timedelta(days=7)
# Counting further costs more than the number is worth.
COUNTED_TO = 1000
# Name in the address, states, word, class of its badge.
_GROUPS = (
    ("waiting", WAITING, pgettext_lazy("messages", "waiting"), "badge-quiet"),
    ("sent", (State.SENT,), pgettext_lazy("messages", "sent"), "badge-well"),
    ("held", (State.HELD,), pgettext_lazy("messages", "held"), "badge-watch"),
    ("unknown", (State.UNKNOWN,), pgettext_lazy("messages", "not known whether they arrived"), "badge-watch"),
    ("failed", (State.FAILED,), pgettext_lazy("messages", "failed"), "badge-risk"),
    ("cancelled", (State.CANCELLED,), pgettext_lazy("messages", "cancelled"), "badge-quiet"),
    ("expired", (State.EXPIRED,), pgettext_lazy("messages", "too late"), "badge-quiet"),
)
STATES_IN = {name: states for name, states, _word, _badge in _GROUPS}
_BADGES = {state: badge for _name, states, _word, badge in _GROUPS for state in states}
_WORDS = {
    State.PROPOSED: gettext_lazy("Waits for approval"),
    State.PLANNED: gettext_lazy("Waiting"),
    State.LEASED: gettext_lazy("About to be sent"),
    State.SUBMITTING: gettext_lazy("Being sent"),
    State.SENT: gettext_lazy("Sent"),
    State.HELD: gettext_lazy("Held"),
    State.UNKNOWN: gettext_lazy("Not known"),
    State.FAILED: gettext_lazy("Failed"),
    State.CANCELLED: gettext_lazy("Cancelled"),
    State.EXPIRED: gettext_lazy("Too late"),
}
# What the gate would say is told for these.
FORESEEN = (State.PROPOSED, State.PLANNED, State.HELD)
_SENTENCES = {State.UNKNOWN: gettext_lazy("It is not known whether this arrived.")}


@require_safe
def messages(request: PersonRequest) -> HttpResponse:
    """All messages the person may see, the one due last first; `?state=` and `?kind=` narrow them."""
    visible = Message.objects.visible_to(request.user)
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    shown = visible.filter(state__in=STATES_IN[state]) if state in STATES_IN else visible
    shown = shown.filter(kind=kind) if kind in MessageKind.values else shown
    page, following = page_after(shown.select_related("customer", "contact", "recipient"), "due_at", _cursor(request))
    context = {
        "rows": [row(message) for message in page],
        "next": following,
        "figures": _figures(visible, state),
        "proposed": visible.proposed().order_by()[: COUNTED_TO + 1].count(),
        "unsettled": visible.unsettled().order_by()[: COUNTED_TO + 1].count(),
        "states": [(name, word) for name, _states, word, _badge in _GROUPS],
        "kinds": MessageKind.choices,
        "state": state if state in STATES_IN else "",
        "kind": kind if kind in MessageKind.values else "",
    }
    return render(request, "outreach/messages.html", context)


def _cursor(request: PersonRequest) -> str:
    return request.GET.get("after", "")


def row(message: Message) -> dict[str, object]:
    """What every page says of a message."""
    to = message.contact or message.recipient or message.sent_to or _("somebody who is no longer here")
    return {"message": message, "to": to, "badge": badge(message), "word": word(message), "why": why(message)}


def badge(message: Message) -> str:
    return _BADGES[State(message.state)]


def word(message: Message) -> str:
    return str(_WORDS[State(message.state)])


def why(message: Message) -> str:
    """Why it is in that state, in words; nothing for one that was sent or simply waits."""
    return message.why or str(_SENTENCES.get(State(message.state), ""))


def occasion(message: Message) -> str:
    """What the message was planned for, in words."""
    happened = message.interaction
    if happened is not None:
        return _("%(event)s on %(day)s") % {
            "event": happened.get_kind_display(),
            "day": dates.write(happened.day, "day"),
        }
    if message.wish is not None:
        return _("Their wish: %(wish)s") % {"wish": message.wish}
    if message.notice_for is not None:
        return str(message.notice_for.notice)
    return {
        MessageKind.BIRTHDAY: _("Their birthday"),
        MessageKind.ANNIVERSARY: _("The day they became a customer"),
        MessageKind.EVENT: _("A special day of theirs"),
        MessageKind.THANK_YOU: _thanks(message),
        MessageKind.RECOMMEND: _("They would recommend us"),
        MessageKind.SURVEY: _("They were to be asked"),
        MessageKind.REMINDER: _("They have not answered yet"),
        MessageKind.YOU_SAID: _("A wish of theirs that was closed"),
        MessageKind.NOTICE: _("Something they have to know"),
        MessageKind.INTRODUCTION: _("Somebody else looks after them now"),
        MessageKind.PROMISE_KEPT: _("A promise that was kept"),
        MessageKind.LETTER: _("Written by hand"),
        MessageKind.MEETING: _("A meeting they take part in"),
        MessageKind.MEETING_OFF: _("A meeting that does not take place"),
        MessageKind.RECAP: _("A conversation that is no longer here"),
        MessageKind.TEST: _("Asked for to see how a mail looks"),
        MessageKind.OVERDUE_DIGEST: _("Something was due on that working day"),
        MessageKind.URGENT: _("Something that could not wait"),
        MessageKind.WEEKLY: _("How the week went"),
        MessageKind.ESCALATION: _("Customers had gone without contact for one and a half times the agreed time"),
    }[MessageKind(message.kind)]


def _thanks(message: Message) -> str:
    if message.is_recovery:
        return _("A complaint put right")
    return _("They brought a customer") if message.is_for_referral else _("A new customer")


def _figures(visible: MessageQuerySet, chosen: str) -> list[dict[str, object]]:
    recent = visible.filter(due_at__gte=clock.now() - COUNTED).order_by().values_list("state", flat=True)
    groups = [recent.filter(state__in=states)[: COUNTED_TO + 1] for _name, states, _word, _badge in _GROUPS]
    counted = Counter(groups[0].union(*groups[1:], all=True).order_by())
    figures: list[dict[str, object]] = []
    for name, states, meaning, _badge in _GROUPS:
        count = sum(counted[state.value] for state in states)
        if count or name == chosen:
            shown = f"{COUNTED_TO}+" if count > COUNTED_TO else str(count)
            figures.append({"name": name, "count": shown, "word": meaning})
    return figures


def visible(request: PersonRequest, pk: int) -> Message:
    """The message with what its pages show; 404 for one the person may not see."""
    rows = Message.objects.visible_to(request.user).select_related(
        *("contact__customer", "customer__owner", "recipient", "decided_by"),
        *("interaction", "invitation__survey", "wish", "notice_for__notice"),
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
def message(request: PersonRequest, pk: int) -> HttpResponse:
    """One message: what, to whom, why, and its text; one that waits is composed as it would be sent now."""
    shown = visible(request, pk)
    at = clock.now()
    context = {
        **row(shown),
        "at": at,
        "occasion": occasion(shown),
        "theirs": theirs(shown),
        "in_time": shown.expires_at > at,
        "may": possible(shown, at=at) if may_change(request, shown) else frozenset(),
        "subject": shown.subject,
        "text": shown.body,
    }
    if shown.is_waiting or shown.state == State.HELD:
        context |= _as_of_now(shown, at)
    return render(request, "outreach/message.html", context)


def _as_of_now(shown: Message, at: datetime) -> dict[str, object]:
    """How it would read now, and what the gate would say."""
    found: dict[str, object] = {}
    if shown.state in FORESEEN:
        (loaded,) = gate.load([shown.pk])
        found["ruling"] = foreseeing.forecast([loaded], at=at, company=Company.current()).get(shown.pk)
    try:
        mail = composed(shown)
    except Unwritable as error:
        return found | {"unwritable": error.detail}
    return found | {"subject": mail.subject, "text": mask(str(mail.body)), "is_preview": True}


@mail_frame
@require_safe
def message_html(request: PersonRequest, pk: int) -> HttpResponse:
    """The HTML part of one that is not sent yet, without the keys in its links."""
    shown = visible(request, pk)
    if not (shown.is_waiting or shown.state == State.HELD):
        raise Http404
    try:
        return HttpResponse(mask(composed(shown).page))
    except Unwritable:
        raise Http404 from None


def composed(shown: Message) -> Mail:
    """The mail as it would be sent now; raises Unwritable."""
    return Composer(company=Company.current(), at=clock.now()).build(shown)


def may_change(request: PersonRequest, message: Message) -> bool:
    """Whether the person may decide about the message: theirs, their team's, or a manager."""
    return Message.objects.editable_by(request.user).filter(pk=message.pk).exists()


def theirs(message: Message) -> str:
    """When it is due by the clock of its reader; empty where that shows the same as the user's."""
    contact = message.contact
    if contact is None:
        return ""
    there = message.due_at.astimezone(clock.zone(contact.effective_time_zone))
    if there.utcoffset() == localtime(message.due_at).utcoffset():
        return ""
    place = clock.zone_label(contact.effective_time_zone).rpartition("/")[2]
    return _("%(time)s in %(place)s") % {"time": dates.write(there, "time of week"), "place": place}
