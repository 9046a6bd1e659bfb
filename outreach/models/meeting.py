"""What a mail says about a planned meeting."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from interactions.models import Meeting
from outreach.models.kinds import State
from outreach.models.message import Message


class Says(models.TextChoices):
    INVITATION = "invitation", _("Invitation")
    CHANGE = "change", _("Change")
    CANCELLATION = "cancellation", _("Cancellation")


# It may have reached its reader, or may just be doing so.
_ARRIVED = (State.SENT, State.UNKNOWN, State.SUBMITTING)


class MeetingMailQuerySet(models.QuerySet["MeetingMail"]):
    def arrived(self) -> Self:
        """Those that told somebody to come, as far as anybody can say."""
        return self.exclude(says=Says.CANCELLATION).filter(message__state__in=_ARRIVED)

    def for_the_gate(self) -> Self:
        """With the meeting, and whether its reader takes part and was ever invited."""
        reader = OuterRef("message__contact")
        invited = MeetingMail.objects.arrived().filter(meeting=OuterRef("meeting"), message__contact=reader)
        guest = Meeting.objects.filter(pk=OuterRef("meeting"), guests__contact=reader)
        return self.select_related("meeting__host").annotate(was_invited=Exists(invited), is_guest=Exists(guest))


class MeetingMail(models.Model):
    """An invitation to a meeting, its change or its cancellation, as it was when somebody sent it off."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="meeting_mail")
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="mails")
    says = models.CharField(max_length=12, choices=Says.choices)
    sequence = models.PositiveIntegerField()

    objects = MeetingMailQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.says} {self.meeting_id}:{self.sequence}"

    def is_true(self, *, is_guest: bool, was_invited: bool, at: datetime) -> bool:
        """Whether it still says how things are. Of what nobody was invited to, nobody need hear that it is off."""
        meeting = self.meeting
        if self.says == Says.CANCELLATION:
            return was_invited and (not is_guest or meeting.cancelled_at is not None)
        return is_guest and meeting.is_planned and meeting.sequence == self.sequence and meeting.starts_at > at
