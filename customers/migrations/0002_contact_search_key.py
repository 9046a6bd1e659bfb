"""What the search of contacts compares, and the extension that makes it quick."""

import django.db.models.functions.text
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import retention_crm.lib.folding


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.AddField(
            model_name="contact",
            name="search_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Concat(
                    retention_crm.lib.folding.Folded("name"),
                    models.Value(" "),
                    retention_crm.lib.folding.Folded("email"),
                    models.Value(" "),
                    retention_crm.lib.folding.Digits("phone"),
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(),
            ),
        ),
    ]
