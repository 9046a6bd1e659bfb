from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0012_tags_and_own_fields")]

    operations = [
        AddIndexOnLiveTable(
            model_name="customer",
            index=GinIndex(fields=["custom"], name="customer_by_custom", opclasses=["jsonb_path_ops"]),
        ),
    ]
