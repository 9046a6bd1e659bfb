import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0004_survey_of_many"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Beginning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "hidden_at",
                    models.DateTimeField(
                        blank=True, help_text="When somebody had seen enough of the steps.", null=True
                    ),
                ),
                (
                    "loaded_at",
                    models.DateTimeField(
                        blank=True, help_text="When sample data were loaded, while there are.", null=True
                    ),
                ),
                (
                    "made",
                    models.JSONField(
                        default=dict, help_text="What was made for them beside customers, to be taken away again."
                    ),
                ),
                (
                    "loaded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="beginning_is_one_row")],
            },
        ),
    ]
