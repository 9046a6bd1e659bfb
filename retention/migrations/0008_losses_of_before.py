from django.db import migrations

# As `retention.losing.record_unrecorded` does it; run again it adds nothing.
_RECORD = """
INSERT INTO retention_loss (customer_id, lost_on, suspected, confirmed, own_word, note, value, marked_at, ending)
SELECT k.id, k.lost_on, '{}', '', '', '', coalesce(bought.value, 0), now(), ''
FROM customers_customer k
LEFT JOIN LATERAL (
    SELECT sum(amount) AS value FROM interactions_interaction i
    WHERE i.customer_id = k.id AND i.kind = 'purchase' AND i.day > k.lost_on - 365 AND i.day <= k.lost_on
) bought ON true
WHERE k.lost_on IS NOT NULL
  AND NOT EXISTS (SELECT FROM retention_loss l WHERE l.customer_id = k.id AND l.ending = '')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("interactions", "0002_purchases"),
        ("retention", "0007_losses"),
    ]

    operations = [
        migrations.RunSQL(_RECORD, migrations.RunSQL.noop),
    ]
