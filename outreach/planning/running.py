"""Running all planners, one at a time and each from its watermark."""

import logging
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from accounts.models import Company, User
from accounts.standing_in import StandIns, stand_ins
from outreach.models import MessageKind, Watermark
from outreach.planning.asking import plan_reminders, plan_surveys
from outreach.planning.greetings import plan_anniversaries, plan_birthdays, plan_events
from outreach.planning.introducing import plan_introductions
from outreach.planning.news import plan_news
from outreach.planning.notices import plan_notices
from outreach.planning.promises import plan_promises
from outreach.planning.recommending import plan_recommendations
from outreach.planning.telling import plan_digests, plan_escalations, plan_weekly
from outreach.planning.thanks import plan_thanks
from outreach.planning.urgent import plan_urgent
from outreach.planning.window import OVERLAP, Planner, Window
from outreach.planning.wishes import plan_answers
from retention_crm.lib import clock

log = logging.getLogger(__name__)

# A first run, or one after a long pause, does not go back further: what is older is too late to be kind anyway.
LONGEST_GAP = timedelta(days=7)

# The one that plans no mail.
NEWS = "news"
PLANNERS: dict[str, Planner] = {
    MessageKind.BIRTHDAY.value: plan_birthdays,
    MessageKind.ANNIVERSARY.value: plan_anniversaries,
    MessageKind.EVENT.value: plan_events,
    MessageKind.THANK_YOU.value: plan_thanks,
    MessageKind.RECOMMEND.value: plan_recommendations,
    MessageKind.SURVEY.value: plan_surveys,
    MessageKind.REMINDER.value: plan_reminders,
    MessageKind.YOU_SAID.value: plan_answers,
    MessageKind.NOTICE.value: plan_notices,
    MessageKind.INTRODUCTION.value: plan_introductions,
    MessageKind.PROMISE_KEPT.value: plan_promises,
    MessageKind.URGENT.value: plan_urgent,
    MessageKind.ESCALATION.value: plan_escalations,
    NEWS: plan_news,
    # After what stands on the bell, for it lists what somebody wants to hear of in the morning.
    MessageKind.OVERDUE_DIGEST.value: plan_digests,
    MessageKind.WEEKLY.value: plan_weekly,
}


def plan(*, at: datetime) -> dict[str, int]:
    """Plans everything that is due to be planned at that moment; returns how many new messages each kind got, and how
    many things were told on the bell that no mail tells of (`NEWS`).

    All kinds in one transaction. A planner that fails undoes only its own work and tries again from its watermark; its
    error is raised when the others are done.
    """
    company = Company.current()
    with transaction.atomic():
        one_at_a_time()
        reached = dict(Watermark.objects.values_list("planner", "through"))
        zones, away = _zones(), stand_ins(at=at)
        windows = {kind: _window(_since(reached.get(kind), at), at, company, zones, away) for kind in PLANNERS}
        planned, failures = _all_at_once(windows)
        marks = [Watermark(planner=kind, through=_through(reached.get(kind), at)) for kind in planned]
        Watermark.objects.bulk_create(
            marks, update_conflicts=True, unique_fields=["planner"], update_fields=["through"]
        )
    if failures:
        raise ExceptionGroup("Planners failed", failures)
    return planned


def _all_at_once(windows: dict[str, Window]) -> tuple[dict[str, int], list[Exception]]:
    """What each planner planned, and what failed: nearly always nothing, so they share a savepoint until it does."""
    try:
        with transaction.atomic():
            return {kind: planner(windows[kind]) for kind, planner in PLANNERS.items()}, []
    except Exception:
        log.warning("A planner failed; each is run by itself.", exc_info=True)
        return _one_by_one(windows)


def _one_by_one(windows: dict[str, Window]) -> tuple[dict[str, int], list[Exception]]:
    """The same, with a savepoint each, so that the others keep what they planned."""
    planned: dict[str, int] = {}
    failures: list[Exception] = []
    for kind, planner in PLANNERS.items():
        try:
            with transaction.atomic():
                planned[kind] = planner(windows[kind])
        except Exception as failure:
            failures.append(failure)
    return planned, failures


def _window(since: datetime, at: datetime, company: Company, zones: tuple[str, ...], away: StandIns) -> Window:
    return Window(since, at, company, zones, away, entered_since=since - OVERLAP, entered_until=at + OVERLAP)


def _zones() -> tuple[str, ...]:
    return tuple(User.objects.get_queryset().active().order_by().values_list("time_zone", flat=True).distinct())


def _since(reached: datetime | None, at: datetime) -> datetime:
    """From when on a planner looks. A mark far ahead was set by a clock that was wrong, and says nothing."""
    if reached is None:
        return at - timedelta(days=1)
    return at - LONGEST_GAP if reached > at + OVERLAP else max(reached, at - LONGEST_GAP)


def _through(reached: datetime | None, at: datetime) -> datetime:
    """The mark does not go back where clocks differ a little: each run overlaps with the one before."""
    return at if reached is None or reached > at + OVERLAP else max(reached, at)


def plan_as_of(*, at: datetime) -> dict[str, int]:
    """Plans what a first run at that moment would have planned for its day, and leaves all else alone, watermarks too.

    Events count by when they happened, whenever they were entered: for looking at one day of an imported history.
    """
    company = Company.current()
    start_of_day = clock.day_bounds(clock.today(company.time_zone, at), company.time_zone)[0]
    ever = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    with transaction.atomic():
        one_at_a_time()
        window = Window(start_of_day, at, company, _zones(), stand_ins(at=at), *ever, only_plans=True)
        return {kind: planner(window) for kind, planner in PLANNERS.items()}


def one_at_a_time() -> None:
    """Two planners at once would both find a cool-down free; the second waits and then sees the first.

    So does whoever takes away, in this transaction, somebody for whom a planner may be writing messages.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('outreach.planning'))")
