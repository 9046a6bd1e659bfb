"""Messages of which nobody can say whether they arrived: what is known, and what a person decides."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import PersonRequest
from outreach import deciding
from outreach.models import Message, State
from outreach.views.deciding import asked, changing, just, page, told
from outreach.views.messages import row
from retention_crm.lib import clock
from surveys.paging import page_after


@require_safe
def unknown(request: PersonRequest) -> HttpResponse:
    """The undecided ones, the one due last first."""
    rows = Message.objects.visible_to(request.user).unsettled().select_related("customer", "contact")
    shown, following = page_after(rows, "due_at", request.GET.get("after", ""))
    at = clock.now()
    editable = Message.objects.pks_editable_by(request.user, [message.pk for message in shown])
    context = {
        "rows": [
            {**row(message), "may_decide": message.pk in editable, "in_time": message.expires_at > at}
            for message in shown
        ],
        "next": following,
    }
    return render(request, "outreach/unknown.html", context)


@require_POST
@changing
def message_arrived(request: PersonRequest, message: Message) -> HttpResponse:
    done = deciding.it_arrived(just(message), by=request.user, at=clock.now())
    return told(request, message, done, _("Noted: it arrived."), undo="message_unsettle")


@require_POST
@changing
def message_leave(request: PersonRequest, message: Message) -> HttpResponse:
    done = deciding.leave_it(just(message), by=request.user, at=clock.now())
    return told(request, message, done, _("It is left as it is and out of this list."), undo="message_unsettle")


@require_POST
@changing
def message_unsettle(request: PersonRequest, message: Message) -> HttpResponse:
    return told(request, message, deciding.open_again(just(message)), _("It is open again."))


@page
@changing
def message_again(request: PersonRequest, message: Message) -> HttpResponse:
    """Asks, since they may get it twice, and sends it once more."""
    at = clock.now()
    if request.method == "POST":
        done = deciding.send_again(just(message), by=request.user, at=at)
        return told(request, message, done, _("It goes out again with the next run, in a few seconds."))
    may = message.state == State.UNKNOWN and message.expires_at > at
    return asked(request, "outreach/message_again.html", message, may_send=may)
