"""What people decide about one message: each page asks or takes back, and says what happened meanwhile."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import PersonRequest, way_back
from outreach import deciding, foreseeing, gate
from outreach.forms import HoldForm
from outreach.models import Message, MessageQuerySet, State
from outreach.views.messages import may_change, row, theirs, visible, word
from retention_crm.lib import clock

View = Callable[[PersonRequest, Message], HttpResponse]
page = require_http_methods(["GET", "HEAD", "POST"])


def changing(view: View) -> Callable[[PersonRequest, int], HttpResponse]:
    """Gives the view a message the person may change: 404 if they may not see it, 403 if they may only read it."""

    @wraps(view)
    def guarded(request: PersonRequest, pk: int) -> HttpResponse:
        shown = visible(request, pk)
        if not may_change(request, shown):
            raise PermissionDenied
        return view(request, shown)

    return guarded


def just(message: Message) -> MessageQuerySet:
    """The rows a decision about that message is made on."""
    return Message.objects.filter(pk=message.pk)


def back_from(request: PersonRequest, message: Message) -> str:
    """Where the decision was begun; else the message."""
    return way_back(request, reverse("message", args=[message.pk]))


def told(request: PersonRequest, message: Message, reached: int, words: str, *, undo: str = "") -> HttpResponse:
    """Says what was done, with the way to take it back; or what became of the message that was quicker."""
    if reached:
        notices.success(request, words, extra_tags=reverse(undo, args=[message.pk]) if undo else "")
    else:
        message.refresh_from_db()
        sentence = _("Nothing was changed: it is no longer as it was shown. It is now: %(state)s.")
        notices.error(request, sentence % {"state": word(message)})
    return redirect(back_from(request, message))


def asked(request: PersonRequest, template: str, message: Message, **context: Any) -> HttpResponse:
    """A page that asks before something is done."""
    form = context.get("form")
    common = {"next": back_from(request, message), "theirs": theirs(message)}
    status = 422 if form is not None and form.is_bound else 200
    return render(request, template, {**row(message), **common, **context}, status=status)


@require_POST
@changing
def message_approve(request: PersonRequest, message: Message) -> HttpResponse:
    done = deciding.approve(just(message), by=request.user, at=clock.now())
    return told(request, message, done, _("Approved: it goes out when it is due."), undo="message_ask_again")


@require_POST
@changing
def message_ask_again(request: PersonRequest, message: Message) -> HttpResponse:
    done = deciding.ask_again(just(message), by=request.user, at=clock.now())
    return told(request, message, done, _("It waits for approval again."))


@page
@changing
def message_hold(request: PersonRequest, message: Message) -> HttpResponse:
    """Holds it for a reason; it can be let go again."""
    form = HoldForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        may = deciding.possible(message, at=clock.now())
        return asked(request, "outreach/message_hold.html", message, form=form, may=may)
    before = message.state
    done = deciding.hold(just(message), why=form.cleaned_data["why"], by=request.user, at=clock.now())
    undo = "message_propose" if before == State.PROPOSED else "message_resume"
    return told(request, message, done, _("Held. It will not go out until somebody lets it go."), undo=undo)


@require_POST
@changing
def message_resume(request: PersonRequest, message: Message) -> HttpResponse:
    """Lets go what a person held."""
    done = deciding.resume(just(message), to=State.PLANNED, by=request.user, at=clock.now())
    return told(request, message, done, _("It goes out when it is due."))


@require_POST
@changing
def message_propose(request: PersonRequest, message: Message) -> HttpResponse:
    """Lets go what a person held while it waited for approval; it waits for it again."""
    done = deciding.resume(just(message), to=State.PROPOSED, by=request.user, at=clock.now())
    return told(request, message, done, _("It waits for approval again."))


@page
@changing
def message_now(request: PersonRequest, message: Message) -> HttpResponse:
    """Asks, and makes it due at once; what the gate has to say about it stands beside the question."""
    at = clock.now()
    if request.method == "POST":
        done = deciding.send_now(just(message), by=request.user, at=at)
        return told(request, message, done, _("It goes out with the next run, in a few seconds."))
    (loaded,) = gate.load([message.pk])
    ruling = gate.check([loaded], at=at, company=request.user.company).get(message.pk)
    may = deciding.possible(message, at=at)
    return asked(request, "outreach/message_now.html", message, ruling=ruling, may=may)


@page
@changing
def message_anyway(request: PersonRequest, message: Message) -> HttpResponse:
    """Names all that speaks against a held message, and sends it all the same; only what was named is set aside."""
    at = clock.now()
    if request.method == "POST":
        rules = request.POST.getlist("rule")
        done = deciding.send_anyway(message, rules, by=request.user, at=at)
        return told(request, message, done, _("It goes out with the next run, in a few seconds."))
    (loaded,) = gate.load([message.pk])
    found = foreseeing.in_the_way(loaded, at=at, company=request.user.company)
    context = {
        "rulings": [ruling for ruling in found if ruling.rule in gate.RELEASABLE and ruling.state == State.HELD],
        "postponed": [ruling for ruling in found if ruling.state == State.PLANNED],
        "forbidden": [
            ruling
            for ruling in found
            if ruling.state != State.PLANNED and not (ruling.rule in gate.RELEASABLE and ruling.state == State.HELD)
        ],
        "may": deciding.possible(message, at=at),
    }
    return asked(request, "outreach/message_anyway.html", message, **context)


@page
@changing
def message_cancel(request: PersonRequest, message: Message) -> HttpResponse:
    """Asks, and cancels one that still waits; what is on its way already can not be called back."""
    at = clock.now()
    if request.method == "POST":
        done = deciding.drop(just(message), by=request.user, at=at)
        return told(request, message, done, _("The message will not be sent."))
    return asked(request, "outreach/message_cancel.html", message, may=deciding.possible(message, at=at))
