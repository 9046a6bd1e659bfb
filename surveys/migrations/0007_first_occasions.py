"""What the company asked after with one survey becomes the occasions of that survey, and back."""

from django.db import migrations

_FIELDS = {"meeting": "survey_after_meeting", "purchase": "survey_after_purchase"}


def _that_asked(apps):
    """The oldest in use, which is the one events asked with."""
    surveys = apps.get_model("surveys", "Survey").objects.filter(is_active=True, published__isnull=False)
    return surveys.order_by("pk").first()


def make_occasions(apps, schema_editor):
    companies = apps.get_model("accounts", "Company")
    company = companies.objects.filter(pk=1).first() or companies()
    survey = _that_asked(apps)
    if survey is None:
        return
    occasions = apps.get_model("surveys", "Occasion").objects
    for kind, field in _FIELDS.items():
        if getattr(company, field) and not occasions.filter(survey=survey, kind=kind).exists():
            occasions.create(
                survey=survey,
                kind=kind,
                delay_hours=company.survey_delay_hours,
                reminder_days=company.survey_reminder_days,
            )


def write_back(apps, schema_editor):
    """What the survey that asks does after meetings and purchases; other occasions had no place before."""
    survey = _that_asked(apps)
    rows = {} if survey is None else {row.kind: row for row in survey.occasions.filter(is_active=True).order_by("-pk")}
    values = {field: kind in rows for kind, field in _FIELDS.items()} if survey else {}
    first = next((rows[kind] for kind in _FIELDS if kind in rows), None)
    if first is not None:
        values["survey_delay_hours"] = min(first.delay_hours, 24 * 14)
    if values:
        apps.get_model("accounts", "Company").objects.update(**values)


class Migration(migrations.Migration):
    dependencies = [("surveys", "0006_occasions"), ("accounts", "0010_own_words")]

    operations = [migrations.RunPython(make_occasions, write_back)]
