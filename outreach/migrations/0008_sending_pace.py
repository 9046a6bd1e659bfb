import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0007_proposed_expire"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pace",
            fields=[
                ("key", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("tokens", models.FloatField()),
                ("filled_at", models.DateTimeField(help_text="When the tokens were counted, by the database's clock.")),
                ("turn_at", models.DateTimeField(help_text="When the last message that was put off has its turn.")),
            ],
        ),
        migrations.AddField(
            model_name="ledgerplace",
            name="ledger",
            field=models.UUIDField(default=uuid.uuid4, help_text="The ledger's own name; a copy of it has the same."),
        ),
        migrations.AddField(
            model_name="ledgerplace",
            name="accepted_at",
            field=models.DateTimeField(blank=True, help_text="When a mail server took a mail last.", null=True),
        ),
        migrations.AddField(
            model_name="ledgerplace",
            name="handed_over",
            field=models.BigIntegerField(
                db_default=0,
                default=0,
                help_text="How many hand-overs were begun, ever; also known outside the database.",
            ),
        ),
        migrations.AlterField(
            model_name="sendingpause",
            name="cause",
            field=models.CharField(
                choices=[
                    ("credentials", "The mail server refuses the login"),
                    ("sender", "The mail server refuses the sender"),
                    ("security", "No secure connection to the mail server"),
                    ("restored", "The database was restored or moved"),
                    ("person", "Stopped by a person"),
                ],
                max_length=12,
            ),
        ),
    ]
