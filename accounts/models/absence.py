"""Days on which somebody is away, and who stands in."""

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.person import User


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def on(self, day: date) -> "AbsenceQuerySet":
        """Those that cover that day of the person's own calendar."""
        return self.filter(first_day__lte=day, last_day__gte=day)

    def from_day(self, day: date) -> "AbsenceQuerySet":
        """Those that are not over on that day."""
        return self.filter(last_day__gte=day)


class Absence(models.Model):
    """Days on which somebody does not work, by their own calendar, and who stands in for them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    first_day = models.DateField(_("first day away"))
    last_day = models.DateField(_("last day away"))
    deputy = models.ForeignKey(
        User,
        verbose_name=_("deputy"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="stands_in",
        help_text=_("Gets the digests and alerts meanwhile. Nobody: the managers of the team."),
    )

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["first_day", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(last_day__gte=models.F("first_day")), name="absence_ends_later"),
            models.CheckConstraint(
                condition=models.Q(deputy=None) | ~models.Q(deputy=models.F("user")), name="absence_other_deputy"
            ),
        ]
        indexes = [models.Index(fields=["last_day", "first_day"], name="absence_by_day")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.first_day} – {self.last_day}"
