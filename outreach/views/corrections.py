"""What a customer says was agreed otherwise: taken over as a new version, or declined with a word."""

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import PersonRequest
from customers.requests import get_editable
from outreach.agreeing import accept, decline, standing_text
from outreach.forms import AgreeForm, DeclineForm
from outreach.models import Correction
from retention_crm.lib import clock


@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: PersonRequest, pk: int) -> HttpResponse:
    """Asks what was agreed, or why it stays as it was; of two who decide the first stands."""
    rows = Correction.objects.select_related(
        "customer__owner", "contact", "interaction", "message__recap", "follow_up", "decided_by"
    )
    said = get_editable(rows, request, pk)
    wanted = request.POST.get("decision") if request.method == "POST" and said.is_open else ""
    agreeing = AgreeForm(request.POST if wanted == "accept" else None, initial={"text": standing_text(said)})
    declining = DeclineForm(request.POST if wanted == "decline" else None)
    at = clock.now()
    if agreeing.is_valid():
        version = accept(said, agreeing.cleaned_data["text"], by=request.user, at=at)
        words = _("This is agreed now. Send it to those who were there?") if version else _("This was decided before.")
        notices.success(request, words)
        return redirect("recap_new", said.interaction_id)
    if declining.is_valid():
        is_new = decline(said, declining.cleaned_data["word"], by=request.user, at=at)
        notices.success(request, _("It stays as it was.") if is_new else _("This was decided before."))
        return redirect(f"{reverse('customer_timeline', args=[said.customer_id])}#correction-{said.pk}")
    context = {
        "said": said,
        "customer": said.customer,
        "standing": standing_text(said),
        "agreeing": agreeing,
        "declining": declining,
        "at": at,
    }
    return render(request, "outreach/correction.html", context, status=422 if wanted else 200)
