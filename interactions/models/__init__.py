"""What happened between us and a customer, and what is to be done by when."""

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

__all__ = [
    "ALWAYS_HELD",
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
]
