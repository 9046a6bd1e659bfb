"""The company that runs the installation, and what it decided."""

from datetime import time

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from retention_crm.lib.fields import LineField, NoteField, TimeZoneField


class Visibility(models.TextChoices):
    TEAM = "team", _("Their own and their team's customers")
    COMPANY = "company", _("All customers of the company")


class LeapDay(models.TextChoices):
    FEBRUARY_28 = "february", _("28 February")
    MARCH_1 = "march", _("1 March")


class Anniversaries(models.TextChoices):
    NEVER = "never", _("Never")
    ROUND = "round", _("After 1, 5, 10, 15 … years")
    EVERY = "every", _("Every year")


def leaves_most(one_in: int) -> None:
    """For a share of one in so many that goes without: not everybody."""
    if one_in == 1:
        raise ValidationError(_("That would be everybody. Take 2 to 100, or 0 for nobody."))


class Company(models.Model):
    """The company that runs this installation: one row, always with the primary key 1."""

    name = LineField(_("company name"), max_length=150, default="Your company")
    postal_address = NoteField(
        _("postal address"),
        blank=True,
        max_length=500,
        help_text=_("Stands at the end of mails to customers."),
    )
    time_zone = TimeZoneField(_("time zone"), default="Europe/Stockholm")
    currency = models.CharField(_("currency"), max_length=3, default="EUR", help_text=_("ISO code, for example EUR."))
    visibility = models.CharField(_("staff see"), max_length=8, choices=Visibility.choices, default=Visibility.TEAM)
    greeting_time = models.TimeField(
        _("hour of greetings"),
        default=time(9, 0),
        help_text=_("When greetings and thank-you notes go out, by the customer's clock."),
    )
    leap_day = models.CharField(
        _("29 February is greeted on"), max_length=8, choices=LeapDay.choices, default=LeapDay.FEBRUARY_28
    )
    anniversaries = models.CharField(
        _("anniversary of the relationship"),
        max_length=8,
        choices=Anniversaries.choices,
        default=Anniversaries.ROUND,
        help_text=_("A greeting to the main contact on the day they became a customer."),
    )
    greetings_held_out_every = models.PositiveSmallIntegerField(
        _("no greeting for one contact in"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(100), leaves_most],
        help_text=_(
            "Drawn by lot, so that it can be seen on “Save odds” what greetings are worth. 0: all are greeted."
        ),
    )
    thank_new_customers = models.BooleanField(_("thank new customers"), default=True)
    thank_purchases = models.BooleanField(_("thank for each purchase"), default=True)
    thank_referrals = models.BooleanField(_("thank for each referral"), default=True)
    thank_recoveries = models.BooleanField(
        _("thank for the patience when a complaint is put right"),
        default=True,
        help_text=_("A day after, if no other complaint is open."),
    )
    confirm_promises = models.BooleanField(
        _("ask customers whether a kept promise is done"),
        default=False,
        db_default=False,
        help_text=_("A quarter of an hour after it is marked done. They answer with one click."),
    )
    survey_cooldown_days = models.PositiveSmallIntegerField(
        _("days between two surveys to one contact"),
        default=90,
        validators=[MinValueValidator(1)],
        help_text=_("Of all surveys together. Who is to be asked sooner waits for up to 30 days."),
    )
    survey_valid_days = models.PositiveSmallIntegerField(
        _("days a survey link works"), default=30, validators=[MinValueValidator(1)]
    )
    survey_reminder_days = models.PositiveSmallIntegerField(
        _("days after which an unanswered survey is brought to mind once"),
        default=7,
        validators=[MaxValueValidator(60)],
        help_text=_("For those who are asked by hand; each occasion of a survey has its own. 0: never."),
    )
    digest_time = models.TimeField(
        _("hour of the morning digest"), default=time(7, 30), help_text=_("By each person's own clock.")
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        default="",
        help_text=_("Whose public holidays count for customers without a country of their own."),
    )
    quiet_from = models.TimeField(
        _("no mail from"), default=time(20, 0), help_text=_("In the evening, by the customer's clock.")
    )
    quiet_until = models.TimeField(
        _("no mail until"), default=time(8, 0), help_text=_("In the morning, by the customer's clock.")
    )
    introduces_owners = models.BooleanField(
        _("introduce a new owner by mail"),
        default=True,
        db_default=True,
        help_text=_("Ticked beforehand where customers are handed over; it can be chosen otherwise each time."),
    )
    introductions_wait = models.BooleanField(
        _("introductions wait for approval"),
        default=True,
        db_default=True,
        help_text=_("Each stands on “Tomorrow” and goes out once somebody has looked at it."),
    )
    gesture_limit = models.DecimalField(
        _("limit of one gesture"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_(
            "Above it whoever logs a gift says why, and managers find it on “Gestures and perks”. Empty: none."
        ),
    )
    lost_contact_days = models.PositiveSmallIntegerField(
        _("days until a friendly contact with who left"),
        default=180,
        db_default=180,
        validators=[MaxValueValidator(3650)],
        help_text=_(
            "Today of the owner proposes it; nothing goes out by itself. A segment may say otherwise. 0: never."
        ),
    )
    budget_days = models.PositiveSmallIntegerField(
        _("days between two automatic messages to one customer"),
        default=7,
        validators=[MaxValueValidator(365)],
        help_text=_("0: as many as fall due."),
    )
    greeting_gap_days = models.PositiveSmallIntegerField(
        _("days between two greetings"), default=7, validators=[MaxValueValidator(365)]
    )
    thanks_gap_days = models.PositiveSmallIntegerField(
        _("days between two thank-you notes"), default=7, validators=[MaxValueValidator(365)]
    )
    survey_gap_days = models.PositiveSmallIntegerField(
        _("days between two surveys at one customer"), default=7, validators=[MaxValueValidator(365)]
    )
    detractor_rest_days = models.PositiveSmallIntegerField(
        _("days without greetings after a bad survey answer"), default=30, validators=[MaxValueValidator(365)]
    )
    mails_per_minute = models.PositiveIntegerField(
        _("most mails in a minute"), default=0, help_text=_("As your mail provider allows. 0: no limit.")
    )
    mails_per_domain_per_minute = models.PositiveIntegerField(
        _("most mails in a minute to one domain"), default=0, help_text=_("0: no limit.")
    )

    class Meta:
        verbose_name = _("company")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="company_is_one_row")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Company":
        """The settings in force; an empty database has the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def gap_days(self) -> int:
        """The most days that have to lie between any two messages to a customer."""
        return max(self.budget_days, self.greeting_gap_days, self.thanks_gap_days, self.survey_gap_days)

    @property
    def leap_day_on_march_1(self) -> bool:
        return self.leap_day == LeapDay.MARCH_1
