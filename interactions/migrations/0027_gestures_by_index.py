from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("interactions", "0026_gesture_limit")]

    operations = [
        AddIndexOnLiveTable(
            model_name="interaction",
            index=models.Index(
                condition=models.Q(("kind", "gesture")), fields=["customer", "-day"], name="interaction_gestures"
            ),
        ),
    ]
