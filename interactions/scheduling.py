"""When a next step is due."""

from datetime import datetime, time, timedelta

from accounts.models import User
from retention_crm.lib import clock
from retention_crm.lib.working_hours import WorkingHours

BEGIN_OF_WORK = time(9, 0)
END_OF_WORK = time(17, 0)


def due_in(days: int, user: User, *, at: datetime) -> datetime:
    """17:00, by the user's clock, of the day that many days from today; a day off moves to the next working day."""
    wanted = user.today(at) + timedelta(days=days)
    working_day = clock.next_working_day(wanted - timedelta(days=1), user.working_days)
    return clock.moment(working_day, END_OF_WORK, user.time_zone)


def within_hours(hours: int, user: User, *, at: datetime, country: str) -> datetime:
    """So many hours from then, of which those of the user's days off and of public holidays in that country do not
    count; and not in the evening or at night, by the user's clock.
    """
    whole_days = WorkingHours(time(), time(), tuple(user.working_days), user.time_zone, country)
    moment = whole_days.after(at, timedelta(hours=hours))
    # What ends with a day is due on that day.
    day = user.today(moment - timedelta.resolution)
    begins, ends = (clock.moment(day, hour, user.time_zone) for hour in (BEGIN_OF_WORK, END_OF_WORK))
    return min(max(moment, begins), ends)
