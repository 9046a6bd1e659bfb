"""When a next step is due."""

from datetime import date, datetime, time, timedelta

from accounts.models import User
from retention_crm.lib import clock, workdays

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
    day, left = user.today(at), timedelta(hours=hours)
    moment = at
    while True:
        begins, ends = clock.day_bounds(day, user.time_zone)
        moment = max(moment, begins)
        if _works_on(day, user, country):
            if left <= ends - moment:
                return _by_day(moment + left, day, user)
            left -= ends - moment
        day += timedelta(days=1)


def _works_on(day: date, user: User, country: str) -> bool:
    is_usual = not user.working_days or day.weekday() in user.working_days
    return is_usual and not workdays.holiday_name(country, day)


def _by_day(moment: datetime, day: date, user: User) -> datetime:
    begins, ends = (clock.moment(day, hour, user.time_zone) for hour in (BEGIN_OF_WORK, END_OF_WORK))
    return min(max(moment, begins), ends)
