"""Finding who of a file is there already, and which of its lines are about the same: each question one statement.

People are found by the number they have elsewhere, else by a mail address, else by telephone and name; who has neither
address nor telephone by the name at the same customer. Customers are found by their people, by their number or by name.
"""

from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from customers.importing.recognising import OURS
from customers.importing.targets import Target
from customers.models import Import, Verdict
from retention_crm.lib.folding import folded

# What stands before the number of a customer of ours who has none from elsewhere.
OWN_NUMBER = "crm:"


def match(intake: Import, *, user: User) -> None:
    """Says of each line that can be used whom it is about and what becomes of it. May be asked again at any time."""
    parameters: dict[str, Any] = {
        "of": intake.pk,
        "sees_all": user.reads_everything,
        "changes_all": user.sees_everything,
        "team": user.team_ids,
        "read_only": _("Somebody else looks after them; you may only read."),
        "there": _("Already there."),
        "ours": intake.options.get("source") == OURS,
    }
    numbers = _BY_NUMBER if any(goes["target"] == Target.CUSTOMER_KEY for goes in intake.mapping) else ()
    skips = _SKIP_FOUND if intake.options.get("mode") == "skip" else ()
    # Tables that have just been filled or emptied of what they knew are asked line by line, if nobody tells.
    questions = (
        _RESET,
        _LEARN,
        *numbers,
        *_PEOPLE,
        _CROWDED,
        *numbers,
        _BY_COMPANY,
        _READ_ONLY,
        _FOUND,
        *_TWICE,
        _LEADERS,
        *skips,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for question in questions:
            cursor.execute(question, parameters)


def counts_of(intake: Import) -> dict[str, int]:
    """How many lines there are of each verdict, and how many customers and people are new."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"of": intake.pk})
        counts = dict(cursor.fetchall())
        cursor.execute(_NEW, {"of": intake.pk})
        counts["customers"], counts["contacts"] = cursor.fetchone()
    return {name: number for name, number in counts.items() if number}


def _usable(alias: str = "r") -> str:
    return f"{alias}.of_id = %(of)s AND {alias}.verdict IN ('{Verdict.CREATE}', '{Verdict.UPDATE}')"


_ROW_NAME = folded("r.record->'contact'->>'name'")
_CONTACT_NAME = folded("c.name")
_VISIBLE = "(%(sees_all)s OR u.owner_id = ANY(%(team)s))"
_EDITABLE = "(%(changes_all)s OR u.owner_id = ANY(%(team)s))"
_ROWS = "customers_importrow"

_LEARN = f"ANALYZE {_ROWS}, customers_customer, customers_contact, customers_contactdetail"
_RESET = f"""
UPDATE {_ROWS} SET verdict = '{Verdict.CREATE}', reason = '', customer_pk = NULL, contact_pk = NULL, leader = NULL,
                   same_as = NULL
WHERE of_id = %(of)s AND verdict IN ('{Verdict.CREATE}', '{Verdict.UPDATE}', '{Verdict.SKIPPED}')
  AND (verdict <> '{Verdict.CREATE}' OR customer_pk IS NOT NULL OR leader IS NOT NULL OR same_as IS NOT NULL)
"""  # noqa: S608 - the parts are constants of this module


def _by(pairs: str) -> str:
    """Gives each line without anybody the contact of the best pair; who fits one line by name is given to no other.

    Of somebody who is at several customers the contact is taken who is at the one the line names.
    """
    return f"""
    WITH pairs AS MATERIALIZED ({pairs}),
    best AS (
        SELECT DISTINCT ON (p.id) p.id, p.contact, p.customer
        FROM pairs p JOIN {_ROWS} r ON r.id = p.id JOIN customers_customer u ON u.id = p.customer
        WHERE p.same OR NOT EXISTS (SELECT FROM pairs other WHERE other.contact = p.contact AND other.same)
        ORDER BY p.id, p.same DESC, (u.id = r.customer_pk) DESC NULLS LAST,
                 (u.sort_key = r.record->'customer'->>'sort_key') DESC, p.contact
    )
    UPDATE {_ROWS} row SET contact_pk = best.contact, customer_pk = best.customer FROM best WHERE row.id = best.id
    """  # noqa: S608


_WANTED = f"{_usable()} AND r.contact_pk IS NULL AND r.record->'contact' ? 'name'"
_BY_KEY = f"""
    SELECT r.id, c.id AS contact, c.customer_id AS customer, true AS same
    FROM {_ROWS} r CROSS JOIN jsonb_array_elements(r.record->'details') d
    JOIN customers_contactdetail k ON k.kind = 'key' AND lower(k.value) = lower(d->>2) AND k.label = d->>1
    JOIN customers_contact c ON c.id = k.contact_id
    JOIN customers_customer u ON u.id = c.customer_id
    WHERE {_WANTED} AND d->>0 = 'key' AND {_VISIBLE}
"""  # noqa: S608
_BY_EMAIL = f"""
    SELECT r.id, c.id AS contact, c.customer_id AS customer, {_CONTACT_NAME} = {_ROW_NAME} AS same
    FROM {_ROWS} r CROSS JOIN unnest(r.emails) AS wanted
    JOIN LATERAL (
        SELECT id AS contact FROM customers_contact WHERE lower(email) = wanted
        UNION
        SELECT contact_id FROM customers_contactdetail WHERE kind = 'email' AND lower(value) = wanted
    ) found ON true
    JOIN customers_contact c ON c.id = found.contact
    JOIN customers_customer u ON u.id = c.customer_id
    WHERE {_WANTED} AND {_VISIBLE}
"""  # noqa: S608
# Names are compared first: a whole table of numbers is looked at once, and not for each line.
_BY_PHONE = f"""
    SELECT r.id, c.id AS contact, c.customer_id AS customer, true AS same
    FROM {_ROWS} r
    JOIN customers_contact c ON {_CONTACT_NAME} = {_ROW_NAME}
    JOIN customers_customer u ON u.id = c.customer_id
    WHERE {_WANTED} AND r.phones <> '{{}}' AND {_VISIBLE} AND (
        right(regexp_replace(split_part(c.phone, ' ext', 1), '[^0-9]', '', 'g'), 8) = ANY(r.phones)
        OR EXISTS (SELECT FROM customers_contactdetail d
                   WHERE d.contact_id = c.id AND d.kind = 'phone' AND right(d.search_key, 8) = ANY(r.phones))
    )
"""  # noqa: S608
_BY_NAME = f"""
    SELECT r.id, c.id AS contact, c.customer_id AS customer, true AS same
    FROM {_ROWS} r
    JOIN customers_customer u ON u.sort_key = r.record->'customer'->>'sort_key'
                             AND u.id = coalesce(r.customer_pk, u.id)
    JOIN customers_contact c ON c.customer_id = u.id AND {_CONTACT_NAME} = {_ROW_NAME}
    WHERE {_WANTED} AND r.emails = '{{}}' AND r.phones = '{{}}' AND {_VISIBLE}
"""  # noqa: S608
_PEOPLE = tuple(_by(pairs) for pairs in (_BY_KEY, _BY_EMAIL, _BY_PHONE, _BY_NAME))

# Two people with other names at one address: the first is taken for whom we know, the others are people of their own.
_CROWDED = f"""
WITH named AS (
    SELECT r.id, {_ROW_NAME} AS name,
           first_value({_ROW_NAME}) OVER (PARTITION BY r.contact_pk ORDER BY r.line) AS first
    FROM {_ROWS} r WHERE {_usable()} AND r.contact_pk IS NOT NULL
)
UPDATE {_ROWS} row SET contact_pk = NULL, customer_pk = NULL FROM named WHERE row.id = named.id AND name <> first
"""  # noqa: S608


def _customers(condition: str) -> str:
    return f"""
    WITH best AS (
        SELECT DISTINCT ON (r.id) r.id, u.id AS customer
        FROM {_ROWS} r JOIN customers_customer u ON {condition}
        WHERE {_usable()} AND r.customer_pk IS NULL AND {_VISIBLE}
        ORDER BY r.id, {_EDITABLE} DESC, u.lost_on IS NULL DESC, u.id
    )
    UPDATE {_ROWS} row SET customer_pk = best.customer FROM best WHERE row.id = best.id
    """  # noqa: S608


_NUMBER = "(r.record->'customer'->>'external_key')"
# Our own number, as an export has it for who has none from elsewhere; of another company it would be somebody else's.
_OWN_NUMBER = (
    f"CASE WHEN {_NUMBER} ~ '^{OWN_NUMBER}[0-9]{{1,18}}$' THEN substr({_NUMBER}, {len(OWN_NUMBER) + 1})::bigint END"
)
_BY_NUMBER = (
    _customers(f"u.external_key = {_NUMBER}"),
    _customers(f"u.id = (SELECT k.customer_id FROM customers_formerkey k WHERE k.key = {_NUMBER})"),  # noqa: S608
    _customers(f"u.id = {_OWN_NUMBER} AND u.sort_key = (r.record->'customer'->>'sort_key')"),
)
_BY_COMPANY = _customers("u.sort_key = (r.record->'customer'->>'sort_key') AND (r.record->>'is_company')::boolean")
_READ_ONLY = f"""
UPDATE {_ROWS} r SET verdict = '{Verdict.SKIPPED}', reason = %(read_only)s
FROM customers_customer u WHERE {_usable()} AND u.id = r.customer_pk AND NOT {_EDITABLE}
"""  # noqa: S608
_FOUND = f"""
UPDATE {_ROWS} r SET verdict = '{Verdict.UPDATE}'
WHERE {_usable()} AND (
    r.contact_pk IS NOT NULL OR (r.customer_pk IS NOT NULL AND NOT r.record->'contact' ? 'name')
)
"""  # noqa: S608


def _twice(same: str, source: str = "", condition: str = "true") -> str:
    """Lines about the person of an earlier one that is new, too."""
    return f"""
    WITH lines AS (
        SELECT r.id, r.line, min(r.line) OVER (PARTITION BY {same}) AS first
        FROM {_ROWS} r {source}
        WHERE {_WANTED} AND r.verdict = '{Verdict.CREATE}' AND r.same_as IS NULL AND {condition}
    ), later AS (SELECT id, min(first) AS first FROM lines WHERE first < line GROUP BY id)
    UPDATE {_ROWS} row SET same_as = later.first, verdict = '{Verdict.UPDATE}' FROM later WHERE row.id = later.id
    """  # noqa: S608


_AT_CUSTOMER = "coalesce(r.customer_pk::text, r.record->'customer'->>'external_key', r.record->'customer'->>'sort_key')"
# Who is at two customers with us is at two customers when they are brought back.
_WHERE = f"CASE WHEN %(ours)s THEN {_AT_CUSTOMER} ELSE '' END"
_TWICE = (
    _twice("d->>1, lower(d->>2)", "CROSS JOIN jsonb_array_elements(r.record->'details') d", "d->>0 = 'key'"),
    _twice(f"wanted, {_ROW_NAME}, {_WHERE}", "CROSS JOIN unnest(r.emails) AS wanted"),
    _twice(f"wanted, {_ROW_NAME}, {_WHERE}", "CROSS JOIN unnest(r.phones) AS wanted"),
    _twice(f"{_AT_CUSTOMER}, {_ROW_NAME}", condition="r.emails = '{}' AND r.phones = '{}'"),
)
# A person without a company is a customer of their own.
_LEADERS = f"""
WITH led AS (
    SELECT r.id, CASE WHEN (r.record->>'is_company')::boolean
        THEN min(r.line) OVER (PARTITION BY r.record->>'is_company', {_AT_CUSTOMER})
        ELSE r.line END AS leader
    FROM {_ROWS} r WHERE {_usable()} AND r.customer_pk IS NULL AND r.same_as IS NULL
)
UPDATE {_ROWS} row SET leader = led.leader FROM led WHERE row.id = led.id
"""  # noqa: S608
_SKIP_FOUND = (
    f"UPDATE {_ROWS} r SET verdict = '{Verdict.SKIPPED}', reason = %(there)s "  # noqa: S608
    f"WHERE {_usable()} AND r.verdict = '{Verdict.UPDATE}' AND r.same_as IS NULL",
)

_COUNTS = f"SELECT verdict, count(*) FROM {_ROWS} WHERE of_id = %(of)s GROUP BY verdict"  # noqa: S608
_NEW = f"""
SELECT count(DISTINCT r.leader),
       count(*) FILTER (WHERE r.contact_pk IS NULL AND r.same_as IS NULL AND r.record->'contact' ? 'name')
FROM {_ROWS} r WHERE {_usable()}
"""  # noqa: S608
