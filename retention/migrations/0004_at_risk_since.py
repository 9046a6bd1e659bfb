from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0003_portfolio"),
    ]

    operations = [
        migrations.AddField(
            model_name="customerrisk",
            name="at_risk_since",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When they were seen to come into the band at risk; empty outside it, and if nobody saw it.",
                null=True,
            ),
        ),
    ]
