from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0016_owner_change_by_time")]

    operations = [
        AddIndexOnLiveTable(
            model_name="customer",
            index=models.Index(fields=["customer_since", "id"], name="customer_by_since"),
        ),
    ]
