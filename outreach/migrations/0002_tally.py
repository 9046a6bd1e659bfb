from django.db import migrations, models
from django.db.models.functions import Now

COUNT_PLANNED = """
CREATE FUNCTION outreach_count_planned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outreach_tally (kind, planned, at)
    SELECT kind, count(*), now() FROM planned GROUP BY kind;
    RETURN NULL;
END $$;
CREATE TRIGGER outreach_message_planned AFTER INSERT ON outreach_message
REFERENCING NEW TABLE AS planned FOR EACH STATEMENT EXECUTE FUNCTION outreach_count_planned();
"""
COUNT_NO_MORE = """
DROP TRIGGER outreach_message_planned ON outreach_message;
DROP FUNCTION outreach_count_planned();
"""
STATES = ["planned", "leased", "submitting", "sent", "failed", "unknown", "held", "cancelled", "expired"]


class Migration(migrations.Migration):
    dependencies = [("outreach", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=16)),
                ("planned", models.BigIntegerField()),
                ("at", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.RunSQL(COUNT_PLANNED, COUNT_NO_MORE),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["expires_at"], name="message_expiring", condition=models.Q(state="planned")),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(condition=models.Q(state__in=STATES), name="message_state_known"),
        ),
    ]
