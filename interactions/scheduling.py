"""When a next step is due."""

from datetime import datetime, time, timedelta

from accounts.models import User
from retention_crm.lib import clock

END_OF_WORK = time(17, 0)


def due_in(days: int, user: User, *, at: datetime) -> datetime:
    """17:00, by the user's clock, of the day that many days from today; a day off moves to the next working day."""
    wanted = user.today(at) + timedelta(days=days)
    working_day = clock.next_working_day(wanted - timedelta(days=1), user.working_days)
    return clock.moment(working_day, END_OF_WORK, user.time_zone)
