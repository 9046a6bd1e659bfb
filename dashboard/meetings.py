"""Planned meetings as pages show them: found with what is asked for anyway, so that they cost no query of their own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import FETCH_RAISE, CharField, OuterRef, QuerySet, StringAgg, Value
from django.db.models.functions import Coalesce, JSONObject

from accounts.models import User
from interactions.models import Meeting

# What nobody said anything about for longer is not asked about any more.
UNSETTLED_SINCE = timedelta(days=14)
MOST = 20
_COLUMNS = ("pk", "title", "place", "agenda", "minutes", "host_id")


@dataclass(frozen=True)
class Appointment:
    """A planned meeting as a row shows it; `guests` are names."""

    pk: int
    title: str
    place: str
    agenda: str
    minutes: int
    host_id: int
    starts_at: datetime
    guests: str

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


def _with_guests(rows: QuerySet[Meeting]) -> QuerySet[Meeting]:
    names = StringAgg("guests__contact__name", Value(", "), order_by="guests__contact__name", output_field=CharField())
    return rows.annotate(names=Coalesce(names, Value("")))


def planned_with() -> ArraySubquery:
    """For the query of customers: the next meetings planned with each, to be read by `appointments`."""
    planned = _with_guests(Meeting.objects.planned().filter(customer=OuterRef("pk"))).order_by("starts_at", "pk")
    columns = {name: name for name in (*_COLUMNS, "starts_at")} | {"guests": "names"}
    return ArraySubquery(planned.values(row=JSONObject(**columns))[:MOST])


def appointments(found: Iterable[dict[str, Any]]) -> list[Appointment]:
    return [Appointment(**row | {"starts_at": datetime.fromisoformat(row["starts_at"])}) for row in found]


def todays(user: User, people: list[int], at: datetime, until: datetime, limit: int) -> QuerySet[Meeting]:
    """Those of these people that begin before then, also what was to be held lately and nobody said how it went."""
    mine = Meeting.objects.visible_to(user).planned().filter(host__in=people, customer__lost_on=None)
    soon = mine.beginning(at - UNSETTLED_SINCE, until)
    shown = soon.select_related("customer").only(
        *("title", "place", "agenda", "minutes", "host_id", "starts_at", "customer__name")
    )
    return _with_guests(shown.fetch_mode(FETCH_RAISE)).order_by("starts_at", "pk")[:limit]
