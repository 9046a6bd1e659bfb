from django.db import migrations, models

from retention_crm.lib.live_migrations import AddUniqueOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("interactions", "0012_log_key")]

    operations = [
        AddUniqueOnLiveTable(
            model_name="interaction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("log_key__isnull", False)), fields=("log_key",), name="interaction_log_key"
            ),
        ),
    ]
