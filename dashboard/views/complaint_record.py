"""How complaints were dealt with: figures, the list behind each, and the rules of how quickly it is to be."""

from django.contrib import messages
from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest, managers_read_administrators_change
from dashboard.complaints import GROUPS, complaints_behind, complaints_of, numbers
from dashboard.paging import Order, aware_moment
from dashboard.views.replying import form_status
from dashboard.whose_days import WhoseDays, listed, side_by_side
from interactions.complaint_forms import CareRulesForm
from interactions.models import CareRules, FaultIn
from interactions.putting_right import complaints_put_right
from retention_crm.lib import clock

LATEST_FIRST = Order(F("opened_at"), aware_moment, descending=True)


@require_safe
def complaints(request: PersonRequest) -> HttpResponse:
    """For managers those of everybody, for staff their own."""
    user, at = request.user, clock.now()
    choice = WhoseDays.read("complaints", request.GET, user=user, figures=GROUPS)
    record = complaints_put_right(complaints_of(choice, user), at=at, company=user.company)
    rows = complaints_behind(choice, user, at=at).select_related("customer", "owner").fetch_mode(FETCH_RAISE)
    page = listed(rows, LATEST_FIRST, choice, request.GET)
    context = {
        **side_by_side(record, choice, numbers),
        **page,
        "choice": choice,
        "at": at,
        "periods": choice.periods(user),
        "rows": [(row, row.is_late(at)) for row in page["rows"]],
        "faults": [
            (FaultIn(fault).label if fault else _("Not known"), number)
            for fault, number in record.total.faults.most_common()
        ],
        "currency": user.company.currency,
    }
    return render(request, "dashboard/complaints.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@managers_read_administrators_change
def care_rules(request: PersonRequest) -> HttpResponse:
    """In how many working hours customers are to be answered; what is open already keeps its deadlines."""
    form = CareRulesForm(request.POST if request.method == "POST" else None, instance=CareRules.current())
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("care_rules")
    return render(request, "dashboard/care_rules.html", {"form": form}, status=form_status(form))
