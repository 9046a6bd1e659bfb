"""Beginning the plan of a play for whoever turns red, by the rule of the play: once for each turn.

The rule asks for a segment, a suspected cause and a value; of several that fit, the first one counts. What it did is
kept as a `PlayTurn`, also where the lot left the customer out, so that it can be seen later what the play was worth.
Who has a plan, or had one closed since the turn, gets none by rule.
"""

import itertools
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import Company
from customers.models import Customer
from retention.models import Cause, CustomerRisk, CustomerRiskQuerySet, PlanState, Play, PlayTurn, RetentionPlan
from retention.planning import open_plan_of, submit
from retention.playing import plan_from
from retention.suspecting import Evidence, evidence
from retention.telling import tell_of_beginning
from retention_crm.lib.drawing import is_drawn

# Who turned red before, while no worker ran, has waited for so long that somebody should look first.
LATEST = timedelta(days=7)
_AT_ONCE = 200


def assign_plays(*, at: datetime) -> int:
    """Answers all turns that a rule fits and that were not answered; returns how many were."""
    plays = list(Play.objects.automatic().prefetch_related("steps"))
    answered = 0
    for risks in itertools.batched(_waiting(plays, at) if plays else (), _AT_ONCE):
        known: dict[int, Evidence] = {}
        if any(play.for_cause for play in plays):
            known = evidence([risk.pk for risk in risks], zone=Company.current().time_zone, at=at)
        for risk in risks:
            play = next((play for play in plays if _fits(play, risk, known.get(risk.pk, {}))), None)
            answered += play is not None and _answer(play, risk, at)
    return answered


def _waiting(plays: Collection[Play], at: datetime) -> CustomerRiskQuerySet:
    since = min(play.automatic_since or at for play in plays)
    answered = PlayTurn.objects.filter(customer=OuterRef("pk"), turned_at=OuterRef("at_risk_since"))
    is_planned = ~Q(state=PlanState.CLOSED) | Q(closed_at__gte=OuterRef("at_risk_since"))
    planned = RetentionPlan.objects.filter(is_planned, customer=OuterRef("pk"))
    rows = CustomerRisk.objects.turned_red()
    rows = rows.filter(~Exists(answered), ~Exists(planned), at_risk_since__range=(max(since, at - LATEST), at))
    return rows.select_related("customer__owner").order_by("at_risk_since", "pk")


def _fits(play: Play, risk: CustomerRisk, facts: Evidence) -> bool:
    assert play.automatic_since is not None and risk.at_risk_since is not None
    if risk.at_risk_since < play.automatic_since:
        return False
    if play.for_segment_id not in {None, risk.customer.segment_id}:
        return False
    if play.value_from is not None and risk.value_last_year < play.value_from:
        return False
    return not play.for_cause or Cause(play.for_cause) in facts


def _answer(play: Play, risk: CustomerRisk, at: datetime) -> bool:
    """Of two at once one does; false for the other, and where somebody began a plan meanwhile."""
    customer = risk.customer
    assert risk.at_risk_since is not None
    with transaction.atomic():
        Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
        if open_plan_of(customer) is not None:
            return False
        is_held_out = is_drawn(f"play:{play.pk}", customer.pk, play.held_out_every)
        _turn, is_new = PlayTurn.objects.get_or_create(
            customer=customer,
            turned_at=risk.at_risk_since,
            defaults={"play": play, "is_held_out": is_held_out, "made_at": at},
        )
        if is_new and not is_held_out:
            plan = plan_from(play, customer, by=customer.owner, at=at)
            if play.waits_for_approval:
                submit(plan, at=at)
            tell_of_beginning(plan, at=at)
    return is_new
