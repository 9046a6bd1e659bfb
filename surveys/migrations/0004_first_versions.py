"""What every survey asked so far becomes its first version, and every response an answer to it."""

import secrets

from django.db import migrations

_AT_ONCE = 5000

# The responses from one id on, in the order of their ids, so that each statement looks at its own only.
_ANSWER = """
WITH batch AS (
    SELECT r.id, r.score, r.comment, v.id AS version_id
    FROM surveys_response r
    JOIN surveys_invitation i ON i.id = r.invitation_id
    JOIN surveys_version v ON v.survey_id = i.survey_id AND v.number = 1
    WHERE r.id > %(after)s AND r.id <= %(until)s AND r.version_id IS NULL
), said AS (
    INSERT INTO surveys_answer (response_id, question_id, line, choice, number, text)
    SELECT batch.id, q.id, '', '', CASE WHEN q.kind = 'nps' THEN batch.score END,
           CASE WHEN q.kind = 'long' THEN batch.comment ELSE '' END
    FROM batch JOIN surveys_question q ON q.version_id = batch.version_id
    WHERE q.kind = 'nps' OR batch.comment <> ''
    ON CONFLICT DO NOTHING
)
UPDATE surveys_response r SET version_id = batch.version_id FROM batch WHERE r.id = batch.id
"""


def _rows(apps, *names):
    return [apps.get_model("surveys", name).objects for name in names]


def make_versions(apps, schema_editor):
    surveys, versions, questions = _rows(apps, "Survey", "Version", "Question")
    for survey in surveys.filter(versions__isnull=True):
        version = versions.create(
            survey=survey, number=1, published_at=survey.created_at, created_at=survey.created_at, thanks=survey.thanks
        )
        for place, (kind, text) in enumerate((("nps", survey.question), ("long", survey.comment_question))):
            questions.create(
                version=version,
                key=secrets.token_hex(4),
                position=place,
                kind=kind,
                text=text,
                is_required=kind == "nps",
            )
        surveys.filter(pk=survey.pk).update(published=version)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM surveys_response")
        last = cursor.fetchone()[0]
        for after in range(0, last, _AT_ONCE):
            cursor.execute(_ANSWER, {"after": after, "until": after + _AT_ONCE})


def write_back(apps, schema_editor):
    """The texts of what is asked by now. Answers stay in the responses; one without a score had no place before."""
    surveys, versions, questions = _rows(apps, "Survey", "Version", "Question")
    for survey in surveys.filter(published__isnull=False):
        asked = questions.filter(version=survey.published, removed_at__isnull=True).order_by("position", "pk")
        first, comment = asked.filter(kind="nps").first(), asked.filter(kind="long").first()
        survey.question = first.text if first else survey.question
        survey.comment_question = comment.text if comment else survey.comment_question
        survey.thanks = survey.published.thanks
        survey.save(update_fields=["question", "comment_question", "thanks"])
    surveys.update(published=None)
    responses, answers, begun = _rows(apps, "Response", "Answer", "Begun")
    responses.update(version=None)
    answers.all().delete()
    responses.filter(score__isnull=True).delete()
    begun.all().delete()
    versions.all().delete()


class Migration(migrations.Migration):
    dependencies = [("surveys", "0003_versions")]

    operations = [migrations.RunPython(make_versions, write_back)]
