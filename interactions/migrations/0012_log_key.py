from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0011_postponed")]

    operations = [
        migrations.AddField(
            model_name="interaction",
            name="log_key",
            field=models.UUIDField(
                blank=True,
                editable=False,
                help_text="One for each filled-in form, made where it is filled in.",
                null=True,
            ),
        ),
    ]
