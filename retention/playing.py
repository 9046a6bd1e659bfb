"""Plays that come with the product, and plans that come from plays."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Absence, User
from customers.models import Customer
from interactions.scheduling import due_in
from retention.models import Cause, Doer, PlanRules, PlanStep, Play, PlayStep, RetentionPlan
from retention.planning import draft, next_review

type _Steps = tuple[tuple[int, Doer, Any], ...]

# Names, causes, steps and offers; written in the language of whoever adds them.
READY: tuple[tuple[Any, tuple[Cause, ...], _Steps, Any], ...] = (
    (
        _("Nobody called for a long time"),
        (Cause.COMFORT, Cause.INACTIVITY, Cause.NO_PERSONAL_CONTACT),
        (
            (1, Doer.OWNER, _("Call without selling anything: how are they?")),
            (7, Doer.OWNER, _("Visit them, or meet on video")),
            (30, Doer.OWNER, _("Call again, as agreed")),
        ),
        "",
    ),
    (
        _("We broke our word"),
        (Cause.BROKEN_WORD, Cause.CARELESSNESS),
        (
            (0, Doer.OWNER, _("Call, apologise, and say what is done by when")),
            (2, Doer.OWNER, _("Do what was promised, and tell them")),
            (5, Doer.MANAGER, _("Call as the manager: is it right now?")),
        ),
        "",
    ),
    (
        _("Too dear, or another offer"),
        (Cause.PRICE, Cause.COMPETITOR),
        (
            (2, Doer.OWNER, _("Ask what the other offers, and what they like there")),
            (5, Doer.MANAGER, _("Decide what we can do")),
            (7, Doer.OWNER, _("Make the offer in person")),
        ),
        _("Better terms for a year of orders"),
    ),
    (
        _("Our offer no longer fits"),
        (Cause.OUTDATED_OFFER, Cause.NEED_ENDED),
        (
            (3, Doer.OWNER, _("Ask what they need now, and go through their open wishes")),
            (10, Doer.OWNER, _("Show what is new and fits")),
        ),
        "",
    ),
)


def add_ready_plays() -> int:
    """Adds those that are not there by their name; returns how many were added."""
    added = 0
    with transaction.atomic():
        for name, causes, steps, offer in READY:
            play, is_new = Play.objects.get_or_create(
                name=str(name), defaults={"causes": [cause.value for cause in causes], "offer": str(offer)}
            )
            if is_new:
                PlayStep.objects.bulk_create(
                    PlayStep(play=play, after_days=days, doer=doer, title=str(title)) for days, doer, title in steps
                )
                added += 1
    return added


def fitting(plays: Collection[Play], causes: Collection[Cause]) -> list[Play]:
    """All of them, those that help against most of these causes first."""
    return sorted(plays, key=lambda play: (-len(set(play.causes) & set(causes)), play.name))


def plan_from(play: Play, customer: Customer, *, by: User, at: datetime) -> RetentionPlan:
    """A draft with the steps of the play, each due as many days from now; the open plan if there is one already."""
    steps = []
    people = {doer: _person(doer, customer, at) for doer in Doer}
    for step in play.steps.all():
        person = people[Doer(step.doer)]
        steps.append(PlanStep(title=step.title, person=person, due_at=due_in(step.after_days, person, at=at)))
    review_on = next_review(customer, PlanRules.current(), on=by.today(at))
    plan = RetentionPlan(customer=customer, suspected=play.causes, offer=play.offer, review_on=review_on, play=play)
    return draft(plan, by=by, at=at, steps=steps)


def _person(doer: Doer, customer: Customer, at: datetime) -> User:
    """Who that is for this customer; whoever looks after them where there is nobody like that."""
    owner = customer.owner
    if doer is Doer.MANAGER and not owner.is_manager:
        managers = User.objects.get_queryset().managers()
        own = managers.filter(team=owner.team_id).first() if owner.team_id else None
        return own or managers.first() or owner
    if doer is Doer.DEPUTY:
        known = Absence.objects.from_day(owner.today(at)).filter(Q(user=owner), deputy__is_active=True)
        absence = known.select_related("deputy").first()
        deputy = absence.deputy if absence else User.objects.get_queryset().deputies_for(owner).first()
        return deputy or owner
    return owner
