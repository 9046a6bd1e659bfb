from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models

from retention_crm.lib.folding import Folded
from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("interactions", "0013_log_key_unique")]

    operations = [
        AddIndexOnLiveTable(
            model_name="interaction",
            index=GinIndex(
                OpClass(Folded("notes"), name="gin_trgm_ops"),
                condition=models.Q(("notes", ""), _negated=True),
                name="interaction_notes",
            ),
        ),
        AddIndexOnLiveTable(
            model_name="interaction",
            index=models.Index(fields=["-happened_at", "-id"], name="interaction_by_moment"),
        ),
    ]
