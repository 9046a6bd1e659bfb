from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("outreach", "0006_validate_state")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                fields=["expires_at"], name="message_expires", condition=models.Q(state__in=["planned", "proposed"])
            ),
        ),
        RemoveIndexConcurrently(model_name="message", name="message_expiring"),
    ]
