"""The ledger of outbound mail, the wordings, the addresses nothing is sent to, and what staff are told."""

from outreach.models.agreeing import AgreedVersion, AgreedVersionQuerySet, Correction, CorrectionQuerySet, Decision
from outreach.models.kinds import (
    ANSWERED_KINDS,
    CUSTOMER_KINDS,
    RECOVERY,
    REFERRAL,
    SERVICE_KINDS,
    STAFF_KINDS,
    WAITING,
    MessageKind,
    State,
)
from outreach.models.meeting import MeetingMail, MeetingMailQuerySet, Says
from outreach.models.message import Message, MessageQuerySet, Tally, Watermark
from outreach.models.notification import (
    ALERT_KINDS,
    DEFAULT_WAYS,
    MAILED_KINDS,
    Notification,
    NotificationChoice,
    NotificationKind,
    NotificationQuerySet,
    RetiredAlert,
    Way,
    Ways,
)
from outreach.models.promise import PromiseMail, Said
from outreach.models.recap_style import Format, Part, ReaderFormat, RecapStyle, format_for, style_of, usual_parts
from outreach.models.saying import SENTENCES, Sentence, Written, because, said_again
from outreach.models.sending import LedgerPlace, Pace, ProviderEvent, SendingPause
from outreach.models.suppression import Suppression, SuppressionDecision, SuppressionQuerySet
from outreach.models.wording import Approval, ApprovalQuerySet, Recap, Rehearsal, Wording

__all__ = [
    "ALERT_KINDS",
    "ANSWERED_KINDS",
    "CUSTOMER_KINDS",
    "DEFAULT_WAYS",
    "MAILED_KINDS",
    "RECOVERY",
    "REFERRAL",
    "SENTENCES",
    "SERVICE_KINDS",
    "STAFF_KINDS",
    "WAITING",
    "AgreedVersion",
    "AgreedVersionQuerySet",
    "Approval",
    "ApprovalQuerySet",
    "Correction",
    "CorrectionQuerySet",
    "Decision",
    "Format",
    "LedgerPlace",
    "MeetingMail",
    "MeetingMailQuerySet",
    "Message",
    "MessageKind",
    "MessageQuerySet",
    "Notification",
    "NotificationChoice",
    "NotificationKind",
    "NotificationQuerySet",
    "Pace",
    "Part",
    "PromiseMail",
    "ProviderEvent",
    "ReaderFormat",
    "Recap",
    "RecapStyle",
    "Rehearsal",
    "RetiredAlert",
    "Said",
    "Says",
    "SendingPause",
    "Sentence",
    "State",
    "Suppression",
    "SuppressionDecision",
    "SuppressionQuerySet",
    "Tally",
    "Watermark",
    "Way",
    "Ways",
    "Wording",
    "Written",
    "because",
    "format_for",
    "said_again",
    "style_of",
    "usual_parts",
]
