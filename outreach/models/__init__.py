"""The ledger of outbound mail, the wordings, and the addresses nothing is sent to."""

from outreach.models.kinds import CUSTOMER_KINDS, RECOVERY, SERVICE_KINDS, STAFF_KINDS, WAITING, MessageKind, State
from outreach.models.message import Message, MessageQuerySet, Tally, Watermark
from outreach.models.sending import LedgerPlace, Pace, ProviderEvent, SendingPause
from outreach.models.suppression import Suppression, SuppressionDecision, SuppressionQuerySet
from outreach.models.wording import Approval, ApprovalQuerySet, Recap, Rehearsal, Wording

__all__ = [
    "CUSTOMER_KINDS",
    "RECOVERY",
    "SERVICE_KINDS",
    "STAFF_KINDS",
    "WAITING",
    "Approval",
    "ApprovalQuerySet",
    "LedgerPlace",
    "Message",
    "MessageKind",
    "MessageQuerySet",
    "Pace",
    "ProviderEvent",
    "Recap",
    "Rehearsal",
    "SendingPause",
    "State",
    "Suppression",
    "SuppressionDecision",
    "SuppressionQuerySet",
    "Tally",
    "Watermark",
    "Wording",
]
