from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("interactions", "0035_confirmed")]

    operations = [
        AddIndexOnLiveTable(
            model_name="followup",
            index=models.Index(
                condition=models.Q(("done_at__isnull", False), ("is_promise", True)),
                fields=["done_at"],
                name="follow_up_kept",
            ),
        ),
    ]
