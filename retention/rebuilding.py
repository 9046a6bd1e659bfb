"""The nightly rebuild: once for each of the company's days, whoever asks and however often."""

from datetime import datetime, time, timedelta

from accounts.models import Company
from retention.calibrating import learn
from retention.expecting import expect_orders
from retention.models import HealthChange, RiskBasis
from retention.scoring import RebuildResult, rebuild
from retention_crm.lib import clock
from retention_crm.lib.alone import Job, alone

# By the company's clock: the day before is complete, and nobody works yet.
REBUILD_FROM = time(2, 0)
CHANGES_KEPT_FOR = timedelta(days=730)


def rebuild_if_due(*, at: datetime) -> RebuildResult | None:
    """Rebuilds if today's rebuild has not been done and it is past two o'clock for the company; None if it was not due.

    The scale of the percentages is learnt anew with it and the next orders are expected anew; changes of health of long
    ago are forgotten.

    A missed night is made up for by the next call. Of two calls at once one works and the other returns at once.
    """
    zone = Company.current().time_zone
    today = clock.today(zone, at)
    if at < clock.moment(today, REBUILD_FROM, zone) or RiskBasis.objects.filter(rebuilt_on__gte=today).exists():
        return None
    with alone(Job.REBUILD) as is_alone:
        if not is_alone or RiskBasis.objects.filter(rebuilt_on__gte=today).exists():
            return None
        result = rebuild(at=at)
        learn(at=at)
        expect_orders(at=at)
        HealthChange.objects.filter(changed_at__lt=at - CHANGES_KEPT_FOR).delete()
        return result
