"""The parts that the statements of several planners share, and running one. Aliases: k the customer, c the contact."""

from typing import Any

from django.db import connection

from outreach.models import MessageKind

# Customers and contacts who can be written to at all.
REACHABLE = """
    k.lost_on IS NULL AND NOT k.do_not_contact
    AND NOT c.deceased AND NOT c.do_not_contact AND c.email <> ''
"""
# The instants of hours_of by the clock of a contact, an array.
HOURS = "(%(hours)s::jsonb ->> coalesce(nullif(c.time_zone, ''), k.time_zone))::bigint[]"


def state_of(kind: MessageKind) -> str:
    """SQL: the state a customer's (k) message of that kind begins in. Both questions are asked once a statement."""
    approvals = f"FROM outreach_approval a WHERE a.kind = '{kind.value}' AND a.segment_id"
    segments = f"ARRAY(SELECT a.segment_id {approvals} IS NOT NULL)"
    return f"""
        CASE WHEN EXISTS (SELECT {approvals} IS NULL) OR k.segment_id = ANY({segments})
        THEN 'proposed' ELSE 'planned' END
    """


def execute(sql: str, parameters: dict[str, Any]) -> int:
    """Runs one statement; returns how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
