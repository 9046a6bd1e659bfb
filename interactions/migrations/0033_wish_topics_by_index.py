from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("interactions", "0032_wish_topics")]

    operations = [
        AddIndexOnLiveTable(model_name="wish", index=models.Index(fields=["-said_at", "-id"], name="wish_by_moment")),
        AddIndexOnLiveTable(
            model_name="wish",
            index=models.Index(fields=["topic"], name="wish_by_topic", condition=models.Q(topic__isnull=False)),
        ),
    ]
