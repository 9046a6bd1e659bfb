"""The list of customers."""

from typing import Any

from django.db.models import FETCH_RAISE
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.formats import number_format
from django.views.decorators.http import require_safe
from django_htmx.http import push_url
from django_htmx.middleware import HtmxDetails

from accounts.requests import PersonRequest
from customers.models import Customer, CustomerQuerySet
from dashboard.columns import in_columns, showing
from dashboard.filters import CustomerFilter
from dashboard.models import FirstView, SavedView
from dashboard.paging import page_of
from dashboard.sorting import ORDERS, headers
from retention.models import Loss
from retention_crm.lib import text

PAGE_SIZE = 50
# Counting further costs more than the number is worth.
COUNTED_TO = 500


class ListRequest(PersonRequest):
    htmx: HtmxDetails


@require_safe
def customers(request: ListRequest) -> HttpResponse:
    """The customers the person may see, narrowed and sorted; for htmx the list alone, with a clean address to show.

    What it can be narrowed by is fetched when somebody wants to (`?filters=1`), unless the list is narrowed already.
    Without a word in the address it opens with the view the person chose for that.
    """
    if not request.GET and not request.htmx and (first := _first_view(request)):
        return redirect(f"{request.path}?{first.address_query}")
    filters = CustomerFilter(request.GET, Customer.objects.visible_to(request.user), request=request)
    if request.htmx and "filters" in request.GET:
        response = render(request, "dashboard/customers.html#filters", {"filters": filters})
        patch_vary_headers(response, ["HX-Request"])
        return response
    context = _context(request, filters)
    in_place = request.htmx and not request.htmx.history_restore_request
    response = render(request, "dashboard/customers.html" + ("#list" if in_place else ""), context)
    patch_vary_headers(response, ["HX-Request"])
    return push_url(response, _address(request, filters)) if in_place else response


def _unexplained(rows: list[Customer]) -> set[int]:
    """Those who left and of whom nobody has said why; only asked for where somebody left."""
    lost = [row.pk for row in rows if row.lost_on]
    losses = Loss.objects.open().unexplained().filter(customer__in=lost)
    return set(losses.order_by().values_list("customer", flat=True)) if lost else set()


def _context(request: ListRequest, filters: CustomerFilter) -> dict[str, Any]:
    """A page of the list, and where its heads and the pages beside it lead."""
    found: CustomerQuerySet = filters.qs
    columns = filters.columns_shown
    today = request.user.today()
    views, shown = list(SavedView.objects.visible_to(request.user)), text.row_id(request.GET.get("view", ""))
    page = page_of(
        showing(found, columns).fetch_mode(FETCH_RAISE),
        ORDERS[filters.order],
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    is_whole = not page.following and not page.preceding
    counted = len(page.rows) if is_whole else found.order_by().values("pk")[: COUNTED_TO + 1].count()
    return {
        "filters": filters,
        "shows_filters": "filters" in request.GET,
        "page": page,
        "columns": columns,
        "headers": [(head, _address(request, filters, sort=head.sort)) for head in headers(columns, filters.order)],
        "rows": in_columns(page.rows, columns, today),
        "unexplained": _unexplained(page.rows),
        "count": counted,
        "counted_to": number_format(COUNTED_TO, force_grouping=True),
        "has_more": counted > COUNTED_TO,
        "views": views,
        "view": next((view for view in views if view.pk == shown), None),
        "query": filters.query.urlencode(),
        "following": _address(request, filters, after=page.following),
        "preceding": _address(request, filters, before=page.preceding),
    }


def _first_view(request: ListRequest) -> SavedView | None:
    first = FirstView.objects.filter(user=request.user).select_related("view").first()
    return first.view if first else None


def _address(request: ListRequest, filters: CustomerFilter, **place: str) -> str:
    """Where the same list stands at that place or in that order; empty for one that is not there."""
    if place and not any(place.values()):
        return ""
    query = filters.query
    if view := request.GET.get("view"):
        query["view"] = view
    for name, value in place.items():
        query[name] = value
    return request.path + (f"?{query.urlencode()}" if query else "")
