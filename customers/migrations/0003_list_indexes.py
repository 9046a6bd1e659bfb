"""Indexes of the customer list, built while the product runs; a failed build leaves an invalid index to drop."""

import datetime

import django.db.models.functions.comparison
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0002_contact_search_key")]

    operations = [
        AddIndexOnLiveTable(
            model_name="contact",
            index=GinIndex(fields=["search_key"], name="contact_search", opclasses=["gin_trgm_ops"]),
        ),
        AddIndexOnLiveTable(
            model_name="customer",
            index=GinIndex(fields=["sort_key"], name="customer_search", opclasses=["gin_trgm_ops"]),
        ),
        AddIndexOnLiveTable(
            model_name="customer",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "next_due_on", models.Value(datetime.date(9999, 12, 31)), output_field=models.DateField()
                ),
                models.F("id"),
                name="customer_by_due_key",
            ),
        ),
        AddIndexOnLiveTable(
            model_name="customer",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "last_touchpoint_at",
                    models.Value(datetime.datetime(1, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                    output_field=models.DateTimeField(),
                ),
                models.F("id"),
                name="customer_by_touch_key",
            ),
        ),
    ]
