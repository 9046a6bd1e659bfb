"""Expected needs: when the next order should come, and calls that are proposed before it, and before renewals.

An order is expected of customers who bought on at least four days within three years, at regular intervals of two weeks
or more: the middle half of the intervals differs by no more than the usual one, their median. It is expected so many
days after the last, and no longer once twice that time has passed: then it is silence, and the risk speaks of it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import CharField, DateField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Company
from customers.models import Customer
from interactions.models import FollowUp, Interaction, Kind
from interactions.scheduling import due_in
from retention.models import Expectation, Renewal
from retention_crm.lib import clock, dates, text
from retention_crm.lib.alone import Job, is_alone

LOOKED_BACK = timedelta(days=3 * 365)
LEAST_ORDERS = 4
LEAST_DAYS = 14
# Who was spoken to so shortly before needs no call for it.
SPOKEN_WITHIN = timedelta(days=7)
# A clock may be that far ahead of or behind the company's.
A_DAY = timedelta(days=1)
BATCH = 1000
EXCERPT = 120

_FOUND = """
    WITH bought AS (
        SELECT customer_id, day, sum(amount) AS amount FROM interactions_interaction
        WHERE kind = 'purchase' AND day BETWEEN %(since)s AND %(until)s {whose}
        GROUP BY customer_id, day
    ), gaps AS (
        SELECT customer_id, day, amount, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap FROM bought
    ), usual AS (
        SELECT customer_id, count(*) AS orders, max(day) AS last_on,
               percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY gap) AS quarters,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) AS amount
        FROM gaps GROUP BY customer_id HAVING count(*) >= %(least_orders)s
    ), found AS (
        SELECT customer_id, orders, round(quarters[2])::int AS usual_days, round(amount::numeric, 2) AS usual_amount,
               last_on, last_on + round(quarters[2])::int AS expected_on
        FROM usual
        WHERE quarters[2] >= %(least_days)s AND quarters[3] - quarters[1] <= quarters[2]
          AND last_on + 2 * round(quarters[2])::int >= %(on)s
    )
"""
_REFRESH = """
    {found}, gone AS (
        DELETE FROM retention_expectation e
        WHERE NOT EXISTS (SELECT FROM found WHERE found.customer_id = e.customer_id) {kept}
    )
    INSERT INTO retention_expectation AS e (customer_id, orders, usual_days, usual_amount, last_on, expected_on)
    SELECT customer_id, orders, usual_days, usual_amount, last_on, expected_on FROM found
    ON CONFLICT (customer_id) DO UPDATE
    SET orders = excluded.orders, usual_days = excluded.usual_days, usual_amount = excluded.usual_amount,
        last_on = excluded.last_on, expected_on = excluded.expected_on
    WHERE (e.orders, e.usual_days, e.usual_amount, e.last_on, e.expected_on) IS DISTINCT FROM
          (excluded.orders, excluded.usual_days, excluded.usual_amount, excluded.last_on, excluded.expected_on)
"""
_ALL = _REFRESH.format(found=_FOUND.format(whose=""), kept="")
_SOME = _REFRESH.format(
    found=_FOUND.format(whose="AND customer_id = ANY(%(customers)s)"), kept="AND e.customer_id = ANY(%(customers)s)"
)


def expect_orders(*, at: datetime) -> int:
    """Expects the next orders of all customers anew, by the company's day; returns how many changed."""
    return _refresh(_ALL, at=at)


def expect_again(*, since: datetime, at: datetime) -> int:
    """The same for those of whom a purchase was entered since that moment; returns how many changed."""
    entered = Interaction.objects.filter(kind=Kind.PURCHASE, created_at__gte=since, created_at__lte=at)
    customers = list(entered.order_by().values_list("customer_id", flat=True).distinct())
    return _refresh(_SOME, at=at, customers=customers) if customers else 0


def _refresh(sql: str, *, at: datetime, customers: list[int] | None = None) -> int:
    on = clock.today(Company.current().time_zone, at)
    parameters: dict[str, Any] = {
        "on": on,
        "since": on - LOOKED_BACK,
        "until": on + A_DAY,
        "least_orders": LEAST_ORDERS,
        "least_days": LEAST_DAYS,
        "customers": customers,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def propose_calls(*, at: datetime) -> int:
    """A follow-up for each owner so many days before an order or renewal as the segment says; returns how many are new.

    Once for each order and each day of a renewal, and none before an order if somebody spoke to them shortly before.
    Those no longer needed, because the order came or it is decided about the renewal, are closed.
    """
    with transaction.atomic():
        if not is_alone(Job.EXPECTING):
            return 0
        _close(at)
        new = [*_before_orders(at), *_before_renewals(at)]
        FollowUp.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    return len(new)


_CLOSE = """
    UPDATE interactions_followup f
    SET done_at = %(at)s, outcome = CASE WHEN f.occasion LIKE 'order:%%' THEN %(ordered)s ELSE %(decided)s END
    FROM customers_customer k
    WHERE f.origin = 'expected' AND f.done_at IS NULL AND k.id = f.customer_id AND (
        k.lost_on IS NOT NULL
        OR f.occasion LIKE 'order:%%' AND EXISTS (
            SELECT FROM interactions_interaction i
            WHERE i.customer_id = f.customer_id AND i.kind = 'purchase' AND i.day > split_part(f.occasion, ':', 3)::date
        )
        OR f.occasion LIKE 'renewal:%%' AND NOT EXISTS (
            SELECT FROM retention_renewal r
            WHERE r.id = split_part(f.occasion, ':', 2)::bigint AND r.outcome = ''
              AND r.due_on = split_part(f.occasion, ':', 3)::date
        )
    )
"""


def _close(at: datetime) -> None:
    with translation.override(settings.LANGUAGE_CODE), connection.cursor() as cursor:
        words = {"ordered": _("They have ordered."), "decided": _("It is not ahead any more.")}
        cursor.execute(_CLOSE, {"at": at, **words})


def _before_orders(at: datetime) -> Iterator[FollowUp]:
    rows = _ahead(Expectation.objects.all(), "order", "expected_on", "customer_id", "last_on", at=at)
    quiet_since = F("call_on") - Value(SPOKEN_WITHIN.days)
    unspoken = Q(customer__last_touchpoint_on=None) | Q(
        customer__last_touchpoint_on__lt=ExpressionWrapper(quiet_since, output_field=DateField())
    )
    for row in rows.filter(unspoken).iterator(chunk_size=BATCH):
        owner = row.customer.owner
        if row.call_on <= owner.today(at) <= row.expected_on:
            with owner.in_own_words():
                title = _("Ask about the next order: usually every %(days)d days") % {"days": row.usual_days}
            yield _call(row.customer, row.occasion, title, at=at)


def _before_renewals(at: datetime) -> Iterator[FollowUp]:
    rows = _ahead(Renewal.objects.open(), "renewal", "due_on", "pk", "due_on", at=at)
    for row in rows.iterator(chunk_size=BATCH):
        owner = row.customer.owner
        if row.call_on <= owner.today(at) <= row.due_on:
            with owner.in_own_words():
                what = {"day": dates.write(row.due_on, "day"), "what": text.excerpt(row.note, EXCERPT)}
                title = (
                    _("Speak about %(what)s: it renews or ends on %(day)s")
                    if row.note
                    else _("Speak about what renews or ends on %(day)s")
                )
            yield _call(row.customer, row.occasion, title % what, at=at)


def _ahead(rows: QuerySet[Any], kind: str, day: str, who: str, what: str, *, at: datetime) -> QuerySet[Any]:
    """Those whose day is so near that the segment wants a call and none was proposed, a day too many on both sides.

    With `call_on`, the first day for it, and its `occasion`, which names the row (`who`) and its day (`what`).
    """
    on, lead = clock.today(Company.current().time_zone, at), F(f"customer__segment__{kind}_call_days")
    occasion = Concat(Value(f"{kind}:"), _written(who), Value(":"), _written(what))
    near = rows.filter(customer__lost_on=None, customer__do_not_contact=False, customer__owner__is_active=True)
    near = near.annotate(call_on=ExpressionWrapper(F(day) - lead, output_field=DateField()), occasion=occasion)
    near = near.filter(call_on__lte=on + A_DAY, **{f"{day}__gte": on - A_DAY})
    known = FollowUp.objects.filter(occasion=OuterRef("occasion"))
    new: QuerySet[Any] = near.filter(~Exists(known)).select_related("customer__owner").order_by("pk")
    return new


def _written(field: str) -> Cast:
    return Cast(field, CharField())


def _call(customer: Customer, occasion: str, title: str, *, at: datetime) -> FollowUp:
    due_at = due_in(0, customer.owner, at=at)
    return FollowUp(
        customer=customer,
        assignee=customer.owner,
        origin=FollowUp.Origin.EXPECTED,
        occasion=occasion,
        title=title,
        due_at=due_at if due_at > at else due_in(1, customer.owner, at=at),
        created_at=at,
    )
