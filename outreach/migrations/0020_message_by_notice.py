from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("outreach", "0019_notices")]

    operations = [
        AddIndexOnLiveTable(
            model_name="message",
            index=models.Index(
                condition=models.Q(("notice_for__isnull", False)), fields=["notice_for"], name="message_by_notice"
            ),
        ),
    ]
