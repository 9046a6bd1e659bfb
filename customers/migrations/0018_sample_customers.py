from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0017_customer_by_since")]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="is_sample",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Invented, to try things out with: never written to, and taken away with all the others.",
            ),
        ),
    ]
