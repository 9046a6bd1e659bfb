"""What happened between us and a customer, what is to be done, what they wish, and what they have to be told."""

from interactions.models.care import CareRules
from interactions.models.check_in import CheckInAnswer, CheckInAnswerQuerySet, CheckInQuestion
from interactions.models.complaint import Complaint, ComplaintQuerySet, FaultIn, Severity, Standing
from interactions.models.document import Document, DocumentContent, DocumentQuerySet
from interactions.models.history import (
    ALWAYS_HELD,
    TOUCHPOINT_KINDS,
    WITH_AMOUNT,
    Fate,
    FollowUp,
    FollowUpQuerySet,
    GestureKind,
    Interaction,
    InteractionQuerySet,
    Kind,
    Outcome,
    Sentiment,
)
from interactions.models.meeting import Guest, GuestQuerySet, Meeting, MeetingQuerySet
from interactions.models.notice import (
    CallBecause,
    How,
    Notice,
    NoticeFor,
    NoticeForQuerySet,
    NoticeKind,
    NoticeQuerySet,
)
from interactions.models.wish import CLOSED, Wish, WishQuerySet, WishState, WishTopic
from interactions.models.word import NoteWord

__all__ = [
    "ALWAYS_HELD",
    "CLOSED",
    "TOUCHPOINT_KINDS",
    "WITH_AMOUNT",
    "CallBecause",
    "CareRules",
    "CheckInAnswer",
    "CheckInAnswerQuerySet",
    "CheckInQuestion",
    "Complaint",
    "ComplaintQuerySet",
    "Document",
    "DocumentContent",
    "DocumentQuerySet",
    "Fate",
    "FaultIn",
    "FollowUp",
    "FollowUpQuerySet",
    "GestureKind",
    "Guest",
    "GuestQuerySet",
    "How",
    "Interaction",
    "InteractionQuerySet",
    "Kind",
    "Meeting",
    "MeetingQuerySet",
    "NoteWord",
    "Notice",
    "NoticeFor",
    "NoticeForQuerySet",
    "NoticeKind",
    "NoticeQuerySet",
    "Outcome",
    "Sentiment",
    "Severity",
    "Standing",
    "Wish",
    "WishQuerySet",
    "WishState",
    "WishTopic",
]
