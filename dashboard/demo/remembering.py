"""The lists of customers at risk that the demo company would have kept, and how good they were."""

from datetime import date, time, timedelta

from dashboard.demo.people import ZONE
from retention.proving import judge
from retention.recalling import recall
from retention.snapshotting import keep
from retention_crm.lib import clock

# Making the list of a day takes seconds where there are very many customers: then what is compared must do.
MANY = 20_000
_WEEKS = 26
_OF_MANY = (91, 7)


def keep_lists(on: date, customers: int) -> None:
    """A list a week for half a year, and that of the day itself."""
    ago = _OF_MANY if customers > MANY else range(7, 7 * _WEEKS + 1, 7)
    days = sorted(on - timedelta(days=days) for days in ago)
    recall(days, ZONE)
    keep(on, at=clock.moment(on, time(), ZONE))
    for day in (*days, on):
        judge(day)
