from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("interactions", "0004_referrals")]

    operations = [
        AddIndexOnLiveTable(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("resolved_at__isnull", False)), fields=["resolved_at"], name="complaint_by_resolved"
            ),
        ),
        AddIndexOnLiveTable(
            model_name="interaction",
            index=models.Index(
                condition=models.Q(("kind", "referral")), fields=["created_at"], name="interaction_referrals"
            ),
        ),
    ]
