from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0003_calendar_feeds")]

    operations = [
        migrations.AlterField(
            model_name="bulkchange",
            name="action",
            field=models.CharField(
                choices=[
                    ("owner", "Give them to somebody"),
                    ("segment", "Move them to a segment"),
                    ("add_tag", "Add a tag"),
                    ("remove_tag", "Take a tag away"),
                    ("follow_up", "Plan a follow-up with each"),
                    ("survey", "Ask them by a survey"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="bulkrow",
            name="before",
            field=models.BigIntegerField(blank=True, help_text="The id of what was set before, or made.", null=True),
        ),
    ]
