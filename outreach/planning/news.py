"""Planning of what is told on the bell and has no mail: what people and machines did that concerns somebody else."""

from outreach.notifying import LONGEST_WORDS, notify_of
from outreach.planning.window import OVERLAP, Window

# A message may have been due for days before it was held.
_HELD_WITHIN = "interval '7 days'"

# What one person gave to another at one moment is one thing to tell. While a file that gives customers away is being
# read, there is more to come.
_CUSTOMERS_GIVEN = """
SELECT 'given' AS kind,
       'given:' || o.owner_id || ':' || o.changed_by_id || ':' || (extract(epoch FROM o.changed_at) * 1000000)::bigint
           AS occasion,
       o.owner_id AS person_id, CASE WHEN count(*) = 1 THEN min(o.customer_id) END AS customer_id,
       NULL::bigint AS contact_id, o.changed_by_id AS by_id, count(*) AS number, '' AS words
FROM customers_ownerchange o
JOIN customers_customer k ON k.id = o.customer_id AND k.owner_id = o.owner_id
WHERE o.changed_at BETWEEN %(since)s AND %(until)s AND o.changed_by_id <> o.owner_id
  AND NOT EXISTS (
      SELECT FROM customers_import i
      WHERE i.created_by_id = o.changed_by_id AND i.began_at = o.changed_at AND i.state = 'running'
  )
GROUP BY o.owner_id, o.changed_by_id, o.changed_at
"""
_NEWS_TO_TELL = """
SELECT 'follow_up' AS kind, 'follow_up:notice:' || n.id AS occasion, f.assignee_id AS person_id,
       CASE WHEN count(*) = 1 THEN min(f.customer_id) END AS customer_id, NULL::bigint AS contact_id,
       n.created_by_id AS by_id, count(*) AS number, n.title AS words
FROM interactions_notice n
JOIN interactions_noticefor r ON r.notice_id = n.id
JOIN interactions_followup f ON f.id = r.follow_up_id AND f.done_at IS NULL
WHERE n.created_at BETWEEN %(since)s AND %(until)s AND n.withdrawn_at IS NULL AND f.assignee_id <> n.created_by_id
GROUP BY n.id, f.assignee_id
"""
_HELD = f"""
SELECT 'held' AS kind, 'held:' || m.id AS occasion, k.owner_id AS person_id, m.customer_id, m.contact_id,
       NULL::bigint AS by_id, 0 AS number,
       CASE WHEN m.said ->> 'of' = m.reason AND length(m.said::text) <= {LONGEST_WORDS}
            THEN m.said::text ELSE m.detail END AS words
FROM outreach_message m
JOIN customers_customer k ON k.id = m.customer_id AND k.lost_on IS NULL AND NOT k.do_not_contact
WHERE m.state = 'held' AND m.due_at > %(since)s - {_HELD_WITHIN} AND m.finished_at BETWEEN %(since)s AND %(until)s
  AND m.decided_by_id IS NULL AND m.kind IN ('birthday', 'anniversary', 'event', 'thank_you')
"""  # noqa: S608 - the parts are constants
_IMPORTS = """
SELECT 'finished' AS kind, 'finished:import:' || i.id || ':' || i.state AS occasion,
       CASE WHEN i.state = 'undone' THEN coalesce(i.undone_by_id, i.created_by_id) ELSE i.created_by_id END
           AS person_id,
       NULL::bigint AS customer_id, NULL::bigint AS contact_id, NULL::bigint AS by_id,
       coalesce((i.counts ->> 'customers')::int, 0) AS number, i.file_name AS words
FROM customers_import i
WHERE i.state IN ('done', 'undone', 'failed') AND i.finished_at BETWEEN %(since)s AND %(until)s
"""
_FOUND = " UNION ALL ".join(f"({found})" for found in (_CUSTOMERS_GIVEN, _NEWS_TO_TELL, _HELD, _IMPORTS))


def plan_news(window: Window) -> int:
    """Tells of customers and tasks given away, greetings held back, and imports that came to an end; each once."""
    if window.only_plans:
        return 0
    span = {"since": window.since - OVERLAP, "until": window.at}
    return notify_of(_FOUND, span, at=window.at, away=window.away)
