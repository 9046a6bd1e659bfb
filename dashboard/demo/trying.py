"""Plans and alerts of half a year ago, so that the demo can say what they were worth; by the lists kept then."""

from datetime import date, time, timedelta

from customers.models import Customer
from dashboard.demo.people import ZONE
from outreach.models import Notification, NotificationKind
from retention.models import Loss, PlanOutcome, Play, PlayTurn, RetentionPlan, RiskDay, RiskSnapshot
from retention.planning import close, submit
from retention.playing import plan_from
from retention_crm.lib import clock

# Weeks before the day of the demo: long enough that it is known what came of it.
_WEEKS = (14, 17, 20, 23)
_WARNED = 12
_FOR_WEEKS = timedelta(weeks=6)
_LEARNED = "Who is called by a person they know speaks of what is wrong."


def try_plays(on: date) -> None:
    """On some days of before, of those at risk every second got a plan, and one in four was left out by lot."""
    plays = list(Play.objects.order_by("pk"))
    if not plays:
        return
    first = plays[0]
    first.automatic_since, first.held_out_every = clock.moment(on - timedelta(weeks=26), time(), ZONE), 4
    first.save(update_fields=["automatic_since", "held_out_every"])
    for number, weeks in enumerate(_WEEKS):
        day = RiskDay.objects.filter(day__lte=on - timedelta(weeks=weeks)).order_by("-day").first()
        if day is not None:
            _try(plays[number % len(plays)], first, day.day)


def warn_of_losses(on: date) -> None:
    """Of those who left within half a year, whom the bell told of that, and that some saw it late or not at all."""
    losses = Loss.objects.open().filter(lost_on__gt=on - timedelta(weeks=26)).select_related("customer").order_by("pk")
    alerts = []
    for number, loss in enumerate(losses[:_WARNED]):
        at = clock.moment(loss.lost_on - timedelta(days=60), time(9), ZONE)
        occasion = f"urgent:red:{loss.customer_id}:{int(at.timestamp())}"
        told = Notification(kind=NotificationKind.RED, occasion=occasion, customer=loss.customer, created_at=at)
        told.person_id = loss.customer.owner_id
        told.seen_at = at + timedelta(days=1 + number) if number % 3 else at + timedelta(days=50)
        alerts.append(told)
    Notification.objects.bulk_create(alerts)


def _try(play: Play, first: Play, day: date) -> None:
    at = clock.moment(day, time(10), ZONE)
    flagged = RiskSnapshot.objects.filter(day=day, flagged_days__gt=0, flagged_days__lte=21).values("customer")
    known = Customer.objects.filter(pk__in=flagged, retention_plans=None, play_turns=None)
    for number, customer in enumerate(known.select_related("owner", "risk").order_by("pk")[:24]):
        if number % 4 == 3:
            PlayTurn.objects.create(customer=customer, play=first, turned_at=at, is_held_out=True, made_at=at)
        elif number % 2 == 0:
            PlayTurn.objects.create(customer=customer, play=play, turned_at=at, made_at=at)
            _carry_out(plan_from(play, customer, by=customer.owner, at=at), customer, day)


def _carry_out(plan: RetentionPlan, customer: Customer, day: date) -> None:
    submit(plan, at=clock.moment(day, time(11), ZONE))
    over = clock.moment(day + _FOR_WEEKS, time(16), ZONE)
    outcome = PlanOutcome.KEPT
    if customer.is_lost:
        outcome = PlanOutcome.LOST
    elif customer.last_touchpoint_on is None or customer.last_touchpoint_on < day:
        outcome = PlanOutcome.LATER
    close(plan, outcome, _LEARNED if outcome == PlanOutcome.KEPT else "", by=customer.owner, at=over)
