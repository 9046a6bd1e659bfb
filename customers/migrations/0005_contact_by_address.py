"""Who has the same mail address: the index is built while the product runs; a failed build leaves an invalid one to drop."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0004_country_and_changes")]

    operations = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(Lower("email"), name="contact_by_address"),
        ),
    ]
