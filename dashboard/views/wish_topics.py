"""Wishes of all customers, put together where they are alike, and decided together."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import FETCH_RAISE
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest
from customers.requests import get_editable
from dashboard.paging import aware_moment, page_of
from dashboard.views.replying import PageRequest, form_status, posted, saved
from dashboard.wishes import (
    LATEST_FIRST,
    PAGE_SIZE,
    STATES,
    Choice,
    alike,
    closed_at,
    likely_topics,
    topics_of,
    wishes_of,
)
from interactions.models import Wish, WishQuerySet, WishState, WishTopic
from interactions.topic_forms import TogetherForm, TopicForm, TopicOutcomeForm
from outreach.taking_back import reopen_all
from retention_crm.lib import clock

_STATE_NAMES = {
    "open": gettext_lazy("Open"),
    "planned": gettext_lazy("Planned"),
    "closed": gettext_lazy("Done or declined"),
    "all": gettext_lazy("All"),
}


@require_safe
def wishes(request: PersonRequest) -> HttpResponse:
    """Those of the customers the person sees, the newest first, and what is wished for most."""
    choice = Choice.read(request.GET)
    rows = wishes_of(request.user, choice).fetch_mode(FETCH_RAISE)
    after, before = (request.GET.get(name, "") for name in ("after", "before"))
    page = page_of(rows, LATEST_FIRST, after=after, before=before, size=PAGE_SIZE)
    topics = topics_of(request.user)
    context = {
        "rows": page.rows,
        "following": choice.address(after=page.following) if page.following else "",
        "preceding": choice.address(before=page.preceding) if page.preceding else "",
        "topics": topics,
        "most": max((topic.customers for topic in topics), default=0),
        "topic": WishTopic.objects.filter(pk=choice.topic).first() if choice.topic else None,
        "choice": choice,
        "states": [
            (_STATE_NAMES[state], replace(choice, state=state).address(), state == choice.state) for state in STATES
        ],
        "mine": replace(choice, mine=not choice.mine).address(),
        "all_topics": replace(choice, topic=0).address(),
        "at": clock.now(),
    }
    return render(request, "dashboard/wishes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def wish_together(request: PageRequest, pk: int) -> HttpResponse:
    """Puts a wish, and others that sound like it, with what others wish for."""
    wish = get_editable(Wish.objects.select_related("customer", "contact"), request, pk)
    form = TogetherForm(posted(request), wish=wish, topics=likely_topics(wish), others=alike(wish, request.user))
    if form.is_valid():
        with transaction.atomic():
            topic = form.chosen
            together = {wish.pk, *(other.pk for other in form.cleaned_data["others"])}
            number = Wish.objects.editable_by(request.user).filter(pk__in=together).update(topic=topic)
        words = ngettext("%(n)d wish is about “%(topic)s”.", "%(n)d wishes are about “%(topic)s”.", number)
        return saved(request, words % {"n": number, "topic": topic}, to=_page(topic))
    return _show(request, "wish_together", {"form": form, "wish": wish, "at": clock.now()})


@require_POST
def wish_apart(request: PageRequest, pk: int) -> HttpResponse:
    """A wish by itself again; what nobody wishes for any more is gone."""
    wish = get_editable(Wish.objects.select_related("customer", "topic"), request, pk)
    topic = wish.topic
    if topic is None:
        return saved(request, _("It stands by itself already."), to=reverse("wishes"))
    with transaction.atomic():
        Wish.objects.filter(pk=wish.pk).update(topic=None)
        WishTopic.objects.filter(pk=topic.pk, wishes=None).delete()
    return saved(request, _("By itself again: %(wish)s") % {"wish": wish}, to=reverse("wishes"))


@require_http_methods(["GET", "HEAD", "POST"])
def wish_topic(request: PageRequest, pk: int) -> HttpResponse:
    """What it is called."""
    topic = get_object_or_404(WishTopic, pk=pk)
    form = TopicForm(posted(request), instance=topic)
    if form.is_valid():
        form.save()
        return saved(request, _("Saved."), to=_page(topic))
    return _show(request, "wish_topic", {"form": form, "topic": topic})


@require_http_methods(["GET", "HEAD", "POST"])
def topic_close(request: PageRequest, pk: int) -> HttpResponse:
    """What became of all open wishes of a topic, of customers the person may change; each who wants to hears of it."""
    topic, at = get_object_or_404(WishTopic, pk=pk), clock.now()
    rows = Wish.objects.editable_by(request.user).open().filter(topic=topic)
    waiting = rows.filter(wants_answer=True).count()
    form = TopicOutcomeForm(posted(request), waiting=waiting)
    if form.is_valid():
        number = rows.decide(form.becomes, form.cleaned_data["outcome"], by=request.user, at=at, **form.told_to)
        undo = f"{reverse('topic_reopen', args=[pk])}?{urlencode({'at': at.isoformat()})}"
        return saved(request, _told(topic, form.becomes, number), to=_page(topic), undo=undo)
    context = {"form": form, "topic": topic, "number": rows.count(), "waiting": waiting}
    return _show(request, "topic_close", context)


def _told(topic: WishTopic, state: WishState, number: int) -> str:
    if state == WishState.PLANNED:
        words = ngettext("%(n)d wish planned: %(topic)s", "%(n)d wishes planned: %(topic)s", number)
    else:
        words = ngettext("%(n)d wish closed: %(topic)s", "%(n)d wishes closed: %(topic)s", number)
    return words % {"n": number, "topic": topic}


@require_POST
def topic_reopen(request: PageRequest, pk: int) -> HttpResponse:
    """Opens those again that the person decided about at the moment the address names."""
    topic = get_object_or_404(WishTopic, pk=pk)
    number, told = reopen_all(_decided_together(request, topic), at=clock.now())
    words = ngettext("%(n)d wish is open again.", "%(n)d wishes are open again.", number) % {"n": number}
    if told:
        words += " " + ngettext("%(n)d customer has heard already.", "%(n)d customers have heard already.", told) % {
            "n": told
        }
    return saved(request, words, to=_page(topic))


def _decided_together(request: PageRequest, topic: WishTopic) -> WishQuerySet:
    """None where the address names no moment."""
    try:
        return closed_at(request.user, topic, aware_moment(request.GET.get("at", "")))
    except ValueError:
        return Wish.objects.none()


def _page(topic: WishTopic) -> str:
    return Choice(state="all", topic=topic.pk).address()


def _show(request: PageRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    template = f"dashboard/{name}.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(context["form"]))
