"""What a contact has several of, for a table: each in two columns, what it is called and what it says.

The importer knows these columns by their names (see `importing/layouts.toml`).
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef
from django.db.models.functions import JSONObject

from customers.importing.written_days import as_written
from customers.models import ContactDetail, CustomerQuerySet, DatedEvent

Kind = ContactDetail.Kind
EVENT = "event"
# The first address and number have columns of their own. By what numbers other systems know somebody is theirs.
_COLUMNS = {
    Kind.EMAIL.value: ("E-mail", 2),
    Kind.PHONE.value: ("Phone", 2),
    Kind.ADDRESS.value: ("Address", 1),
    Kind.WEBSITE.value: ("Website", 1),
    Kind.MESSENGER.value: ("Messenger", 1),
    Kind.NOTE.value: ("Note", 1),
    EVENT: ("Special day", 1),
}
_DETAILS = (
    ContactDetail.objects.filter(contact=OuterRef("contacts__pk"))
    .exclude(kind=Kind.KEY)
    .order_by("pk")
    .values(found=JSONObject(kind="kind", label="label", value="value"))
)
_EVENTS = (
    DatedEvent.objects.filter(contact=OuterRef("contacts__pk"))
    .order_by("pk")
    .values(found=JSONObject(name="name", day="day", month="month", year="year"))
)


class Several:
    """The columns for what the contacts of these customers have: as many of a kind as whoever has most of it."""

    def __init__(self, customers: CustomerQuerySet) -> None:
        keys = customers.order_by().values("pk")
        details = ContactDetail.objects.filter(contact__customer__in=keys).exclude(kind=Kind.KEY)
        events = DatedEvent.objects.filter(contact__customer__in=keys)
        self._most = dict.fromkeys(_COLUMNS, 0)
        of_each = details.order_by().values("contact", "kind").annotate(n=Count("pk"))
        for kind, number in of_each.values_list("kind", "n").iterator():
            self._most[kind] = max(self._most[kind], number)
        number_of = events.order_by().values("contact").annotate(n=Count("pk"))
        self._most[EVENT] = max(number_of.values_list("n", flat=True).iterator(), default=0)

    @property
    def columns(self) -> dict[str, Any]:
        """What a row that stands for a contact is annotated with for `cells`."""
        return {"details": ArraySubquery(_DETAILS), "events": ArraySubquery(_EVENTS)}

    def headers(self) -> Iterator[str]:
        for kind, most in self._most.items():
            name, first = _COLUMNS[kind]
            for number in range(first, first + most):
                yield from (f"{name} {number} label", f"{name} {number}")

    def cells(self, details: list[dict[str, Any]], events: list[dict[str, Any]]) -> Iterator[str]:
        for kind, most in self._most.items():
            if kind == EVENT:
                pairs = [(event["name"], as_written(event["year"], event["month"], event["day"])) for event in events]
            else:
                pairs = [(detail["label"], detail["value"]) for detail in details if detail["kind"] == kind]
            for pair in [*pairs, *[("", "")] * (most - len(pairs))]:
                yield from pair
