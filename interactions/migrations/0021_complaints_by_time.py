from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("interactions", "0020_complaints_as_they_go"),
    ]

    operations = [
        AddIndexOnLiveTable(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("escalated_at__isnull", False), ("resolved_at__isnull", True)),
                fields=["escalated_at"],
                name="complaint_escalated",
            ),
        ),
        AddIndexOnLiveTable(
            model_name="complaint",
            index=models.Index(fields=["opened_at"], name="complaint_by_opened"),
        ),
    ]
