"""What is said when something was logged."""

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from interactions.logging import Logged
from interactions.models import Outcome
from retention_crm.lib import dates


def told(logged: Logged) -> str:
    """What was logged, and when something is to be done next: the follow-up that was moved, or the next contact."""
    interaction = logged.interaction
    words = {
        "kind": interaction.get_kind_display(),
        "customer": interaction.customer.name,
        "outcome": interaction.get_outcome_display(),
    }
    if interaction.outcome == Outcome.HELD:
        due = interaction.customer.next_due_on
        if due is None or not interaction.is_touchpoint:
            return _("%(kind)s logged for %(customer)s.") % words
        words["day"] = dates.write(due, "day of year")
        return _("%(kind)s logged for %(customer)s. Next contact by %(day)s.") % words
    if logged.moved is None:
        return _("%(kind)s logged for %(customer)s: %(outcome)s.") % words
    words |= {"title": logged.moved.title, "time": dates.write(localtime(logged.moved.due_at), "weekday, time")}
    return _("%(kind)s logged for %(customer)s: %(outcome)s. Moved to %(time)s: %(title)s.") % words
