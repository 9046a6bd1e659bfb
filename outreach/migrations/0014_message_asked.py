from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("outreach", "0013_reminders")]

    operations = [
        AddIndexOnLiveTable(
            model_name="message",
            index=models.Index(
                condition=models.Q(("kind", "survey"), ("state", "sent")), fields=["finished_at"], name="message_asked"
            ),
        ),
    ]
