"""Notes that were written without a network arrive here, each under the number it was given on the device."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.models import Customer
from customers.requests import may_change
from dashboard.log_forms import LogForms
from dashboard.telling import told
from dashboard.views.logging import log_key, number
from dashboard.views.replying import PageRequest
from interactions.logging import Logged, logged_as
from retention_crm.lib import clock

LONGEST_WAY = timedelta(days=60)


@require_POST
def log_deliver(request: PageRequest) -> HttpResponse:
    """Logs it once; a second time is answered like the first. What is refused is answered with the reasons (422).

    Refuses (409) what somebody else wrote on the same device: it is not theirs who is logged in now.
    """
    if request.POST.get("person") != str(request.user.pk):
        return JsonResponse({"reasons": [_("Somebody else wrote this.")]}, status=409)
    key = log_key(request.POST)
    if key is None:
        return _refused(_("This note has lost its number. Copy its text and log it anew."))
    if before := logged_as(key, by=request.user):
        return JsonResponse({"told": told(Logged(before, is_new=False))})
    try:
        customer = _customer(request)
    except (Http404, PermissionDenied):
        return _refused(_("This customer is not there any more, or not yours to change. Choose another, or ask."))
    if customer is None:
        return _refused(_("Choose which customer this is about."))
    at = clock.now()
    forms = LogForms.about(
        customer,
        request.POST,
        user=request.user,
        at=at,
        contacts=list(customer.contacts.all()),
        written_at=_written(request.POST.get("written_at", ""), at=at),
    )
    if not forms.are_valid():
        return _refused(*forms.complaints())
    return JsonResponse({"told": told(forms.save(request.user, at=at))})


def _customer(request: PageRequest) -> Customer | None:
    """The one it is about, or the one that was merged into; none if only a name was written."""
    if not request.POST.get("customer"):
        return None
    rows = Customer.objects.visible_to(request.user).select_related("owner", "segment")
    customer = rows.known_as(number(request.POST["customer"]))
    if customer is None:
        raise Http404
    if not may_change(customer, Customer.objects.all(), request):
        raise PermissionDenied
    return customer


def _written(said: str, *, at: datetime) -> datetime:
    """When it was written, by the device's clock, as far as that can be."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return at
    if moment.tzinfo is None:
        return at
    return max(min(moment, at), at - LONGEST_WAY)


def _refused(*reasons: str) -> HttpResponse:
    return JsonResponse({"reasons": list(reasons)}, status=422)
