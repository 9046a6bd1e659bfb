"""Who has been left alone too long: what the morning digest and the escalation to a manager speak of.

The planner asks whether there is anything, the composer asks what it is; both ask here, each with the reader's own day.
"""

from datetime import date, datetime, timedelta

from django.db.models import DateField, ExpressionWrapper, F, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from customers.models import Customer, CustomerQuerySet
from interactions.models import FollowUp, FollowUpQuerySet
from outreach.models import Message, MessageKind, State
from retention_crm.lib import clock

# How far back the first escalation a manager ever gets looks.
FIRST_LOOK_BACK = timedelta(days=7)
# A customer's manager hears of it when one and a half times the cadence has passed, in whole days, rounded up. The due
# day is the start plus the cadence, so the other half is added to it.
_HALF_CADENCE = (Coalesce(F("cadence_days"), F("segment__cadence_days")) + Value(1)) / Value(2)
ESCALATION_DAY = ExpressionWrapper(F("next_due_on") + _HALF_CADENCE, output_field=DateField())


def digest_customers(user: User, on: date) -> CustomerQuerySet:
    """The user's own customers who are over their cadence on that day of the user's, longest overdue first."""
    return Customer.objects.overdue(on).filter(owner=user).order_by("next_due_on", "pk")


def digest_follow_ups(user: User, until: datetime) -> FollowUpQuerySet:
    """The user's open follow-ups due before that moment with customers the user may see; promises come first."""
    due = FollowUp.objects.visible_to(user).due_by(until).filter(assignee=user)
    return due.select_related("customer").order_by("-is_promise", "due_at", "pk")


def escalated_customers(manager: User, *, on: date, after: date) -> CustomerQuerySet:
    """Customers who passed 1.5 times their cadence after the day `after` and up to the day `on`, longest quiet first.

    Those of the manager's team, or of the whole company if the manager has no team.
    """
    passed = Customer.objects.overdue(on).alias(escalated_on=ESCALATION_DAY)
    passed = passed.filter(escalated_on__gt=after, escalated_on__lte=on)
    if manager.team_id is not None:
        passed = passed.filter(owner__team_id=manager.team_id)
    return passed.select_related("owner").order_by("next_due_on", "pk")


def last_told(manager: User, *, on: date) -> date:
    """The manager's own day of the last escalation that was sent to them; before the first, a week before `on`."""
    sent = Message.objects.filter(recipient=manager, kind=MessageKind.ESCALATION, state=State.SENT)
    at = sent.order_by("-finished_at").values_list("finished_at", flat=True).first()
    return clock.today(manager.time_zone, at) if at else on - FIRST_LOOK_BACK
