"""What happened between us and a customer, what is to be done, and what they said they would like."""

from interactions.models.history import (
    ALWAYS_HELD,
    TOUCHPOINT_KINDS,
    WITH_AMOUNT,
    Complaint,
    ComplaintQuerySet,
    FollowUp,
    FollowUpQuerySet,
    Interaction,
    InteractionQuerySet,
    Kind,
    Outcome,
    Sentiment,
    Severity,
)
from interactions.models.wish import CLOSED, Wish, WishQuerySet, WishState

__all__ = [
    "ALWAYS_HELD",
    "CLOSED",
    "TOUCHPOINT_KINDS",
    "WITH_AMOUNT",
    "Complaint",
    "ComplaintQuerySet",
    "FollowUp",
    "FollowUpQuerySet",
    "Interaction",
    "InteractionQuerySet",
    "Kind",
    "Outcome",
    "Sentiment",
    "Severity",
    "Wish",
    "WishQuerySet",
    "WishState",
]
