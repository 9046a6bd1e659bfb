"""People who work here, and their teams."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models.company import Company, Visibility
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
