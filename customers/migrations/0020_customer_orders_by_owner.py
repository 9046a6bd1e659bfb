from datetime import UTC, date, datetime

from django.conf import settings
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Coalesce

from retention_crm.lib.live_migrations import AddIndexOnLiveTable

DUE_KEY = Coalesce("next_due_on", models.Value(date.max), output_field=models.DateField())
TOUCH_KEY = Coalesce(
    "last_touchpoint_at", models.Value(datetime(1, 1, 1, tzinfo=UTC)), output_field=models.DateTimeField()
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("customers", "0019_journal_of_merges_and_trash"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexOnLiveTable(
            model_name="customer", index=models.Index(DUE_KEY, "id", "owner", name="customer_by_due_owner")
        ),
        AddIndexOnLiveTable(
            model_name="customer", index=models.Index(TOUCH_KEY, "id", "owner", name="customer_by_touch_owner")
        ),
        RemoveIndexConcurrently(model_name="customer", name="customer_by_due_key"),
        RemoveIndexConcurrently(model_name="customer", name="customer_by_touch_key"),
    ]
