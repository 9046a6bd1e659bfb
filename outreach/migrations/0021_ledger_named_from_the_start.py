import uuid
from datetime import UTC, datetime

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def name_it(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A ledger has its name before anything is sent, so that also a backup from before the first mail is known again."""
    row = {"ledger": uuid.uuid4(), "fingerprint": "", "seen_at": _NEVER}
    apps.get_model("outreach", "LedgerPlace").objects.get_or_create(pk=1, defaults=row)


class Migration(migrations.Migration):
    dependencies = [("outreach", "0020_message_by_notice")]

    operations = [
        migrations.AlterField(
            model_name="ledgerplace",
            name="fingerprint",
            field=models.CharField(blank=True, help_text="Empty until a worker first looked.", max_length=120),
        ),
        migrations.RunPython(name_it, migrations.RunPython.noop),
    ]
