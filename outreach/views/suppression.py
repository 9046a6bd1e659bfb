"""Addresses nothing is sent to: how many there are, and of any one whether and why it is among them."""

from typing import Any

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import PersonRequest
from outreach import suppressing
from outreach.models import Suppression
from outreach.suppression_forms import AddressForm, DecisionForm
from retention_crm.lib import clock


@require_http_methods(["GET", "HEAD", "POST"])
def suppression(request: PersonRequest) -> HttpResponse:
    """Asks by POST, so that no address stands in an address; `do` is `add`, `lift`, or nothing, which only asks.

    The list itself can not be shown: of each address only a keyed hash is kept.
    """
    if not request.user.is_manager:
        raise PermissionDenied
    do = request.POST.get("do", "")
    if request.method != "POST":
        return _page(request, AddressForm())
    if do not in {"add", "lift"}:
        asked = AddressForm(request.POST)
        return (
            _page(request, asked, address=asked.cleaned_data["address"]) if asked.is_valid() else _page(request, asked)
        )
    decision = DecisionForm(request.POST)
    if not decision.is_valid():
        asked = AddressForm(request.POST)
        return _page(request, asked, decision, address=asked.cleaned_data["address"] if asked.is_valid() else "")
    return _decide(request, do, decision.cleaned_data["address"], decision.cleaned_data["reason"])


def _decide(request: PersonRequest, do: str, address: str, reason: str) -> HttpResponse:
    decide, done, was_so = {
        "add": (suppressing.add, _("Nothing more is sent to %(address)s."), _("Nothing was sent there already.")),
        "lift": (suppressing.lift, _("Mail may go to %(address)s again."), _("It was not suppressed.")),
    }[do]
    if decide(address, reason, by=request.user, at=clock.now()):
        notices.success(request, done % {"address": address})
    else:
        notices.info(request, was_so)
    return redirect("suppression")


def _page(
    request: PersonRequest, form: AddressForm, decision: DecisionForm | None = None, *, address: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "address": address, "count": Suppression.objects.count()}
    if address:
        context |= {
            "found": suppressing.suppression_of(address),
            "decisions": suppressing.decisions_on(address),
            "decision": decision or DecisionForm(initial={"address": address}),
        }
    status = 422 if form.errors or (decision and decision.errors) else 200
    return render(request, "outreach/suppression.html", context, status=status)
