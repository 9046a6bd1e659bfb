from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("outreach", "0005_trusted_sending")]

    operations = [ValidateConstraint(model_name="message", name="message_state_known")]
