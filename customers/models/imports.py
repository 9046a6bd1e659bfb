"""Bringing customers from elsewhere: the file, its lines, and what became of each."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from retention_crm.lib.fields import LineField

# So long an import can be undone and its refused lines be fetched; then only its counts are kept.
KEPT_FOR = timedelta(days=30)


class ImportState(models.TextChoices):
    READING = "reading", _("Reading the file")
    MAPPING = "mapping", _("Columns to be named")
    CHECKING = "checking", _("Checking")
    READY = "ready", _("Ready to begin")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    FAILED = "failed", _("Not possible")


# States in which a worker has something to do.
WORKING = (ImportState.READING, ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)
# States in which nothing has been written to customers yet.
UNBEGUN = (ImportState.READING, ImportState.MAPPING, ImportState.CHECKING, ImportState.READY)


class Verdict(models.TextChoices):
    """What becomes of a line, and then what became of it."""

    CREATE = "create", _("new")
    UPDATE = "update", _("found")
    CREATED = "created", _("created")
    UPDATED = "updated", _("updated")
    UNCHANGED = "unchanged", _("nothing new")
    SKIPPED = "skipped", _("skipped")
    REFUSED = "refused", _("refused")


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User) -> Self:
        """Those the person began; managers see all."""
        return self if user.sees_everything else self.filter(created_by=user)

    def working(self) -> Self:
        return self.filter(state__in=WORKING).order_by("pk")


class Import(models.Model):
    """One file somebody brought, from the upload to the report; where it stands says the state."""

    file_name = LineField(max_length=200)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.READING)
    position = models.PositiveIntegerField(default=0, help_text="Lines done of what the state says.")
    total = models.PositiveIntegerField(default=0, help_text="Lines there are to be done, as far as known.")
    reading = models.JSONField(default=dict, help_text="How the file is read, as far as a person said.")
    found = models.JSONField(default=dict, help_text="What was recognised: format, encoding, layout, notes.")
    columns = models.JSONField(default=list, help_text="Name, filled lines, samples and look of each column.")
    mapping = models.JSONField(default=list, help_text="Where each column goes and in what order its days are.")
    options = models.JSONField(default=dict, help_text="What counts where the file says nothing, and for who is found.")
    counts = models.JSONField(default=dict, help_text="Lines by verdict.")
    problem = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="imports")
    created_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["-created_at"], name="import_by_time"),
            models.Index(fields=["created_by", "-created_at"], name="import_by_person"),
            models.Index(fields=["state"], name="import_working", condition=models.Q(state__in=list(WORKING))),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        return self.state in WORKING

    @property
    def is_unbegun(self) -> bool:
        return self.state in UNBEGUN or (self.state == ImportState.FAILED and self.began_at is None)

    def can_be_undone(self, at: datetime) -> bool:
        ended = self.state in {ImportState.DONE, ImportState.FAILED} and self.began_at is not None
        return ended and at - self.created_at < KEPT_FOR

    @property
    def per_cent(self) -> int:
        return min(100, 100 * self.position // self.total) if self.total else 0

    def move_to(self, state: ImportState, *, frm: tuple[ImportState, ...], **fields: Any) -> bool:
        """Changes the state if it still is one of those; whether it did. Whoever comes second does nothing."""
        fields = {"position": 0, **fields}
        moved = Import.objects.filter(pk=self.pk, state__in=frm).update(state=state, **fields)
        if moved:
            self.refresh_from_db()
        return bool(moved)


class ImportChunk(models.Model):
    """A piece of the uploaded file; gone when the import is over."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="import_chunk_once")]

    def __str__(self) -> str:
        return f"{self.of_id}: {self.number}"


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    def forget(self, contact_pk: int) -> int:
        """Takes out what a file said of a contact who is erased."""
        return self.filter(contact_pk=contact_pk).update(
            cells=[], record=None, emails=[], phones=[], changes=None, contact_pk=None
        )


class ImportRow(models.Model):
    """A line of the file. Rows name customers and contacts by id alone: they do not keep anybody from going."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()
    cells = ArrayField(models.TextField())
    is_broken = models.BooleanField(default=False, help_text="The line could not be read as columns.")
    record = models.JSONField(null=True, help_text="What the cells mean.")
    emails = ArrayField(models.TextField(), default=list)
    phones = ArrayField(models.TextField(), default=list, help_text="The last digits of each number.")
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    leader = models.PositiveIntegerField(null=True, help_text="The line that brings the customer of this one.")
    same_as = models.PositiveIntegerField(null=True, help_text="The line that brings the same person.")
    customer_pk = models.BigIntegerField(null=True)
    contact_pk = models.BigIntegerField(null=True)
    changes = models.JSONField(null=True, help_text="What was written, and what stood there before.")
    kept_because = models.TextField(blank=True, default="", help_text="Why it was not undone.")

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["of", "line"], name="import_row_once")]
        indexes = [
            models.Index(
                fields=["contact_pk"], name="import_row_by_contact", condition=models.Q(contact_pk__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.of_id}: {self.line}"
