"""Who brought whom: said from either customer's page, credited, and what it is worth."""

from typing import Any

from django.db.models import FETCH_RAISE
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest, managers_only
from customers import referring
from customers.models import Customer
from customers.requests import get_editable
from dashboard.looking_ahead import look_ahead
from dashboard.views.replying import PageRequest, form_status, posted, saved
from interactions.referral_forms import CreditForm
from interactions.referral_value import referrers
from retention_crm.lib import clock, text

# `of`: the other one was brought by this customer; `by`: this one was brought by the other.
WAYS = ("of", "by")
MOST = 100


@require_http_methods(["GET", "HEAD", "POST"])
def referral_new(request: PageRequest, pk: int, way: str) -> HttpResponse:
    """Looks for the other customer by name, and notes who brought whom."""
    if way not in WAYS:
        raise Http404
    customer = get_editable(Customer.objects.select_related("referred_by"), request, pk)
    if request.method == "POST":
        return _noted(request, customer, way)
    context: dict[str, Any] = vars(look_ahead(request.GET.get("q", ""), request.user))
    context |= {"customer": customer, "way": way, "found": [one for one in context["found"] if one.pk != customer.pk]}
    template = "dashboard/referral_new.html"
    if request.htmx:
        template += "#found" if request.htmx.target == "referral-found" else "#panel"
    return render(request, template, context)


def _noted(request: PageRequest, customer: Customer, way: str) -> HttpResponse:
    # The undo of taking it back names the other one in its address.
    chosen = text.row_id(request.POST.get("other", "") or request.GET.get("other", "")) or 0
    to = reverse("customer", args=[customer.pk])
    rows = Customer.objects.visible_to(request.user)
    other = (rows.editable_by(request.user) if way == "of" else rows).filter(pk=chosen).first()
    if other is None:
        return saved(request, _("Choose the other customer first; nothing was changed."), to=to)
    brought, by = (other, customer) if way == "of" else (customer, other)
    try:
        referring.refer(brought, by=by, at=clock.now())
    except referring.NotThem:
        words = _("%(brought)s can not have been brought by %(by)s: it is the same, or the other way round.")
        return saved(request, words % {"brought": brought, "by": by}, to=to)
    words = _("%(by)s brought %(brought)s.") % {"brought": brought, "by": by}
    return saved(request, words, to=to, undo=reverse("referral_remove", args=[brought.pk]))


@require_POST
def referral_remove(request: PageRequest, pk: int) -> HttpResponse:
    brought = get_editable(Customer.objects.all(), request, pk)
    former = brought.referred_by_id
    referring.take_back(brought)
    words = _("Nobody is noted as having brought %(brought)s.") % {"brought": brought}
    undo = f"{reverse('referral_new', args=[pk, 'by'])}?other={former}" if former else ""
    return saved(request, words, to=reverse("customer", args=[pk]), undo=undo)


@require_http_methods(["GET", "HEAD", "POST"])
def referral_credit(request: PageRequest, pk: int) -> HttpResponse:
    """Which perk or gesture the one who brought this customer got for it."""
    brought = get_editable(Customer.objects.select_related("referred_by"), request, pk)
    rows = Customer.objects.visible_to(request.user)
    referrer = get_object_or_404(rows.editable_by(request.user), pk=brought.referred_by_id or 0)
    form = CreditForm(posted(request), brought=brought)
    if form.is_valid():
        form.keep()
        return saved(request, _("Saved."), to=reverse("customer", args=[referrer.pk]))
    context = {"form": form, "brought": brought, "referrer": referrer}
    template = "dashboard/referral_credit.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


@require_safe
@managers_only
def referrals(request: PersonRequest) -> HttpResponse:
    """Who brought customers, whose are worth most first."""
    user = request.user
    rows = referrers(Customer.objects.visible_to(user), on=user.today()).select_related("owner")
    found = list(rows.fetch_mode(FETCH_RAISE)[:MOST])
    context = {"rows": found, "currency": user.company.currency, "most": MOST}
    return render(request, "dashboard/referrals.html", context)
