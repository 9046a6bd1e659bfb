import django.db.models.deletion
from django.db import migrations, models

import retention_crm.lib.fields


class Migration(migrations.Migration):
    dependencies = [("interactions", "0031_expected")]

    operations = [
        migrations.CreateModel(
            name="WishTopic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", retention_crm.lib.fields.LineField(max_length=120, verbose_name="what it is")),
                ("key", models.CharField(editable=False, max_length=480, unique=True)),
            ],
            options={"ordering": ["key"]},
        ),
        migrations.AddField(
            model_name="wish",
            name="topic",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="wishes",
                to="interactions.wishtopic",
            ),
        ),
    ]
