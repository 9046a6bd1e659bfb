"""Keeping the list of customers at risk as it stands on each day, so that it can be judged by what became of them.

On the list is who was in touch in the last year, and who is at risk; nobody who has left. Nothing that is learnt later
changes a row. When two customers are merged, the rows of both belong to the one that stays, and of two on one day the
place further up counts; taking the merge apart gives each their own again. Who is removed takes their rows along.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Company
from retention.models import ATTENTION, RISK_PARTS, Band, RiskBasis, RiskDay, RiskScale, RiskSnapshot
from retention.rhythm import YEAR_DAYS
from retention_crm.lib import clock

# Long enough to hold each day against the same one a year before. Of what is older the end of a month is enough: lists
# are compared over quarters and years then, and a hundred thousand customers would fill twelve megabytes a day.
KEPT_DAYS = 400
_SMALL, _WHOLE = 32_767, 2_000_000_000

TAKE_DAY = """
INSERT INTO retention_riskday (day, taken_at, ranked, flagged, intercept, slope)
VALUES (%(today)s, %(at)s, 0, 0, %(intercept)s, %(slope)s) ON CONFLICT DO NOTHING
"""
# In the order of the customers, so that rows that are looked for together lie together.
TAKE_LIST = f"""
WITH listed AS (
    SELECT risk.customer_id, customer.owner_id, band, risk.risk, value_last_year,
           greatest(%(today)s - last_day, 0) AS silence,
           row_number() OVER (ORDER BY band IN %(attention)s DESC, value_at_risk::float8 + risk.risk / 100 DESC,
                                       risk.customer_id DESC) AS place
    FROM retention_customerrisk risk JOIN customers_customer customer ON customer.id = risk.customer_id
    WHERE risk.risk IS NOT NULL AND (customer.lost_on IS NULL OR customer.lost_on > %(today)s)
      AND (last_day > %(today)s - {YEAR_DAYS} OR band = '{Band.AT_RISK}')
), former AS (
    SELECT customer_id, day, max(flagged_days) AS flagged_days FROM retention_risksnapshot
    WHERE day = (SELECT max(day) FROM retention_riskday WHERE day < %(today)s) AND flagged_days > 0
    GROUP BY customer_id, day
)
INSERT INTO retention_risksnapshot (customer_id, owner_id, day, value, place, risk, silence, flagged_days)
SELECT customer_id, owner_id, %(today)s, least(greatest(value_last_year, -{_WHOLE}), {_WHOLE}), least(place, {_SMALL}),
       round(listed.risk * {RISK_PARTS}), least(silence, {_SMALL}),
       CASE WHEN band <> '{Band.AT_RISK}' THEN 0
            ELSE least(coalesce(former.flagged_days + (%(today)s - former.day), 1), {_SMALL}) END
FROM listed LEFT JOIN former USING (customer_id)
ORDER BY customer_id
"""  # noqa: S608 - only constants
COUNT = """
UPDATE retention_riskday SET (ranked, flagged) = (
    SELECT count(*), count(*) FILTER (WHERE flagged_days > 0) FROM retention_risksnapshot WHERE day = %(today)s
) WHERE day = %(today)s
"""


def keep_if_due(*, at: datetime) -> bool:
    """Keeps today's list once the night's rebuild has made it; returns whether it did.

    A day nobody worked has no list, and gets none later: by then more would be known.
    """
    today = clock.today(Company.current().time_zone, at)
    is_due = RiskBasis.objects.filter(rebuilt_on__gte=today).exists()
    return is_due and keep(today, at=at)


def keep(today: date, *, at: datetime) -> bool:
    """Keeps the list as it stands as that of `today`, unless that is kept; of many callers at once one does."""
    scale = RiskScale.objects.in_use()
    known: dict[str, Any] = {
        "today": today,
        "at": at,
        "attention": tuple(band.value for band in ATTENTION),
        "intercept": scale.intercept if scale else None,
        "slope": scale.slope if scale else None,
    }
    # Whoever writes the day first holds it until the list is whole; the others wait, and find it there.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE_DAY, known)
        if not cursor.rowcount:
            return False
        cursor.execute(TAKE_LIST, known)
        cursor.execute(COUNT, known)
    return True


def thin_out(today: date) -> int:
    """Forgets lists older than 400 days but for the last one of each month; returns how many."""
    limit = today - timedelta(days=KEPT_DAYS)
    old = list(RiskDay.objects.filter(day__lt=limit).order_by("day").values_list("day", flat=True))
    months = {(day.year, day.month): day for day in old}
    gone = [day for day in old if months[day.year, day.month] != day]
    for day in gone:
        with transaction.atomic():
            RiskSnapshot.objects.filter(day=day).delete()
            RiskDay.objects.filter(day=day).delete()
    return len(gone)
