"""Planning: which occasions there are, each one row of the ledger, whoever asks and however often.

Every planner is one set-wise INSERT … ON CONFLICT over a window that begins at its watermark, so a missed tick catches
up and two ticks at once are harmless. An occasion is named by what it is about, never by when it was planned. What is
in the ledger as it should be is left out first, so that a tick with nothing new writes nothing. What may change until
the mail leaves (consent, an answer, a complaint) is the gate's business; planners leave out only those who can not be
written to at all. What an Approval asks for is planned as proposed and waits for a person.
"""

from outreach.planning.running import NEWS, PLANNERS, one_at_a_time, plan, plan_as_of
from outreach.planning.window import LOOK_AHEAD

__all__ = ["LOOK_AHEAD", "NEWS", "PLANNERS", "one_at_a_time", "plan", "plan_as_of"]
