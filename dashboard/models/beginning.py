"""How a company begins: its first steps, and the sample data to try things out with."""

from django.conf import settings
from django.db import models


class Beginning(models.Model):
    """One row, primary key 1; without it the first steps are shown and no sample data are there."""

    hidden_at = models.DateTimeField(null=True, blank=True, help_text="When somebody had seen enough of the steps.")
    loaded_at = models.DateTimeField(null=True, blank=True, help_text="When sample data were loaded, while there are.")
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    made = models.JSONField(default=dict, help_text="What was made for them beside customers, to be taken away again.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="beginning_is_one_row")]

    def __str__(self) -> str:
        return f"hidden {self.hidden_at}, loaded {self.loaded_at}"

    @classmethod
    def current(cls) -> "Beginning":
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def made_segments(self) -> dict[int, str]:
        """The names of the segments that were made, by id."""
        return {int(pk): name for pk, name in self.made.get("segments", {}).items()}
