"""What happened between us and a customer, what is to be done, what they wish, and what they have to be told."""

from interactions.models.document import Document, DocumentContent, DocumentQuerySet
from interactions.models.history import (
    ALWAYS_HELD,
    TOUCHPOINT_KINDS,
    WITH_AMOUNT,
    Complaint,
    ComplaintQuerySet,
    Fate,
    FollowUp,
    FollowUpQuerySet,
    Interaction,
    InteractionQuerySet,
    Kind,
    Outcome,
    Sentiment,
    Severity,
)
from interactions.models.notice import (
    CallBecause,
    How,
    Notice,
    NoticeFor,
    NoticeForQuerySet,
    NoticeKind,
    NoticeQuerySet,
)
from interactions.models.wish import CLOSED, Wish, WishQuerySet, WishState
from interactions.models.word import NoteWord

__all__ = [
    "ALWAYS_HELD",
    "CLOSED",
    "TOUCHPOINT_KINDS",
    "WITH_AMOUNT",
    "CallBecause",
    "Complaint",
    "ComplaintQuerySet",
    "Document",
    "DocumentContent",
    "DocumentQuerySet",
    "Fate",
    "FollowUp",
    "FollowUpQuerySet",
    "How",
    "Interaction",
    "InteractionQuerySet",
    "Kind",
    "NoteWord",
    "Notice",
    "NoticeFor",
    "NoticeForQuerySet",
    "NoticeKind",
    "NoticeQuerySet",
    "Outcome",
    "Sentiment",
    "Severity",
    "Wish",
    "WishQuerySet",
    "WishState",
]
