"""Meetings the demo's staff have planned: one today, one this week, and one nobody has said yet how it went."""

import uuid
from datetime import date, time, timedelta

from accounts.models import User
from customers.models import Customer
from dashboard.demo.people import ZONE
from interactions.arranging import arrange
from interactions.models import Meeting
from retention_crm.lib import clock

# Title, agenda and place; in how many days, and when.
_PLANNED = (
    ("Prices for the new year", "What changes in January\nThe volume they expect", "Their office", 0, time(14)),
    (
        "Yearly review",
        "What went well\nWhat they miss\nPlans for next year",
        "https://meet.example.com/review",
        3,
        time(10),
    ),
    ("Delivery of samples", "Which samples\nWho tries them", "By telephone", -1, time(15, 30)),
)


def plan_meetings(on: date) -> None:
    """With the first customers of the first member of staff who have somebody to meet, by the customers' clocks."""
    host = User.objects.get(email="sales@example.com")
    customers = Customer.objects.filter(owner=host, lost_on=None, contacts__is_primary=True).order_by("pk")
    for customer, (title, agenda, place, days, begins) in zip(customers[: len(_PLANNED)], _PLANNED, strict=False):
        meeting = Meeting(
            customer=customer,
            host=host,
            title=title,
            agenda=agenda,
            place=place,
            starts_at=clock.moment(on + timedelta(days=days), begins, customer.time_zone),
            uid=uuid.uuid5(uuid.NAMESPACE_URL, f"demo:{customer.pk}:{on}"),
            created_at=clock.moment(on - timedelta(days=4), time(9), ZONE),
        )
        arrange(meeting, [customer.contacts.get(is_primary=True)])
