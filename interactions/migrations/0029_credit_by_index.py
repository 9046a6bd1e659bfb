from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("interactions", "0028_credit")]

    operations = [
        AddIndexOnLiveTable(
            model_name="interaction",
            index=models.Index(
                condition=models.Q(("credit_for__isnull", False)), fields=["credit_for"], name="interaction_credit"
            ),
        ),
    ]
