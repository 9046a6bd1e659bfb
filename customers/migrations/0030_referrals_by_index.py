from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0029_referrals")]

    operations = [
        AddIndexOnLiveTable(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("referred_by__isnull", False)), fields=["referred_by"], name="customer_referred"
            ),
        ),
        AddIndexOnLiveTable(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("referral_noted_at__isnull", False)),
                fields=["referral_noted_at"],
                name="customer_referral_noted",
            ),
        ),
    ]
