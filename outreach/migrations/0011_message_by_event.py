from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("outreach", "0010_yearly_greetings")]

    operations = [
        AddIndexOnLiveTable(
            model_name="message",
            index=models.Index(
                condition=models.Q(("dated_event__isnull", False)), fields=["dated_event"], name="message_by_event"
            ),
        ),
    ]
