"""How it stands with the first customers of the demo: how their health moved, what was judged of one, what renews."""

from datetime import date, time, timedelta

from customers.models import Contact, Customer, CustomerQuerySet
from dashboard.demo.people import ZONE
from dashboard.demo.showcase import SCENES
from retention.adjusting import judge
from retention.models import CustomerRisk, Judgement, Renewal
from retention.scoring import rescore
from retention_crm.lib import clock

WEEKS = 26
# Days from the day of the demo, the value of a year, and what it is; for the first customers in turn.
_RENEWALS = (
    (-3, 4_800, "Maintenance"),
    (18, 12_000, "Service contract"),
    (40, 36_000, "Frame contract"),
    (75, 2_400, "Storage"),
    (160, 9_600, "Service contract"),
)
_LEFT_BEFORE = timedelta(days=12)


def agree(on: date) -> None:
    """Contracts with the first customers; one of them has lost who spoke for us; of one somebody thinks less."""
    customers = list(_first().order_by("pk").select_related("owner"))
    Renewal.objects.bulk_create(
        Renewal(customer=customer, due_on=on + timedelta(days=days), value=value, note=note)
        for customer, (days, value, note) in zip(customers, _RENEWALS, strict=False)
    )
    gone = Contact.objects.filter(customer__in=customers, is_primary=False, deceased=False).order_by("pk").first()
    if gone is not None:
        gone.is_champion, gone.left_on, gone.do_not_contact = True, on - _LEFT_BEFORE, True
        gone.save(update_fields=["is_champion", "left_on", "do_not_contact"])
    judged = Judgement(customer=customers[0], points=-5, reason="Their new buyer compares prices")
    judge(judged, by=judged.customer.owner, on=on, at=clock.moment(on, time(), ZONE))


def look_back(on: date) -> None:
    """Scores the first customers once more, week after week as they were known then: it is seen how it moved."""
    pks = list(_first().values_list("pk", flat=True))
    CustomerRisk.objects.filter(pk__in=pks).delete()
    for weeks in range(WEEKS, -1, -1):
        rescore(pks, at=clock.moment(on - timedelta(weeks=weeks), time(), ZONE))


def _first() -> CustomerQuerySet:
    return Customer.objects.filter(pk__lte=len(SCENES))
