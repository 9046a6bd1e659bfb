"""What there is to send, and what may become of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageKind(models.TextChoices):
    BIRTHDAY = "birthday", _("Birthday greeting")
    ANNIVERSARY = "anniversary", _("Anniversary greeting")
    EVENT = "event", _("Greeting on a special day")
    THANK_YOU = "thank_you", _("Thank-you note")
    RECOMMEND = "recommend", _("Thanks to a promoter")
    SURVEY = "survey", _("Survey invitation")
    REMINDER = "reminder", _("Survey reminder")
    YOU_SAID = "you_said", _("Answer to a wish")
    NOTICE = "notice", _("Notice")
    INTRODUCTION = "introduction", _("Introduction of a new owner")
    PROMISE_KEPT = "promise_kept", _("Promise kept")
    LETTER = "letter", _("Letter")
    MEETING = "meeting", _("Meeting invitation")
    MEETING_OFF = "meeting_off", _("Meeting called off")
    RECAP = "recap", _("Meeting recap")
    OVERDUE_DIGEST = "overdue_digest", _("Morning digest")
    URGENT = "urgent", _("Urgent alert")
    WEEKLY = "weekly", _("Weekly digest")
    ESCALATION = "escalation", _("Escalation to the manager")
    TEST = "test", _("Test")


CUSTOMER_KINDS = (
    MessageKind.BIRTHDAY,
    MessageKind.ANNIVERSARY,
    MessageKind.EVENT,
    MessageKind.THANK_YOU,
    MessageKind.RECOMMEND,
    MessageKind.SURVEY,
    MessageKind.REMINDER,
    MessageKind.YOU_SAID,
    MessageKind.NOTICE,
    MessageKind.INTRODUCTION,
    MessageKind.PROMISE_KEPT,
    MessageKind.LETTER,
    MessageKind.MEETING,
    MessageKind.MEETING_OFF,
    MessageKind.RECAP,
)
# What answers a customer or concerns their contract; it needs no consent, but says why it comes.
SERVICE_KINDS = (
    MessageKind.YOU_SAID,
    MessageKind.NOTICE,
    MessageKind.INTRODUCTION,
    MessageKind.PROMISE_KEPT,
)
# Mails that have a link of their own by which the reader answers.
ANSWERED_KINDS = (MessageKind.RECAP, MessageKind.PROMISE_KEPT)
STAFF_KINDS = (
    MessageKind.OVERDUE_DIGEST,
    MessageKind.URGENT,
    MessageKind.WEEKLY,
    MessageKind.ESCALATION,
    MessageKind.TEST,
)


class State(models.TextChoices):
    PROPOSED = "proposed", _("Waits for approval")
    PLANNED = "planned", _("Planned")
    LEASED = "leased", _("Taken by a worker")
    SUBMITTING = "submitting", _("Being handed over")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Unknown: sent or not")
    HELD = "held", _("Held")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


WAITING = (State.PROPOSED, State.PLANNED, State.LEASED, State.SUBMITTING)


# What the occasion of a note begins with that follows a complaint; the complaint's id comes next.
RECOVERY = "thank-you:complaint:"
# The same of one that thanks for bringing a customer, whose id comes next.
REFERRAL = "thank-you:referral:"
