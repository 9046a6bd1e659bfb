"""The gate: everything that is checked just before a message is handed over, and the reason in words.

Each rule has a name, looks at one message with the facts that were loaded for the whole batch, and says nothing or what
is to become of the message. The first rule that speaks decides. A message that was held is for a person to look at; one
that was planned again waits for a better time; one that was cancelled is no longer wanted by anyone; one that expired
came too late to be kind.
"""

from outreach.gate.checking import RELEASABLE, RULES, check, foresee, ruling_on
from outreach.gate.facts import Facts, gather, load
from outreach.gate.ruling import Rule, Ruling

__all__ = ["RELEASABLE", "RULES", "Facts", "Rule", "Ruling", "check", "foresee", "gather", "load", "ruling_on"]
