"""Asking many customers at once, each by its main contact, under the rules that hold after a meeting."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Company
from customers.models import Customer, CustomerQuerySet
from surveys.models import Survey
from surveys.planning import one_planner_at_a_time


class Standing(models.TextChoices):
    """What becomes of a customer that is chosen: asked, or why not."""

    ASKED = "asked", _("are asked")
    SAMPLE = "sample", _("are sample data")
    LOST = "lost", _("have left us")
    NO_CONTACT = "no_contact", _("have no main contact")
    LEFT_ALONE = "left_alone", _("do not want to be contacted")
    NO_CONSENT = "no_consent", _("do not want surveys")
    NO_ADDRESS = "no_address", _("have no e-mail address")
    ASKED_LATELY = "asked_lately", _("were asked not long ago")
    SAME_ADDRESS = "same_address", _("have the same address as somebody who is asked")


# One row for each of the customers. Whoever has the same address is the same person, so the cool-down is theirs, too.
_STANDINGS = """
WITH known AS (
    SELECT customer.id AS customer_id, contact.id AS contact_id, lower(contact.email) AS address,
           CASE
               WHEN customer.is_sample THEN 'sample'
               WHEN customer.lost_on IS NOT NULL THEN 'lost'
               WHEN contact.id IS NULL OR contact.deceased THEN 'no_contact'
               WHEN customer.do_not_contact OR contact.do_not_contact THEN 'left_alone'
               WHEN NOT contact.allows_surveys THEN 'no_consent'
               WHEN contact.email = '' THEN 'no_address'
               WHEN EXISTS (
                   SELECT FROM customers_contact AS same
                   JOIN surveys_invitation AS other ON other.contact_id = same.id
                   WHERE lower(same.email) = lower(contact.email)
                     AND other.send_at > %(send_at)s - %(cooldown)s AND other.send_at < %(send_at)s + %(cooldown)s
               ) THEN 'asked_lately'
               ELSE 'asked'
           END AS standing
    FROM customers_customer AS customer
    LEFT JOIN customers_contact AS contact ON contact.customer_id = customer.id AND contact.is_primary
    WHERE customer.id IN ({customers})
), found AS (
    SELECT customer_id, contact_id,
           CASE
               WHEN standing = 'asked' AND row_number() OVER (PARTITION BY standing, address ORDER BY customer_id) > 1
               THEN 'same_address'
               ELSE standing
           END AS standing
    FROM known
)
"""
_COUNT = f"{_STANDINGS} SELECT standing, count(*) FROM found GROUP BY standing"  # noqa: S608 - all parts stand here
_INVITE = f"""
{_STANDINGS}
INSERT INTO surveys_invitation (survey_id, customer_id, contact_id, nonce, send_at, expires_at, created_at)
SELECT %(survey)s, customer_id, contact_id, replace(gen_random_uuid()::text, '-', ''),
       %(send_at)s, %(send_at)s + %(valid)s, %(at)s
FROM found WHERE standing = 'asked'
RETURNING customer_id, id
"""  # noqa: S608 - all parts stand here


def standings(customers: CustomerQuerySet, *, send_at: datetime, company: Company) -> dict[Standing, int]:
    """How many of these customers would be asked at that moment, and how many not, by the reason."""
    with connection.cursor() as cursor:
        cursor.execute(*_statement(_COUNT, customers, _times(send_at, company)))
        found = dict(cursor.fetchall())
    return {standing: found[standing.value] for standing in Standing if standing.value in found}


def ask(
    customers: Collection[int], survey: Survey, *, send_at: datetime, at: datetime, company: Company
) -> dict[int, int]:
    """Invites those of the customers who may be asked; returns the ids of the invitations by customer.

    Asking the same customers again, or at once, asks nobody twice: the first invitation begins the cool-down.
    """
    times = _times(send_at, company) | {"survey": survey.pk, "at": at}
    with transaction.atomic(), connection.cursor() as cursor:
        one_planner_at_a_time(cursor)
        cursor.execute(*_statement(_INVITE, Customer.objects.filter(pk__in=customers), times))
        return dict(cursor.fetchall())


def _times(send_at: datetime, company: Company) -> dict[str, Any]:
    return {
        "send_at": send_at,
        "cooldown": timedelta(days=company.survey_cooldown_days),
        "valid": timedelta(days=company.survey_valid_days),
    }


def _statement(sql: str, customers: CustomerQuerySet, named: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The statement with the query for the customers in it; the values of that query get names as well."""
    rows, values = customers.order_by().values("pk").query.sql_with_params()
    chosen = {f"chosen_{number}": value for number, value in enumerate(values)}
    names = iter(chosen)
    rows = re.sub(r"(?<!%)%s", lambda _place: f"%({next(names)})s", rows)
    return sql.replace("{customers}", rows), named | chosen
