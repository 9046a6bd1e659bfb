"""When a survey is asked by itself: after what, how long after, of whom; and who waits to be asked."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer, CustomerDataQuerySet, Segment
from interactions.models import Interaction
from retention_crm.lib import clock
from surveys.models.invitation import Invitation
from surveys.models.survey import Survey

LONGEST_DELAY = 24 * 60
MOST_DAYS = 3650
MOST_MONTHS = 60


class Occasion(models.Model):
    """Something after which a survey is asked. It is never deleted, so that results can be told apart by it."""

    class Kind(models.TextChoices):
        MEETING = "meeting", _("After a meeting or visit")
        PURCHASE = "purchase", _("After a purchase")
        COMPLAINT = "complaint", _("After a complaint is resolved")
        START = "start", _("Some days after they became a customer")
        REGULAR = "regular", _("Every few months")
        LOSS = "loss", _("After they left us")

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="occasions")
    kind = models.CharField(max_length=12, choices=Kind, editable=False)
    is_active = models.BooleanField(_("ask by itself"), default=True)
    delay_hours = models.PositiveSmallIntegerField(
        _("hours between the event and the survey"), default=2, validators=[MaxValueValidator(LONGEST_DELAY)]
    )
    # Days after somebody became a customer, or months between two times.
    number = models.PositiveSmallIntegerField(default=0, db_default=0)
    # All, where none is chosen.
    segments = models.ManyToManyField(Segment, blank=True, related_name="+")
    sample_percent = models.PositiveSmallIntegerField(
        _("share of contacts that are asked, in percent"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Drawn by a secret number, so that a contact is always in or always out."),
    )
    reminder_days = models.PositiveSmallIntegerField(
        _("days after which an unanswered survey is brought to mind once"),
        default=7,
        validators=[MaxValueValidator(60)],
        help_text=_("0: never."),
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["survey", "pk"]

    def __str__(self) -> str:
        return self.words

    @property
    def has_delay(self) -> bool:
        """Whether it is about something that happened, and not about a day of the calendar."""
        return self.kind not in {self.Kind.START, self.Kind.REGULAR}

    @property
    def delay(self) -> timedelta:
        return timedelta(hours=self.delay_hours) if self.has_delay else timedelta()

    @property
    def words(self) -> str:
        """After what it asks, in a few words."""
        if self.kind == self.Kind.START:
            return _("%(number)d days after they became a customer") % {"number": self.number}
        if self.kind == self.Kind.REGULAR:
            return _("Every %(number)d months") % {"number": self.number}
        return str(self.get_kind_display())


class QueuedQuerySet(CustomerDataQuerySet["Queued"]):
    pass


class Queued(models.Model):
    """Somebody an occasion asks: now, or when they may be asked again; given up when that is too late to be kind."""

    occasion = models.ForeignKey(Occasion, on_delete=models.CASCADE, related_name="queued", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    trigger = models.ForeignKey(Interaction, on_delete=models.SET_NULL, null=True, related_name="+")
    # What happened, never when it was noticed: the same event is never asked about twice by one occasion.
    about = models.CharField(max_length=60)
    happened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    invitation = models.OneToOneField(Invitation, on_delete=models.SET_NULL, null=True, related_name="queued")
    given_up_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = QueuedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["occasion", "about"], name="queued_once_per_event")]
        indexes = [
            models.Index(
                fields=["contact", "due_at"],
                name="queued_open",
                condition=models.Q(invitation__isnull=True, given_up_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occasion_id}: {self.about}"
