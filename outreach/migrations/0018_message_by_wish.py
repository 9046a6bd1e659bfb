from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("outreach", "0017_answers_to_wishes")]

    operations = [
        AddIndexOnLiveTable(
            model_name="message",
            index=models.Index(condition=models.Q(("wish__isnull", False)), fields=["wish"], name="message_by_wish"),
        ),
    ]
