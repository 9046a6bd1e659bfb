"""How complaints were dealt with: figures, the list behind each, and the rules of how quickly it is to be."""

from typing import Any

from django.contrib import messages
from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest, managers_read_administrators_change
from dashboard.complaints import GROUPS, complaints_behind, complaints_of
from dashboard.paging import Order, aware_moment, page_of
from dashboard.views.replying import form_status
from dashboard.whose_days import Figure, WhoseDays
from interactions.complaint_forms import CareRulesForm
from interactions.models import CareRules, FaultIn
from interactions.putting_right import Complaints, Record, Tally, complaints_put_right
from retention_crm.lib import clock

PAGE_SIZE = 25
LATEST_FIRST = Order(F("opened_at"), aware_moment, descending=True)


@require_safe
def complaints(request: PersonRequest) -> HttpResponse:
    """For managers those of everybody, for staff their own."""
    user, at = request.user, clock.now()
    choice = WhoseDays.read("complaints", request.GET, user=user, figures=GROUPS)
    page = page_of(
        complaints_behind(choice, user, at=at).select_related("customer", "owner").fetch_mode(FETCH_RAISE),
        LATEST_FIRST,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    record = complaints_put_right(complaints_of(choice, user), at=at, company=user.company)
    context = _figures(record, choice) | {
        "choice": choice,
        "at": at,
        "periods": choice.periods(user),
        "rows": [(row, row.is_late(at)) for row in page.rows],
        "following": choice.address(after=page.following) if page.following else "",
        "preceding": choice.address(before=page.preceding) if page.preceding else "",
        "currency": user.company.currency,
    }
    return render(request, "dashboard/complaints.html", context)


def _figures(record: Complaints, choice: WhoseDays) -> dict[str, Any]:
    of_all, total = choice.of_all, record.total
    return {
        "total": total,
        "figures": _behind(total, of_all),
        "everything": of_all.address(),
        "teams": [_line(one, of_all, team=one.pk) for one in record.teams] if not choice.team else [],
        "people": [_line(one, of_all, person=one.pk) for one in record.people] if not choice.person else [],
        "faults": [
            (FaultIn(fault).label if fault else _("Not known"), number) for fault, number in total.faults.most_common()
        ],
    }


def _behind(tally: Tally, choice: WhoseDays, **more: Any) -> dict[str, Figure]:
    numbers = {"open": tally.open, "late": tally.late, "escalated": tally.escalated, "resolved": tally.right.taken}
    return {name: Figure(number, choice.address(figure=name, **more)) for name, number in numbers.items()}


def _line(record: Record, choice: WhoseDays, **whose: int) -> tuple[Record, str, dict[str, Figure]]:
    return record, choice.address(**whose), _behind(record.tally, choice, **whose)


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
