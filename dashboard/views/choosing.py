"""The customers somebody chose in the list."""

from customers.models import Customer, CustomerQuerySet
from dashboard.filters import CustomerFilter
from dashboard.views.replying import PageRequest
from retention_crm.lib import text


def chosen(request: PageRequest, filters: CustomerFilter) -> CustomerQuerySet:
    """Those that were ticked (`pk`), or `all` that match; of these whom the person may see."""
    if "all" in request.POST:
        matching: CustomerQuerySet = filters.qs
        return matching
    pks = [pk for pk in map(text.row_id, request.POST.getlist("pk")) if pk is not None]
    return Customer.objects.visible_to(request.user).filter(pk__in=pks)
