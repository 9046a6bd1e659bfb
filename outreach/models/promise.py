"""What a mail asks about a promise that was kept, and what its reader said."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from interactions.models import FollowUp
from outreach.models.message import Message
from retention_crm.lib.fields import LineField


class Said(models.TextChoices):
    DONE = "done", _("Done")
    NOT_YET = "not_yet", _("Not done yet")


class PromiseMail(models.Model):
    """That we did what we promised, as one mail says it; `round` counts how often they said before that we had not."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="promise_mail")
    follow_up = models.ForeignKey(FollowUp, on_delete=models.CASCADE, related_name="mails")
    round = models.PositiveSmallIntegerField(default=0)
    said = models.CharField(max_length=8, choices=Said.choices, blank=True, default="", db_default="")
    said_at = models.DateTimeField(null=True, blank=True)
    word = LineField(max_length=300, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.follow_up_id}:{self.round}"

    @property
    def is_true(self) -> bool:
        """Whether the promise is done, and nobody said yet that it is."""
        promise = self.follow_up
        is_done = promise.is_promise and promise.done_at is not None and not promise.is_released
        return is_done and promise.confirmed_at is None and promise.disputed == self.round
