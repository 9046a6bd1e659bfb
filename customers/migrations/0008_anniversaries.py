from django.db import migrations, models
import django.db.models.functions.datetime
from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0007_dated_events")]

    operations = [
        AddIndexOnLiveTable(
            model_name="customer",
            index=models.Index(
                django.db.models.functions.datetime.ExtractMonth("customer_since"),
                django.db.models.functions.datetime.ExtractDay("customer_since"),
                name="customer_by_anniversary",
            ),
        ),
    ]
