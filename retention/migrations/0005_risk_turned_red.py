from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("retention", "0004_at_risk_since"),
    ]

    operations = [
        AddIndexOnLiveTable(
            model_name="customerrisk",
            index=models.Index(
                condition=models.Q(("at_risk_since__isnull", False)),
                fields=["at_risk_since"],
                name="risk_turned_red",
            ),
        ),
    ]
