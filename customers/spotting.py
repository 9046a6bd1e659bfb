"""Finding who may be here twice: all pairs by the worker, for the list; and whoever is like what is being typed.

Addresses, numbers and whole names are compared in one statement over all of them. Similar names are looked up by the
index for each customer whose name is new, some hundreds at a time: comparing all with all takes minutes.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from accounts.models import User
from customers.models import Contact, ContactDetail, ContactDetailQuerySet, ContactQuerySet, Customer
from retention_crm.lib import text
from retention_crm.lib.alone import Job, is_alone
from retention_crm.lib.folding import Folded

# How much of two names has to be alike, from 0 to 1: "Lindqvist AB" and "Lindquist AB" are 0.63.
LIKENESS = 0.6
# A mail address or a number of more people than this belongs to a house, not to a person.
_MOST_SHARING = 5
# The last digits of a number, which are the same however it is written; fewer digits are an extension.
_DIGITS, _FEWEST_DIGITS = 8, 6
_MOST_ALIKE = 5
# Of these some may be customers the person does not see.
_MOST_LOOKED_AT = 20
_SHORTEST_NAME = 3
_BATCH = 50

_NUMBER = "right(regexp_replace(split_part(lower({0}), ' ext', 1), '[^0-9]', '', 'g'), %(digits)s)"
# An address and a number with whose they are; then every two people who share one, as pairs of customers or contacts.
_SHARED = f"""
WITH reached AS (
    SELECT 'e' AS way, lower(email) AS value, id, customer_id FROM customers_contact WHERE email <> ''
    UNION ALL
    SELECT 'p', {_NUMBER.format("phone")}, id, customer_id FROM customers_contact WHERE phone <> ''
    UNION ALL
    SELECT left(d.kind, 1), CASE d.kind WHEN 'email' THEN lower(d.value) ELSE {_NUMBER.format("d.value")} END,
           c.id, c.customer_id
    FROM customers_contactdetail d JOIN customers_contact c ON c.id = d.contact_id WHERE d.kind IN ('email', 'phone')
), shared AS (
    SELECT way, array_agg(id ORDER BY customer_id, id) AS ids,
           array_agg(customer_id ORDER BY customer_id, id) AS customers
    FROM reached WHERE way = 'e' OR length(value) >= %(fewest)s
    GROUP BY way, value HAVING count(*) BETWEEN 2 AND %(most)s
), pairs AS (
    SELECT way, ids[a] AS id, ids[b] AS other, customers[a] AS customer, customers[b] AS other_customer
    FROM shared, generate_subscripts(ids, 1) a, generate_subscripts(ids, 1) b WHERE a < b
), found AS (
    SELECT 'customer' AS kind, customer AS low, other_customer AS high, way, 0 AS name
    FROM pairs WHERE customer < other_customer
    UNION ALL
    SELECT 'contact', id, other, way, 0 FROM pairs WHERE customer = other_customer AND id < other AND way = 'e'
    UNION ALL
    SELECT 'customer', ids[a], ids[b], 'n', 100
    FROM (
        SELECT array_agg(id ORDER BY id) AS ids FROM customers_customer
        GROUP BY sort_key HAVING count(*) BETWEEN 2 AND %(most)s
    ) named, generate_subscripts(ids, 1) a, generate_subscripts(ids, 1) b WHERE a < b
    UNION ALL
    SELECT 'contact', a.id, b.id, 'n', (100 * similarity(lower(a.name), lower(b.name)))::int
    FROM customers_contact a JOIN customers_contact b ON b.customer_id = a.customer_id AND a.id < b.id
    WHERE similarity(lower(a.name), lower(b.name)) >= %(likeness)s
)
INSERT INTO customers_alike (kind, low, high, by_email, by_phone, by_name, seen_at)
SELECT kind, low, high, bool_or(way = 'e'), bool_or(way = 'p'), max(name), %(at)s FROM found GROUP BY kind, low, high
ON CONFLICT (kind, low, high) DO UPDATE SET
    by_email = excluded.by_email, by_phone = excluded.by_phone, seen_at = excluded.seen_at,
    by_name = CASE customers_alike.kind WHEN 'contact' THEN excluded.by_name
              ELSE greatest(excluded.by_name, customers_alike.by_name) END
"""  # noqa: S608 - only constants
_NOT_SHARED = """
UPDATE customers_alike
SET by_email = false, by_phone = false, by_name = CASE kind WHEN 'contact' THEN 0 ELSE by_name END
WHERE seen_at < %(at)s AND (by_email OR by_phone OR kind = 'contact' AND by_name > 0)
"""
_NEW_NAMES = """
SELECT c.id FROM customers_customer c LEFT JOIN customers_nameseen s ON s.customer_pk = c.id
WHERE s.name IS DISTINCT FROM c.sort_key ORDER BY c.id DESC LIMIT %(batch)s
"""
_FORGET_NAMES = """
UPDATE customers_alike SET by_name = 0
WHERE kind = 'customer' AND by_name > 0 AND (low = ANY(%(ids)s) OR high = ANY(%(ids)s))
"""
_NAMES = """
WITH found AS (
    SELECT least(b.id, o.id) AS low, greatest(b.id, o.id) AS high, max((100 * o.likeness)::int) AS name
    FROM customers_customer b CROSS JOIN LATERAL (
        SELECT o.id, similarity(o.sort_key, b.sort_key) AS likeness FROM customers_customer o
        WHERE o.sort_key %% b.sort_key AND o.id <> b.id
        ORDER BY likeness DESC, o.id LIMIT %(most)s
    ) o WHERE b.id = ANY(%(ids)s) GROUP BY 1, 2
)
INSERT INTO customers_alike (kind, low, high, by_name, seen_at)
SELECT 'customer', low, high, name, %(at)s FROM found
ON CONFLICT (kind, low, high) DO UPDATE SET by_name = excluded.by_name
"""
_SEEN = """
INSERT INTO customers_nameseen (customer_pk, name) SELECT id, sort_key FROM customers_customer WHERE id = ANY(%(ids)s)
ON CONFLICT (customer_pk) DO UPDATE SET name = excluded.name
"""
_NOTHING_LEFT = """
DELETE FROM customers_alike a WHERE apart_at IS NULL AND (
    score = 0 OR kind = 'customer' AND (SELECT count(*) FROM customers_customer WHERE id IN (a.low, a.high)) < 2
)
"""
# Who comes back is looked up anew.
_NOBODY = "DELETE FROM customers_nameseen s WHERE NOT EXISTS (SELECT FROM customers_customer WHERE id = s.customer_pk)"


def spot_shared(*, at: datetime) -> None:
    """Finds anew all who share a mail address, a number or a name, and contacts of one customer with like names.

    Who comes while another is at it does nothing.
    """
    with transaction.atomic():
        if is_alone(Job.SPOTTING):
            _run(_SHARED, at=at, digits=_DIGITS, fewest=_FEWEST_DIGITS, most=_MOST_SHARING, likeness=LIKENESS)
            _run(_NOT_SHARED, at=at)
            _run(_NOTHING_LEFT)
            _run(_NOBODY)


def spot_names(*, at: datetime, until: float) -> None:
    """Looks up who is called like customers whose name is new, the latest first, until that moment of the steady clock.

    One name takes some thousandths of a second among 100,000, if nothing else keeps the database: that many brought at
    once are through within an hour, as a worker gives it a few seconds of every minute.
    Their addresses and whole names are compared within minutes (`spot_shared`).
    """
    while time.monotonic() < until and _look_up_names(at):
        pass


def _look_up_names(at: datetime) -> bool:
    with transaction.atomic():
        if not is_alone(Job.SPOTTING):
            return False
        ids = [pk for (pk,) in _rows(_NEW_NAMES, batch=_BATCH)]
        if ids:
            _set_likeness()
            _run(_FORGET_NAMES, ids=ids)
            _run(_NAMES, ids=ids, at=at, most=_MOST_ALIKE)
            _run(_SEEN, ids=ids)
    return bool(ids)


def _set_likeness() -> None:
    _run("SELECT set_config('pg_trgm.similarity_threshold', %(likeness)s, true)", likeness=str(LIKENESS))


def _run(statement: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _rows(statement: str, **parameters: Any) -> Iterable[tuple[int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


@dataclass(frozen=True)
class Typed:
    """What is being typed of somebody new."""

    customer: str = ""
    contact: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Likely:
    """A customer who may be the one being typed, and why."""

    customer: Customer
    reason: str


def likely(typed: Typed, user: User, *, beside: int = 0) -> list[Likely]:
    """Customers the person may see, the best reason first; `beside` is the contact that is being changed."""
    contacts = Contact.objects.exclude(pk=beside).order_by("pk")
    details = ContactDetail.objects.exclude(contact=beside).order_by("pk")
    reasons: dict[int, str] = {}
    for reason, found in (
        (_("the same e-mail address"), _with_address(typed.email, contacts, details)),
        (_("the same telephone number"), _with_number(typed.phone, contacts, details)),
        (_("a contact of that name"), _with_contact(typed.contact, contacts)),
        (_("a similar name"), _named(typed.customer)),
    ):
        for pk in found:
            reasons.setdefault(pk, reason)
    visible = Customer.objects.visible_to(user).select_related("owner").in_bulk(list(reasons))
    return [Likely(visible[pk], reason) for pk, reason in reasons.items() if pk in visible][:_MOST_ALIKE]


def _with_address(email: str, contacts: ContactQuerySet, details: ContactDetailQuerySet) -> list[int]:
    if "@" not in email:
        return []
    further = details.filter(kind="email", value__iexact=email, search_key=Folded(Value(email)))
    return _customers(contacts.at_addresses([email]), "customer_id") + _customers(further, "contact__customer_id")


def _with_number(phone: str, contacts: ContactQuerySet, details: ContactDetailQuerySet) -> list[int]:
    digits = re.sub(r"\D", "", phone.lower().partition(" ext")[0])[-_DIGITS:]
    if len(digits) < _FEWEST_DIGITS:
        return []
    own = contacts.filter(search_key__contains=digits, phone__gt="")
    further = details.filter(kind="phone", search_key__endswith=digits)
    return _customers(own, "customer_id") + _customers(further, "contact__customer_id")


def _with_contact(name: str, contacts: ContactQuerySet) -> list[int]:
    if len(name) < _SHORTEST_NAME:
        return []
    return _customers(contacts.filter(search_key__startswith=Concat(Folded(Value(name)), Value(" "))), "customer_id")


def _customers(rows: QuerySet[Any], path: str) -> list[int]:
    return list(rows.values_list(path, flat=True)[:_MOST_LOOKED_AT])


def _named(name: str) -> list[int]:
    key = text.sort_key(name)
    if len(key) < _SHORTEST_NAME:
        return []
    alike = Customer.objects.filter(sort_key__trigram_similar=key)
    ranked = alike.annotate(likeness=TrigramSimilarity("sort_key", key)).order_by("-likeness", "pk")
    with transaction.atomic():
        _set_likeness()
        return list(ranked.values_list("pk", flat=True)[:_MOST_LOOKED_AT])
