from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0010_follow_up_notices")]

    operations = [
        migrations.AlterField(
            model_name="interaction",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("held", "Held"),
                    ("no_answer", "No answer"),
                    ("postponed", "Postponed"),
                    ("missed_by_us", "Missed by us"),
                    ("missed_by_them", "Missed by them"),
                ],
                default="held",
                max_length=16,
                verbose_name="outcome",
            ),
        ),
        migrations.AddField(
            model_name="interaction",
            name="minutes",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="minutes"),
        ),
    ]
