"""The page Tomorrow: all that will go out to customers, to whom, why and when, and what is held and why."""

from datetime import datetime
from typing import Any

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import PersonRequest
from outreach import deciding, gate
from outreach.foreseeing import COUNTED_TO, GROUPS, Group, ahead, forecast
from outreach.gate import Ruling
from outreach.models import Message, State
from outreach.views.messages import FORESEEN, occasion, row, theirs
from retention_crm.lib import clock, text

SHOWN = 30
SHOWN_ALONE = 100


@require_safe
def tomorrow(request: PersonRequest) -> HttpResponse:
    """Three lists, by time; `?only=` shows one of them page by page from `?after=` on."""
    at = clock.now()
    only, after = request.GET.get("only", ""), request.GET.get("after", "")
    if only in GROUPS:
        groups = [ahead(request.user, only, at=at, size=SHOWN_ALONE, after=text.row_id(after))]
    else:
        groups = [ahead(request.user, name, at=at, size=SHOWN) for name in GROUPS]
    rows = _rows(request, [pk for group in groups for pk in group.pks], at)
    context = {
        "groups": [_shown(group, rows) for group in groups],
        "only": only if only in GROUPS else "",
        "at": at,
        "is_empty": not any(group.count for group in groups),
    }
    return render(request, "outreach/tomorrow.html", context)


def _shown(group: Group, rows: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": group.name,
        "count": f"{COUNTED_TO}+" if group.count > COUNTED_TO else str(group.count),
        "number": group.count,
        # One that is gone since its id was asked for is left out.
        "rows": [rows[pk] for pk in group.pks if pk in rows],
        "to_approve": [pk for pk in group.pks if pk in rows and "approve" in rows[pk]["may"]],
        "after": group.after,
    }


def _rows(request: PersonRequest, pks: list[int], at: datetime) -> dict[int, dict[str, Any]]:
    if not pks:
        return {}
    messages = gate.load(pks)
    waiting = [message for message in messages if message.state in FORESEEN]
    rulings = forecast(waiting, at=at, company=request.user.company)
    editable = Message.objects.pks_editable_by(request.user, pks)
    return {
        message.pk: {
            **row(message),
            "occasion": occasion(message),
            "theirs": theirs(message),
            "ruling": _said(message, rulings.get(message.pk)),
            "is_clear": message.state == State.HELD and message.pk not in rulings,
            "may": deciding.possible(message, at=at) if message.pk in editable else frozenset(),
        }
        for message in messages
    }


def _said(message: Message, ruling: Ruling | None) -> Ruling | None:
    """What the gate would say now, where that is not what stands there already."""
    return None if ruling is None or ruling.sentence == message.why else ruling


@require_POST
def tomorrow_approve(request: PersonRequest) -> HttpResponse:
    """Approves all that were shown (`message`, their ids); those decided or expired meanwhile stay as they are."""
    pks = {pk for pk in map(text.row_id, request.POST.getlist("message")) if pk is not None}
    mine = Message.objects.editable_by(request.user).filter(pk__in=pks)
    done = deciding.approve(mine, by=request.user, at=clock.now())
    words = ngettext("%(n)d message is approved.", "%(n)d messages are approved.", done) % {"n": done}
    notices.success(request, words)
    if done < len(pks):
        notices.warning(request, _("The others no longer waited for approval, so nothing was changed about them."))
    return redirect("tomorrow")
