"""Answers without a name: recorded so that nothing leads back to whoever gave them, and counted only together."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Max

from accounts.models import Company
from retention_crm.lib import clock
from surveys.answering import AnswerRefusedError, kept_rows
from surveys.branching import Values, asked
from surveys.models import Begun, Invitation, PublicLink, Survey, Unnamed, UnnamedAnswer, UnnamedQuerySet, Version

# Rows of one transaction can be told apart from others in the files of the database; so many are written anew together.
BLENDED_WITH = 50
_BLEND = """
WITH others AS (
    SELECT id FROM surveys_unnamed
    WHERE survey_id = %(survey)s AND link_id IS NULL
    ORDER BY week DESC, random() LIMIT %(number)s FOR UPDATE
), rewritten AS (
    UPDATE surveys_unnamed u SET week = u.week FROM others WHERE u.id = others.id
)
UPDATE surveys_unnamedanswer a SET line = a.line FROM others WHERE a.response_id = others.id
"""


def record_in_confidence(invitation_pk: int, version: Version, values: Values, at: datetime) -> None:
    """Records the one answer to an invitation apart from it; raises AnswerRefusedError for a second one.

    The invitation only knows that it was answered: not when, and not by which row.
    """
    with transaction.atomic():
        invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation_pk)
        if not invitation.is_open(at) or invitation.is_answered:
            raise AnswerRefusedError
        survey = Survey.objects.select_for_update(no_key=True).get(pk=invitation.survey_id)
        _record(Unnamed(survey=survey, version=version, week=_week(at)), values)
        Invitation.objects.filter(pk=invitation_pk).update(answered_in_confidence=True)
        Begun.objects.filter(invitation=invitation).delete()
        with connection.cursor() as cursor:
            cursor.execute(_BLEND, {"survey": survey.pk, "number": BLENDED_WITH})


def record_by_link(link: PublicLink, key: UUID, version: Version, values: Values, at: datetime) -> None:
    """Records what somebody with the public link says; the same form sent twice, by its key, counts once."""
    made = Unnamed(pk=key, survey_id=link.survey_id, version=version, link=link, week=_week(at))
    with transaction.atomic():
        Unnamed.objects.bulk_create([made], ignore_conflicts=True)
        locked = Unnamed.objects.select_for_update().get(pk=key)
        if locked.link_id == link.pk and not locked.answers.exists():
            _fill(locked, version, values)


def _record(unnamed: Unnamed, values: Values) -> None:
    unnamed.save(force_insert=True)
    _fill(unnamed, unnamed.version, values)


def _fill(unnamed: Unnamed, version: Version, values: Values) -> None:
    said = {question.key: values[question.key] for question in asked(version.asked, values) if question.key in values}
    UnnamedAnswer.objects.bulk_create(
        UnnamedAnswer(response=unnamed, question=question, **fields) for question, fields in kept_rows(version, said)
    )


def _week(at: datetime) -> date:
    """The Monday before, by the company's calendar."""
    day = clock.today(Company.current().time_zone, at)
    return day - timedelta(days=day.weekday())


def countable(survey: Survey, at: datetime) -> UnnamedQuerySet:
    """Answers given in confidence that may be counted: of weeks that are over, in groups of the least number or more.

    Whoever looks every day at figures that change by one answer at a time could tell them apart; so a week with too few
    waits for the next ones. For the same reason they are never narrowed to a part.
    """
    rows = Unnamed.objects.in_confidence().filter(survey=survey, week__lt=_week(at))
    least = survey.versions.filter(is_confidential=True).aggregate(least=Max("least_answers"))["least"] or 0
    until, waiting = date.min, 0
    for week, number in rows.order_by("week").values_list("week").annotate(number=Count("pk")):
        waiting += number
        if waiting >= least:
            until, waiting = week, 0
    return rows.filter(week__lte=until)
