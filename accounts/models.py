"""People who work with the product, their teams, and the company they work for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from retention_crm.lib import clock, dates
from retention_crm.lib.fields import LineField, NoteField, TimeZoneField


class Role(models.TextChoices):
    STAFF = "staff", _("Staff")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")


def working_week() -> list[int]:
    """Monday to Friday, as weekday numbers with Monday as 0."""
    return [0, 1, 2, 3, 4]


class Team(models.Model):
    name = LineField(_("name"), max_length=120, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def managers(self) -> "UserQuerySet":
        return self.active().filter(role__in=[Role.MANAGER, Role.ADMINISTRATOR])

    def deputies_for(self, person: "User") -> "UserQuerySet":
        """Those who may look after the person's customers as it is: the team, and managers."""
        team = models.Q(team__isnull=False, team=person.team_id)
        managers = models.Q(role__in=[Role.MANAGER, Role.ADMINISTRATOR])
        return self.active().filter(team | managers).exclude(pk=person.pk)

    def colleagues_of(self, user: "User") -> "UserQuerySet":
        """Those whose customers the user may take over or be given: the own team, for managers everyone."""
        if user.sees_everything:
            return self.active()
        return self.active().filter(models.Q(pk=user.pk) | models.Q(team__isnull=False, team=user.team_id))


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        fields.setdefault("role", Role.ADMINISTRATOR)
        return self.create_user(email, password, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A member of the company; logs in with the mail address."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = LineField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.STAFF)
    team = models.ForeignKey(
        Team, verbose_name=_("team"), on_delete=models.PROTECT, null=True, blank=True, related_name="members"
    )
    time_zone = TimeZoneField(_("time zone"), default="Europe/Stockholm")
    working_days = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("working days"), default=working_week, blank=True
    )
    language = models.CharField(_("language"), max_length=8, blank=True, default="", db_default="")
    day_format = models.CharField(
        _("dates"), max_length=8, choices=dates.DayFormat.choices, blank=True, default="", db_default=""
    )
    week_start = models.PositiveSmallIntegerField(
        _("first day of the week"), choices=dates.WeekStart.choices, null=True, blank=True
    )
    signature = NoteField(
        _("signature"),
        blank=True,
        default="",
        max_length=500,
        help_text=_("Stands at the end of mails to your customers: your position, your telephone."),
    )
    has_key_shortcuts = models.BooleanField(
        _("single keys"),
        default=True,
        db_default=True,
        help_text=_("c logs a call and m a meeting from any page; in the panel each choice shows its key."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Instead of deleting a person: keeps the history, ends the access."),
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def sees_everything(self) -> bool:
        return self.role in {Role.MANAGER, Role.ADMINISTRATOR}

    @property
    def is_manager(self) -> bool:
        return self.sees_everything

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    @cached_property
    def company(self) -> "Company":
        """The settings in force when the person was loaded, which for a request is its beginning."""
        return Company.current()

    @cached_property
    def team_ids(self) -> list[int]:
        """The ids of the person and of everybody in the team, when it is asked for first."""
        if self.team_id is None:
            return [self.pk]
        members = User.objects.get_queryset().filter(team_id=self.team_id).order_by("pk")
        return sorted({self.pk, *members.values_list("pk", flat=True)})

    @property
    def reads_everything(self) -> bool:
        """Whether all customers may be read: by managers, and by everyone where the company says so."""
        return self.sees_everything or self.company.visibility == Visibility.COMPANY

    def today(self, at: datetime | None = None) -> date:
        """The calendar day it is for this person."""
        return clock.today(self.time_zone, at)

    @contextmanager
    def in_own_words(self, language: str | None = settings.LANGUAGE_CODE) -> Iterator[None]:
        """What is said in this block is in the person's language, and dates are written as they chose.

        `language` is that of somebody who chose none.
        """
        style = dates.Style(self.day_format, self.week_start)
        with translation.override(self.language or language), dates.in_style(style):
            yield


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
