"""Telling who looks after a customer, or who stands in for them, that the customer has turned red.

Once for each time they come into the band at risk: the moment is kept with the risk (`at_risk_since`) for as long as
they are in it, and names the occasion. A company that was just imported or seeded alarms nobody: the first computation
of a customer is no turn, nor is the first that knows of any contact, nor one that only knows more of what was long ago
(`rhythm.AT_RISK_SINCE`). Who was at risk before this was kept has no such moment either.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from outreach import alerting
from outreach.alerting import Alert, Subject, urgent_occasion
from outreach.layout import Section
from outreach.models import NotificationKind
from outreach.reporting import alert_section
from retention.models import CustomerRisk
from retention.wording import reasons_in_words

SUBJECT = NotificationKind.RED.value


def turned_red(since: datetime, until: datetime) -> Iterator[Alert]:
    """An alert for each customer who came into the band between those moments, and is in it."""
    rows = CustomerRisk.objects.turned_red().filter(at_risk_since__gte=since, at_risk_since__lte=until)
    rows = rows.order_by("at_risk_since", "pk")
    for pk, at_risk_since, owner in rows.values_list("pk", "at_risk_since", "customer__owner"):
        yield Alert(NotificationKind.RED, urgent_occasion(SUBJECT, pk, _second_of(at_risk_since)), owner, customer=pk)


def red_section(reader: User, numbers: Sequence[int], at: datetime) -> Section | None:
    """Why the customer is at risk; nothing once they are not, or came out and in again, which is told by itself."""
    pk, turned_at, *_reader = numbers
    rows = CustomerRisk.objects.visible_to(reader).turned_red().select_related("customer__owner")
    risk = rows.filter(pk=pk).first()
    if risk is None or _second_of(risk.at_risk_since) != turned_at:
        return None
    title = _("Turned red: %(customer)s") % {"customer": risk.customer}
    why = " ".join(reasons_in_words(risk, on=reader.today(at)))
    return alert_section(title, risk.customer, _("at risk of being lost"), why, known={reader.pk})


def _second_of(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0


alerting.add(Subject(SUBJECT, turned_red, red_section))
