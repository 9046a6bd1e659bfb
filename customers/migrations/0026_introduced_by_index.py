from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0025_introductions")]

    operations = [
        AddIndexOnLiveTable(
            model_name="ownerchange",
            index=models.Index(
                condition=models.Q(("announced_at__isnull", True), ("is_introduced", True)),
                fields=["changed_at"],
                name="owner_change_introduced",
            ),
        ),
    ]
