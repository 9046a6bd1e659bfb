from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("outreach", "0026_judged_alerts")]

    operations = [
        AddIndexOnLiveTable(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("is_useful__isnull", False)),
                fields=["kind", "-judged_at"],
                name="notification_judged",
            ),
        ),
        AddIndexOnLiveTable(
            model_name="message",
            index=models.Index(
                condition=models.Q(("reason", "held_out")), fields=["dated_at"], name="message_held_out"
            ),
        ),
    ]
