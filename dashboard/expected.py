"""What is expected of customers soon, of a part of the company: orders and renewals."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest

from accounts.models import User
from customers.models import CustomerDataQuerySet
from dashboard.portfolio import PortfolioFilter
from retention.counting import Part
from retention.models import CustomerRisk, Expectation, ExpectationQuerySet


def part_of(request: HttpRequest, user: User) -> tuple[Part, Mapping[str, Any]]:
    """The part of the company that is chosen, and what stands in an address for it; for staff what is their own."""
    if not user.is_manager:
        return Part(owner=user.pk), {}
    filters = PortfolioFilter(request.GET, CustomerRisk.objects.none(), request=request)
    return (filters.part, filters.scope) if filters.is_valid() else (Part(), {})


def narrowed[Rows: CustomerDataQuerySet[Any]](rows: Rows, part: Part) -> Rows:
    """Rows about customers, to those of that part."""
    wanted = {
        "customer__owner": part.owner,
        "customer__owner__team": part.team,
        "customer__segment": part.segment,
        "customer__tags": part.tag,
    }
    return rows.filter(**{path: value for path, value in wanted.items() if value is not None})


def orders(user: User, part: Part, *, on: date) -> ExpectationQuerySet:
    """With what a row of a list says."""
    rows = narrowed(Expectation.objects.visible_to(user).ahead(on), part)
    rows = rows.select_related("customer__owner", "customer__risk")
    return rows.only(
        *("usual_days", "usual_amount", "orders", "last_on", "expected_on", "customer__name", "customer__owner__name"),
        *("customer__owner__email", "customer__risk__band", "customer__risk__health"),
    )
