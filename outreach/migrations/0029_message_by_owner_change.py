from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("outreach", "0028_introductions")]

    operations = [
        AddIndexOnLiveTable(
            model_name="message",
            index=models.Index(
                condition=models.Q(("owner_change__isnull", False)),
                fields=["owner_change"],
                name="message_by_owner_change",
            ),
        ),
    ]
