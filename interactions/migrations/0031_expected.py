from django.db import migrations, models

from retention_crm.lib.live_migrations import AddIndexOnLiveTable


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("interactions", "0030_gesture_kinds")]

    operations = [
        migrations.AlterField(
            model_name="followup",
            name="origin",
            field=models.CharField(
                choices=[
                    ("staff", "Planned by staff"),
                    ("survey", "Bad survey answer"),
                    ("mail", "Mail that came back"),
                    ("notice", "News to tell"),
                    ("expected", "Expected soon"),
                ],
                default="staff",
                editable=False,
                max_length=8,
            ),
        ),
        AddIndexOnLiveTable(
            model_name="followup",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True), ("origin", "expected")),
                fields=["customer"],
                name="follow_up_expected",
            ),
        ),
    ]
