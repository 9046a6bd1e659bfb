"""The risk of going silent as one SQL statement; docs/RISK.md has the formula and the reasons for its numbers.

The same text scores all customers and a few, now and as of any day before, on this company's history and on one from a
file, so the nightly rebuild, the update after an interaction and the back-test cannot drift apart. A sum of
floating-point numbers depends on the order of its terms, hence ORDER BY inside the sum.
"""

from collections.abc import Mapping

from retention.weighing import HELD_BAND, IS_MOVE, WEIGHED

HALF_LIFE_DAYS = 180
HORIZON_DAYS = 90
YEAR_DAYS = 365
DEFAULT_MEDIAN_GAP_DAYS = 30.0

# Signals, in log-odds, and for how long they count.
OPEN_COMPLAINT = 0.7
RESOLVED_COMPLAINT = 0.3
RESOLVED_HALF_LIFE_DAYS = 90
RESOLVED_DAYS = 365
DETRACTOR = 0.5
PROMOTER = -0.2
OPINION_DAYS = 180
BROKEN_PROMISE = 0.4
MISSED_BY_US = 0.3
CHAMPION_LEFT = 0.5
CHAMPION_DAYS = 180
SEVERE = 3
SERVICE_DAYS = 90

# What the segment of the customer lets count.
COUNTED = """
CASE counts WHEN 'touchpoints' THEN is_touchpoint WHEN 'purchases' THEN kind = 'purchase'
     ELSE is_touchpoint OR kind = 'purchase' END"""
# A customer east of the company may have had a contact on what is still tomorrow for the company.
KNOWN = "(day <= %(today)s OR happened_at <= %(at)s)"
_CHOSEN = "(%(ids)s::bigint[] IS NULL OR customer_id = ANY(%(ids)s))"
_ONE = "customer_id = %(id)s"

# What the statements read; `over` has them read something else.
CUSTOMERS = "customers_customer"
INTERACTIONS = "interactions_interaction"
COMPLAINTS = "interactions_complaint"
RESPONSES = "surveys_response"
FOLLOW_UPS = "interactions_followup"
SEGMENTS = f"""(
    SELECT customer_id, counts, own_horizon FROM (SELECT id AS customer_id, segment_id FROM {CUSTOMERS}) AS member
    JOIN (SELECT id AS segment_id, counts_as_contact AS counts, horizon_days AS own_horizon
          FROM customers_segment) AS segment USING (segment_id)
)"""  # noqa: S608 - only constants of this module
CONTACTS = "customers_contact"
JUDGEMENTS = "retention_judgement"

MEDIAN_GAP = f"""
WITH contact_day AS (
    SELECT DISTINCT customer_id, day FROM {INTERACTIONS} JOIN {SEGMENTS} AS rule USING (customer_id)
    WHERE {COUNTED} AND {KNOWN}
), gap AS (
    SELECT day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS days FROM contact_day
)
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FROM gap WHERE days IS NOT NULL
"""  # noqa: S608 - only constants of this module

# Weights are counted back from today and moved to the last day afterwards, so that one pass is enough; the limit of
# 180,000 days keeps any date within the range of a float.
_STATE = f"""
by_day AS (
    SELECT customer_id, day,
           bool_or({COUNTED}) AS is_contact,
           bool_or(outcome = 'missed_by_us') AS missed,
           sum(amount) FILTER (WHERE kind = 'purchase' AND day > %(year_ago)s) AS value
    FROM {INTERACTIONS} JOIN {SEGMENTS} AS rule USING (customer_id)
    WHERE {KNOWN} AND {_CHOSEN}
    GROUP BY customer_id, day
), state AS (
    SELECT customer_id,
           count(*) FILTER (WHERE is_contact) AS n,
           min(day) FILTER (WHERE is_contact) AS first_day,
           max(day) FILTER (WHERE is_contact) AS last_day,
           sum(power(2::float8, greatest(day - %(today)s, -180000) / {HALF_LIFE_DAYS}::float8) ORDER BY day)
               FILTER (WHERE is_contact) AS weight,
           max(day) FILTER (WHERE missed AND day > %(service_day)s) AS missed_on,
           greatest(least(coalesce(sum(value), 0), 99999999999999.99), -99999999999999.99) AS value
    FROM by_day
    GROUP BY customer_id
)"""  # noqa: S608 - only constants of this module

_EVENTS = f"""
complaint AS (
    SELECT customer_id,
           min(opened_at) FILTER (WHERE resolved_at IS NULL OR resolved_at > %(at)s) AS open_since,
           bool_or(severity = {SEVERE} AND (resolved_at IS NULL OR resolved_at > %(at)s)) AS is_severe,
           max(resolved_at) FILTER (WHERE resolved_at <= %(at)s AND resolved_at >= %(resolved_from)s) AS resolved_at
    FROM {COMPLAINTS}
    WHERE opened_at <= %(at)s AND {_CHOSEN}
    GROUP BY customer_id
), opinion AS (
    SELECT DISTINCT ON (customer_id) customer_id, score, answered_at
    FROM {RESPONSES}
    WHERE score IS NOT NULL AND answered_at <= %(at)s AND answered_at >= %(opinion_from)s AND {_CHOSEN}
    ORDER BY customer_id, answered_at DESC, id DESC
), promise AS (
    SELECT customer_id,
           min(due_at) FILTER (WHERE done_at IS NULL OR done_at > %(at)s) AS overdue_since,
           max(done_at) FILTER (WHERE done_at > due_at AND done_at <= %(at)s AND done_at >= %(service_from)s) AS late_at
    FROM {FOLLOW_UPS}
    WHERE is_promise AND created_at <= %(at)s AND due_at < %(at)s AND {_CHOSEN}
    GROUP BY customer_id
), champion AS (
    SELECT customer_id, max(left_on) AS champion_left_on
    FROM {CONTACTS}
    WHERE is_champion AND {_CHOSEN}
    GROUP BY customer_id
    HAVING bool_and(coalesce(left_on <= %(today)s, FALSE)) AND max(left_on) > %(champion_day)s
), judgement AS (
    SELECT DISTINCT ON (customer_id) customer_id, points AS judged, is_leaving, made_at, expires_on
    FROM {JUDGEMENTS}
    WHERE made_at <= %(at)s AND (ended_at IS NULL OR ended_at > %(at)s) AND expires_on > %(today)s AND {_CHOSEN}
    ORDER BY customer_id, made_at DESC, id DESC
)"""  # noqa: S608 - only constants of this module

_FACTS = f"""
fact AS (
    SELECT customer_id, lost_on <= %(today)s AS is_lost, own_horizon,
           coalesce(n, 0) AS n, first_day, last_day, coalesce(value, 0) AS value,
           greatest(%(today)s - last_day, 0.5)::float8 AS silence,
           (weight - power(2::float8, greatest(first_day - %(today)s, -180000) / {HALF_LIFE_DAYS}::float8))
               / power(2::float8, greatest(last_day - %(today)s, -180000) / {HALF_LIFE_DAYS}::float8) AS dn,
           (open_since AT TIME ZONE %(zone)s)::date AS complaint_since,
           CASE WHEN open_since IS NULL THEN (resolved_at AT TIME ZONE %(zone)s)::date END AS resolved_on,
           score, (answered_at AT TIME ZONE %(zone)s)::date AS answered_on,
           (overdue_since AT TIME ZONE %(zone)s)::date AS overdue_since,
           CASE WHEN overdue_since IS NULL THEN (late_at AT TIME ZONE %(zone)s)::date END AS late_on,
           missed_on, champion_left_on, coalesce(is_severe, FALSE) AS is_severe,
           judged, coalesce(is_leaving, FALSE) AS is_leaving, expires_on AS judged_until,
           CASE WHEN is_leaving THEN (made_at AT TIME ZONE %(zone)s)::date END AS leaving_since
    FROM (SELECT id AS customer_id, lost_on FROM {CUSTOMERS}) AS customer
    JOIN {SEGMENTS} AS rule USING (customer_id)
    LEFT JOIN state USING (customer_id)
    LEFT JOIN complaint USING (customer_id)
    LEFT JOIN opinion USING (customer_id)
    LEFT JOIN promise USING (customer_id)
    LEFT JOIN champion USING (customer_id)
    LEFT JOIN judgement USING (customer_id)
    WHERE {_CHOSEN}
)"""  # noqa: S608 - only constants of this module

# With x = (t/mu)^1.419 at both ends of the horizon and v = (1 - oneoff)/oneoff, the odds S(e+H)/(S(e) - S(e+H)) are
# (1 + x1)(1 + x2 + v)/(v(x2 - x1)): no difference of nearly equal numbers, however near to 1 the risk is. What ends in
# OFFSET 0 is worked out once, not anew wherever it is used: for one customer that took longer than all the rest.
_SCORES = f"""
pace AS (
    SELECT fact.*,
           ({HALF_LIFE_DAYS} / ln(2::float8)
            * (1 - power(2::float8, greatest(first_day - last_day, -180000) / {HALF_LIFE_DAYS}::float8))
            + %(median_gap)s::float8) / (dn + 1) AS rhythm,
           ln(nullif(n, 0)::float8) AS l,
           CASE WHEN complaint_since IS NOT NULL THEN {OPEN_COMPLAINT}
                ELSE {RESOLVED_COMPLAINT} * power(2, (resolved_on - %(today)s) / {RESOLVED_HALF_LIFE_DAYS}::float8)
           END AS complaint_size,
           CASE WHEN score <= 6 THEN {DETRACTOR} WHEN score >= 9 THEN {PROMOTER} END::float8 AS opinion_size,
           CASE WHEN coalesce(overdue_since, late_on) IS NOT NULL THEN {BROKEN_PROMISE} END::float8 AS promise_size,
           CASE WHEN missed_on IS NOT NULL THEN {MISSED_BY_US} END::float8 AS missed_size,
           CASE WHEN champion_left_on IS NOT NULL THEN {CHAMPION_LEFT} END::float8 AS champion_size
    FROM fact
), shape AS (
    SELECT pace.*,
           ln(%(median_gap)s::float8) + 0.8 + 0.8 * ln(rhythm / %(median_gap)s::float8) - 0.25 * l AS ln_mu,
           exp(0.6 + 1.8 * l - 0.2 * ln(rhythm / %(median_gap)s::float8)) AS v,
           coalesce(complaint_size, 0) + coalesce(opinion_size, 0) + coalesce(promise_size, 0)
               + coalesce(missed_size, 0) + coalesce(champion_size, 0) AS signals
    FROM pace
    OFFSET 0
), survival AS (
    SELECT shape.*,
           exp(1.419 * (ln(silence) - ln_mu)) AS x1,
           exp(1.419 * (ln(silence + %(horizon)s) - ln_mu)) AS x2
    FROM shape
), base AS (
    SELECT survival.*, ln((1 + x1) * (1 + x2 + v) / (v * (x2 - x1))) AS base FROM survival
    OFFSET 0
), scored AS (
    SELECT base.*, 1 / (1 + exp(-(base + signals))) AS risk FROM base
)"""  # noqa: S608 - only constants of this module

_REASONS = f"""
CASE WHEN n > 0 THEN jsonb_build_array(jsonb_build_object(
         'code', 'silence', 'size', round(base::numeric, 3), 'points', silence_points, 'contacts', n, 'last', last_day,
         'rhythm', round(rhythm::numeric, 1), 'horizon', nullif(own_horizon, {HORIZON_DAYS}),
         'tries', (SELECT nullif(count(*), 0) FROM unnest(tried_on) AS tried WHERE tried > last_day),
         'tried', (SELECT max(tried) FROM unnest(tried_on) AS tried WHERE tried > last_day))) ELSE '[]'::jsonb END
|| CASE WHEN complaint_since IS NOT NULL THEN jsonb_build_array(jsonb_build_object(
         'code', CASE WHEN is_severe THEN 'complaint_severe' ELSE 'complaint_open' END, 'size', complaint_size,
         'points', complaint_points - CASE WHEN is_severe AND NOT is_leaving THEN hard_points ELSE 0 END,
         'since', complaint_since)) ELSE '[]'::jsonb END
|| CASE WHEN resolved_on IS NOT NULL THEN jsonb_build_array(jsonb_build_object(
         'code', 'complaint_resolved', 'size', round(complaint_size::numeric, 3), 'points', complaint_points,
         'on', resolved_on)) ELSE '[]'::jsonb END
|| CASE WHEN opinion_size IS NOT NULL THEN jsonb_build_array(jsonb_build_object(
         'code', CASE WHEN opinion_size > 0 THEN 'detractor' ELSE 'promoter' END, 'size', opinion_size,
         'points', opinion_points, 'score', score, 'on', answered_on)) ELSE '[]'::jsonb END
|| CASE WHEN overdue_since IS NOT NULL THEN jsonb_build_array(jsonb_build_object(
         'code', 'promise_overdue', 'size', promise_size, 'points', promise_points, 'since', overdue_since))
    ELSE '[]'::jsonb END
|| CASE WHEN late_on IS NOT NULL THEN jsonb_build_array(jsonb_build_object(
         'code', 'promise_late', 'size', promise_size, 'points', promise_points, 'on', late_on)) ELSE '[]'::jsonb END
|| CASE WHEN missed_on IS NOT NULL THEN jsonb_build_array(jsonb_build_object(
         'code', 'missed_by_us', 'size', missed_size, 'points', missed_points, 'on', missed_on)) ELSE '[]'::jsonb END
|| CASE WHEN champion_left_on IS NOT NULL THEN jsonb_build_array(jsonb_build_object(
         'code', 'champion_left', 'size', champion_size, 'points', champion_points, 'on', champion_left_on))
    ELSE '[]'::jsonb END
|| CASE WHEN is_leaving THEN jsonb_build_array(jsonb_build_object(
         'code', 'leaving', 'points', -hard_points, 'since', leaving_since)) ELSE '[]'::jsonb END
|| CASE WHEN judged <> 0 THEN jsonb_build_array(jsonb_build_object(
         'code', 'judgement', 'points', judgement_points, 'until', judged_until)) ELSE '[]'::jsonb END"""  # noqa: S608 - only constants of this module

STORED = (
    "contact_days", "first_day", "last_day", "decayed_repeats", "rhythm_days", "risk", "health", "band", "reasons",
    "value_last_year", "value_at_risk",
)  # fmt: skip
_COLUMNS = ", ".join(STORED)

# Only the place in the order, without bands and reasons, of those in touch within a year.
RANKED = f"""
WITH {_STATE}, {_EVENTS}, {_FACTS}, {_SCORES}
SELECT customer_id, silence, base + signals AS log_odds, risk FROM scored WHERE n > 0 AND silence < {YEAR_DAYS}
""".replace(_CHOSEN, "TRUE")  # noqa: S608 - only constants of this module

# What a list of a day gone by needs of everybody, under the names of the stored row.
LISTED = f"""
WITH {_STATE}, {_EVENTS}, {_FACTS}, {_SCORES}, {WEIGHED}
SELECT customer_id, risk, band, last_day, value AS value_last_year,
       round((coalesce(risk, 0) * greatest(value, 0))::numeric, 2) AS value_at_risk
FROM health
""".replace(_CHOSEN, "TRUE").replace("%(horizon)s", "own_horizon")  # noqa: S608 - only constants of this module

# When we tried and nobody answered.
_ATTEMPTS = f"""
attempt AS (
    SELECT customer_id, array_agg(day) AS tried_on
    FROM {INTERACTIONS}
    WHERE outcome IN ('no_answer', 'missed_by_them') AND {KNOWN} AND {_CHOSEN}
    GROUP BY customer_id
)"""  # noqa: S608 - only constants of this module

# Everybody by the horizon of their segment; a back-test asks for one.
_RESULT = f"""
WITH {_STATE}, {_EVENTS}, {_FACTS}, {_SCORES}, {WEIGHED}, {_ATTEMPTS}
SELECT customer_id, n, first_day, last_day, coalesce(dn, 0), rhythm, risk, health, band, jsonb_strip_nulls({_REASONS}),
       value, round((coalesce(risk, 0) * greatest(value, 0))::numeric, 2), %(today)s::date, statement_timestamp()
FROM health LEFT JOIN attempt USING (customer_id)
""".replace("%(horizon)s", "own_horizon")  # noqa: S608 - only constants of this module

# Since when a customer is at risk, if we saw them turn. No first computation is a turn, nor the first that knows of any
# contact. Nor is one that knows of more days of contact than the one before, the newest of them older than a week: then
# a history was filled in, and they had been at risk before we knew. Logging what just happened never looks like that.
FILLED_IN_DAYS = 7
AT_RISK_SINCE = f"""
CASE WHEN {HELD_BAND} <> 'at_risk' THEN NULL
     WHEN stored.band = 'at_risk' THEN stored.at_risk_since
     WHEN stored.contact_days = 0 THEN NULL
     WHEN excluded.contact_days > stored.contact_days
          AND excluded.last_day < excluded.computed_on - {FILLED_IN_DAYS} THEN NULL
     ELSE %(at)s END"""

# Rows that stay as they are are not written again; a computation that began later is never overwritten. In the order
# of the primary key, so that two computations cannot wait for each other. What moved the health is kept with the same
# statement, which sees in `before` what stood there when it began.
_SETTLED = ", ".join(HELD_BAND if name == "band" else f"excluded.{name}" for name in STORED)
_STORE = f"""
WITH result (customer_id, {_COLUMNS}, computed_on, computed_at) AS (%s), written AS (
    INSERT INTO retention_customerrisk AS stored
        (customer_id, {_COLUMNS}, computed_on, computed_at, noted_health, noted_band)
    SELECT result.*, health, band FROM result ORDER BY customer_id
    ON CONFLICT (customer_id) DO UPDATE
    SET ({_COLUMNS}, computed_on, computed_at) = ({_SETTLED}, excluded.computed_on, excluded.computed_at),
        at_risk_since = {AT_RISK_SINCE},
        noted_health = CASE WHEN {IS_MOVE} OR stored.noted_band = '' THEN excluded.health ELSE stored.noted_health END,
        noted_band = CASE WHEN {IS_MOVE} OR stored.noted_band = '' THEN {HELD_BAND} ELSE stored.noted_band END,
        noted_at = CASE WHEN {IS_MOVE} THEN excluded.computed_at ELSE stored.noted_at END
    WHERE (stored.computed_at IS NULL OR stored.computed_at <= excluded.computed_at)
      AND ({", ".join(f"stored.{name}" for name in STORED)}) IS DISTINCT FROM ({_SETTLED})
    RETURNING customer_id, health, band, reasons, computed_at, noted_at
), noted AS (
    INSERT INTO retention_healthchange (customer_id, changed_at, health, band, former_health, former_band, reasons)
    SELECT written.customer_id, %(at)s, written.health, written.band, before.noted_health, before.noted_band,
           written.reasons
    FROM written JOIN retention_customerrisk AS before USING (customer_id)
    WHERE written.noted_at = written.computed_at
    ORDER BY customer_id
)
SELECT customer_id FROM written
"""  # noqa: S608 - only constants of this module


def over(statement: str, sources: Mapping[str, str]) -> str:
    """The statement with other sources of the same columns, a table or a query in brackets, for some of its tables."""
    for table, source in sources.items():
        statement = statement.replace(table, source)
    return statement


# A few customers at once: computed with the median gap as it was learnt last, and stored, in one statement.
_STORED_GAP = "(SELECT median_gap_days FROM retention_riskbasis WHERE id = 1)"
_LEARNT_GAP = f"coalesce({_STORED_GAP}, {DEFAULT_MEDIAN_GAP_DAYS})"
SCORE = _STORE.replace("%s", _RESULT.replace("%(median_gap)s", _LEARNT_GAP))

SCORE_ONE = SCORE.replace(_CHOSEN, _ONE)

# Everybody: computed first without any lock, then stored a part at a time, so that nobody who logs something waits.
STAGE = f"""
DROP TABLE IF EXISTS pg_temp.staged_risk;
CREATE TEMPORARY TABLE staged_risk (customer_id, {_COLUMNS}, computed_on, computed_at) AS {_RESULT};
CREATE INDEX ON staged_risk (customer_id)
"""
NEXT_STAGED = """
SELECT max(customer_id) FROM
    (SELECT customer_id FROM staged_risk WHERE customer_id > %s ORDER BY customer_id LIMIT %s) AS part
"""
STORE_STAGED = _STORE.replace(
    "%s",
    """
SELECT staged.* FROM staged_risk staged JOIN customers_customer ON customers_customer.id = customer_id
WHERE customer_id > %(after)s AND customer_id <= %(last)s""",
)
FORGET_STAGED = "DROP TABLE staged_risk"
