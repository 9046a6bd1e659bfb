from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("interactions", "0001_initial")]

    operations = [
        AddIndexOnLiveTable(
            model_name="interaction",
            index=models.Index(
                condition=models.Q(("kind", "purchase")), fields=["created_at"], name="interaction_purchases"
            ),
        ),
    ]
