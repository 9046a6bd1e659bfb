"""What messages say, and which of them a person reads before they go out."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Language, Segment, Tone
from outreach.models.kinds import MessageKind
from outreach.models.message import Message
from retention_crm.lib import clock
from retention_crm.lib.fields import LineField, NoteField


class Wording(models.Model):
    """A company's own text for a kind of message in one language and tone; without one the built-in text is used."""

    kind = models.CharField(_("kind"), max_length=16, choices=MessageKind.choices)
    language = models.CharField(_("language"), max_length=8, choices=Language.choices, default=Language.ENGLISH)
    tone = models.CharField(_("tone"), max_length=8, choices=Tone.choices, default=Tone.FORMAL)
    subject = LineField(_("subject"), max_length=200)
    text = NoteField(_("text"), max_length=20_000)
    html = NoteField(_("HTML"), max_length=40_000)
    changed_at = models.DateTimeField(editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )

    class Meta:
        ordering = ["kind", "language", "tone"]
        constraints = [models.UniqueConstraint(fields=["kind", "language", "tone"], name="wording_once")]

    def __str__(self) -> str:
        return f"{self.kind} · {self.language} · {self.tone}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.changed_at = clock.now()
        super().save(*args, **kwargs)


class Rehearsal(models.Model):
    """What a test mail shows: the message it is about, or a wording as it stood in the editor, with sample data."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="rehearsal")
    about = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="rehearsals", db_index=False
    )
    kind = models.CharField(max_length=16, blank=True, choices=MessageKind.choices)
    language = models.CharField(max_length=8, blank=True, choices=Language.choices)
    tone = models.CharField(max_length=8, blank=True, choices=Tone.choices)
    subject = LineField(blank=True, max_length=200)
    text = NoteField(blank=True, max_length=20_000)
    html = NoteField(blank=True, max_length=40_000)

    def __str__(self) -> str:
        return f"{self.message_id}: {self.kind or self.about_id}"


class Recap(models.Model):
    """What a recap says about the meeting, as it was when somebody sent it off; the wording stands around it."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="recap")
    text = NoteField(max_length=20_000)
    # Of what was agreed: the first is what was noted, later ones are corrected.
    version = models.PositiveSmallIntegerField(default=1, db_default=1)

    def __str__(self) -> str:
        return f"recap {self.message_id}"


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def ask_for(self, kind: str, segment_pk: int) -> bool:
        """Whether a message of that kind to a customer of that segment waits for approval."""
        every = models.Q(segment__isnull=True)
        return self.filter(every | models.Q(segment_id=segment_pk), kind=kind).exists()


class Approval(models.Model):
    """Messages of a kind wait for a person's approval: for customers of one segment, or without one for all."""

    kind = models.CharField(_("kind"), max_length=16, choices=MessageKind.choices)
    segment = models.ForeignKey(
        Segment, verbose_name=_("segment"), on_delete=models.CASCADE, null=True, blank=True, related_name="approvals"
    )

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "segment"], name="approval_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.segment_id or 'all'}"
