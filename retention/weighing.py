"""The health of a customer, 0 to 100, as part of the statement of the risk; docs/HEALTH.md has the reasons.

From 100 each reason takes or gives whole points, so that the lines of an account add up to the score without a rest:
the silence by what it says of the risk and by how unusual it is, each signal by its size, then what somebody judged.
What would lead below 0 or above 100 is divided among the reasons in proportion, in whole points.

The score depends on what is known and on the day alone: rebuilt from nothing, in whatever order things were entered, it
is the same. The band at risk also depends on when somebody was seen to come into it (HELD_BAND), and the changes that
are kept on what was kept before; both begin anew with an empty table.
"""

from collections.abc import Sequence

POINTS_PER_LOG_ODDS = 70
# Bands. Who is at risk stays so until the score has risen by a margin, and for some days.
HEALTHY_FROM = 80
AT_RISK_BELOW = 40
LEAVES_RISK_FROM = 46
LEAST_DAYS_AT_RISK = 7
LAPSED_DAYS = 365
LAPSED_RHYTHMS = 3
# What cannot wait for points: somebody said that they leave, or has a severe complaint that is open.
HARD_SCORE = 30
JUDGED_MOST = 10
# A change of a band, or of so many points, is kept.
NOTED_POINTS = 5

# Silence alone takes less than everything. Where 50 % is the chance of no contact in the horizon it takes 60 points, at
# 30 % it takes 20; but no more than the own rhythm allows: 20 where they are as late as usual, 60 at 1½ times that.
# Who is late by their own rhythm, though they are likely to come, is watched from twice the rhythm on.
SILENCE_MOST = 95
UNUSUAL_MOST = 59
_BY_CHANCE = f"{SILENCE_MOST} / (1 + exp(-(2.2 * base + 0.539)))"
_BY_RHYTHM = f"{SILENCE_MOST} / (1 + 3.75 * power(silence / rhythm, -4.59))"
_UNUSUAL = f"{UNUSUAL_MOST} / (1 + 7.8 * power(silence / rhythm, -2))"
_SILENCE = f"""
CASE WHEN n > 1 THEN greatest(least({_BY_CHANCE}, {_BY_RHYTHM}), {_UNUSUAL})
     WHEN n = 1 THEN least({_BY_CHANCE}, {_BY_RHYTHM}, {UNUSUAL_MOST}) ELSE 0 END"""

# Whatever takes points, in the order of the account; a size below 0 gives some.
SIGNALS = ("complaint", "opinion", "promise", "missed", "champion")
_LOSSES = ("silence", *SIGNALS, "judgement")
_GAINS = ("opinion", "judgement")


def _part(name: str, names: Sequence[str], kind: str) -> str:
    """The points of one reason when all of that kind are divided so that they make up what they may: rounded so far
    as up to this reason, less what was given out before it."""

    def up_to(last: int) -> str:
        added = " + ".join(f"{other}_{kind}" for other in names[:last]) or "0"
        return f"(2 * ({added}) * {kind}_counted + {kind}_all) / (2 * {kind}_all)"

    place = names.index(name)
    return f"CASE WHEN {kind}_all > 0 THEN {up_to(place + 1)} - {up_to(place)} ELSE 0 END"


def _points(name: str) -> str:
    lost = _part(name, _LOSSES, "loss")
    return f"({_part(name, _GAINS, 'gain')}) - ({lost})" if name in _GAINS else f"-({lost})"


_SIZES = ",\n           ".join(
    f"round({POINTS_PER_LOG_ODDS} * coalesce({name}_size, 0)::numeric)::int AS {name}_weight" for name in SIGNALS
)
_IS_HARD = "(is_leaving OR is_severe)"

WEIGHED = f"""
weight AS (
    SELECT scored.*, round(({_SILENCE})::numeric)::int AS silence_weight,
           {_SIZES},
           -coalesce(judged, 0) AS judgement_weight
    FROM scored
    OFFSET 0
), parted AS (
    SELECT weight.*,
           {", ".join(f"greatest({name}_weight, 0) AS {name}_loss" for name in _LOSSES)},
           {", ".join(f"greatest(-{name}_weight, 0) AS {name}_gain" for name in _GAINS)}
    FROM weight
), added AS (
    SELECT parted.*, {" + ".join(f"{name}_loss" for name in _LOSSES)} AS loss_all,
           {" + ".join(f"{name}_gain" for name in _GAINS)} AS gain_all
    FROM parted
), counted AS (
    SELECT added.*, least(loss_all, 100 + gain_all) AS loss_counted, least(gain_all, loss_all) AS gain_counted
    FROM added
    OFFSET 0
), capped AS (
    SELECT counted.*,
           CASE WHEN {_IS_HARD} THEN least(100 - loss_counted + gain_counted, {HARD_SCORE})
                ELSE 100 - loss_counted + gain_counted END AS score_now,
           CASE WHEN {_IS_HARD} THEN greatest(100 - loss_counted + gain_counted - {HARD_SCORE}, 0)
                ELSE 0 END AS hard_loss
    FROM counted
    OFFSET 0
), banded AS (
    SELECT capped.*,
           CASE WHEN is_lost THEN 'unknown'
                WHEN {_IS_HARD} THEN 'at_risk'
                WHEN silence > greatest({LAPSED_DAYS}, {LAPSED_RHYTHMS} * rhythm) THEN 'lapsed'
                WHEN score_now < {AT_RISK_BELOW} THEN 'at_risk'
                WHEN score_now < {HEALTHY_FROM} THEN 'watch'
                WHEN n < 2 THEN 'unknown'
                ELSE 'healthy' END AS band
    FROM capped
    OFFSET 0
), health AS (
    SELECT banded.*, CASE WHEN band <> 'unknown' THEN score_now END AS health,
           {", ".join(f"CASE WHEN band <> 'unknown' THEN {_points(name)} END AS {name}_points" for name in _LOSSES)},
           CASE WHEN band <> 'unknown' THEN hard_loss END AS hard_points
    FROM banded
)"""  # noqa: S608 - only constants of this module

# Who is in the band at risk, after what stood there before: see LEAVES_RISK_FROM. Long silent, and lost, at once.
HELD_BAND = f"""
CASE WHEN stored.band = 'at_risk' AND excluded.band IN ('watch', 'healthy')
          AND (excluded.health < {LEAVES_RISK_FROM}
               OR coalesce(stored.at_risk_since > %(at)s - interval '{LEAST_DAYS_AT_RISK} days', FALSE))
     THEN 'at_risk' ELSE excluded.band END"""
# The first look at a customer notes where they stand; only what comes after it is a change.
IS_MOVE = f"""
(stored.noted_band <> '' AND (stored.noted_band <> {HELD_BAND}
     OR coalesce(abs(stored.noted_health - excluded.health) >= {NOTED_POINTS}, FALSE)))"""
