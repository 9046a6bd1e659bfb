from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("interactions", "0022_answers_owed"),
    ]

    operations = [
        AddIndexOnLiveTable(
            model_name="interaction",
            index=models.Index(
                condition=models.Q(("is_owed", True)), fields=["customer", "happened_at"], name="interaction_asking"
            ),
        ),
        AddIndexOnLiveTable(
            model_name="interaction",
            index=models.Index(
                condition=models.Q(("answered_at__isnull", True), ("is_owed", True)),
                fields=["happened_at"],
                name="interaction_owed",
            ),
        ),
    ]
