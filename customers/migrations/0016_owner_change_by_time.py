from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0015_stage_changes")]

    operations = [
        AddIndexOnLiveTable(
            model_name="ownerchange",
            index=models.Index(fields=["changed_at"], name="owner_change_by_time"),
        ),
    ]
