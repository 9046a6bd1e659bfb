"""How quickly customers are answered here."""

from collections.abc import Iterable
from datetime import time, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, User
from retention_crm.lib.working_hours import WorkingHours


def _hours(label: Any, default: int) -> "models.PositiveSmallIntegerField[int, int]":
    limits = [MinValueValidator(1), MaxValueValidator(400)]
    return models.PositiveSmallIntegerField(label, default=default, validators=limits)


class CareRules(models.Model):
    """How quickly customers are answered here, in working hours: one row, always with the primary key 1."""

    works_from = models.TimeField(_("work begins at"), default=time(9))
    works_until = models.TimeField(_("work ends at"), default=time(17))
    answer_minor = _hours(_("answer a minor complaint within"), 8)
    answer_serious = _hours(_("answer a serious complaint within"), 4)
    answer_severe = _hours(_("answer a severe complaint within"), 2)
    resolve_minor = _hours(_("put a minor complaint right within"), 40)
    resolve_serious = _hours(_("put a serious complaint right within"), 16)
    resolve_severe = _hours(_("put a severe complaint right within"), 8)
    reply_within = _hours(_("answer who wrote or called within"), 4)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="care_rules_one_row")]

    def __str__(self) -> str:
        return str(_("How quickly customers are answered"))

    @classmethod
    def current(cls) -> "CareRules":
        """The rules in force; an empty database has the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def hours_of(self, person: User, company: Company) -> WorkingHours:
        """Those of a member of staff, by their own clock and on their own days of the week."""
        return self.hours(person.working_days, person.time_zone, company)

    def hours(self, days: Iterable[int], zone: str, company: Company) -> WorkingHours:
        """The same, where only the days of the week and the time zone of the person are at hand."""
        return WorkingHours(self.works_from, self.works_until, tuple(days), zone, company.country)

    @property
    def to_reply(self) -> timedelta:
        """The working time in which somebody who waits for an answer is to have it."""
        return timedelta(hours=self.reply_within)

    def to_answer(self, severity: int) -> timedelta:
        """The working time in which a complaint is to be answered."""
        hours = {1: self.answer_minor, 2: self.answer_serious, 3: self.answer_severe}
        return timedelta(hours=hours[severity])

    def to_resolve(self, severity: int) -> timedelta:
        """The working time in which it is to be put right, from when it came."""
        hours = {1: self.resolve_minor, 2: self.resolve_serious, 3: self.resolve_severe}
        return timedelta(hours=hours[severity])
