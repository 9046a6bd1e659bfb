"""The first steps of a company, and how far it is with them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists

from accounts.models import Company, User
from customers.models import Customer, CustomerQuerySet, Segment
from dashboard.models import Beginning


@dataclass(frozen=True)
class Steps:
    """Which of them are done; `is_sampled` says that sample data are loaded."""

    people: bool
    customers: bool
    segments: bool
    address: bool
    is_sampled: bool

    @property
    def are_done(self) -> bool:
        return self.people and self.customers and self.segments and self.address

    @property
    def number_done(self) -> int:
        return self.people + self.customers + self.segments + self.address


def steps(user: User, company: Company, beginning: Beginning) -> Steps:
    """How far the company of that person is; sample data do not count."""
    people = User.objects.get_queryset()
    found = (
        people.filter(pk=user.pk)
        .annotate(
            has_people=Exists(people.active().exclude(pk=user.pk)),
            has_customers=Exists(own_customers()),
            has_segments=Exists(Segment.objects.exclude(pk__in=beginning.made_segments)),
        )
        .values("has_people", "has_customers", "has_segments")
        .get()
    )
    return Steps(
        people=found["has_people"],
        customers=found["has_customers"],
        segments=found["has_segments"],
        address=bool(company.postal_address.strip()),
        is_sampled=beginning.loaded_at is not None,
    )


def own_customers() -> CustomerQuerySet:
    """All but those that came with sample data."""
    return Customer.objects.filter(is_sample=False)


def set_hidden(at: datetime | None) -> None:
    """Whether Today shows the steps no more, from when on; for everybody."""
    Beginning.objects.update_or_create(pk=1, defaults={"hidden_at": at})


def steps_to_show(user: User, company: Company) -> Steps | None:
    """For the page of the day: none for staff, nor when all are done or somebody has seen enough of them."""
    if not user.is_manager:
        return None
    beginning = Beginning.current()
    if beginning.hidden_at is not None:
        return None
    found = steps(user, company, beginning)
    return None if found.are_done else found
