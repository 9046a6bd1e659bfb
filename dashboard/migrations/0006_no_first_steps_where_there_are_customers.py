"""A company that works already is not asked to begin."""

from django.db import migrations
from django.db.models.functions import Now


def hide(apps, schema_editor):
    if apps.get_model("customers", "Customer").objects.exists():
        apps.get_model("dashboard", "Beginning").objects.get_or_create(pk=1, defaults={"hidden_at": Now()})


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0005_first_steps"), ("customers", "0018_sample_customers")]

    operations = [migrations.RunPython(hide, migrations.RunPython.noop)]
