"""The first steps of a company, and how far it is with them."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, JSONField, Subquery

from accounts.models import Company, User
from customers.models import Customer, CustomerQuerySet, Segment
from dashboard.demo.people import SEGMENTS
from dashboard.models import Beginning


@dataclass(frozen=True)
class Steps:
    """Which of them are done, whether somebody had seen enough of them, and whether sample data are loaded."""

    people: bool
    customers: bool
    segments: bool
    address: bool
    is_hidden: bool
    is_sampled: bool

    @property
    def are_done(self) -> bool:
        return self.people and self.customers and self.segments and self.address

    @property
    def are_shown(self) -> bool:
        """On Today."""
        return not self.is_hidden and not self.are_done

    @property
    def number_done(self) -> int:
        return self.people + self.customers + self.segments + self.address


def steps(user: User, company: Company) -> Steps:
    """How far the company of that person is, in one query; sample data do not count."""
    people, beginning = User.objects.get_queryset(), Beginning.objects.filter(pk=1)
    found = (
        people.filter(pk=user.pk)
        .annotate(
            has_people=Exists(people.active().exclude(pk=user.pk)),
            has_customers=Exists(own_customers()),
            # One more than come with sample data: beyond these there is one of the company's own.
            segments=ArraySubquery(Segment.objects.order_by("-pk").values("pk")[: len(SEGMENTS) + 1]),
            hidden_at=Subquery(beginning.values("hidden_at")),
            loaded_at=Subquery(beginning.values("loaded_at")),
            made=Subquery(beginning.values("made"), output_field=JSONField()),
        )
        .values()
        .get()
    )
    made = Beginning(made=found["made"] or {}).made_segments
    return Steps(
        people=found["has_people"],
        customers=found["has_customers"],
        segments=not made.keys() >= set(found["segments"]),
        address=bool(company.postal_address.strip()),
        is_hidden=found["hidden_at"] is not None,
        is_sampled=found["loaded_at"] is not None,
    )


def own_customers() -> CustomerQuerySet:
    """All but those that came with sample data."""
    return Customer.objects.filter(is_sample=False)


def set_hidden(at: datetime | None) -> None:
    """Whether Today shows the steps no more, from when on; for everybody."""
    Beginning.objects.update_or_create(pk=1, defaults={"hidden_at": at})


def steps_for_today(user: User, company: Company) -> Steps | None:
    """What the page of the day asks of them; nothing for staff."""
    return steps(user, company) if user.is_manager else None
