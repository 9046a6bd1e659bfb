"""Perks: granted, used, taken back; at a customer by whoever looks after them, all together for managers."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest, managers_only
from customers import granting
from customers.models import Customer, Perk
from customers.perk_forms import PerkFilter, PerkForm, SegmentPerkForm
from customers.requests import get_editable
from dashboard.paging import Order, page_of
from dashboard.perks import counted, narrowed, shown
from dashboard.views.replying import PageRequest, form_status, posted, saved
from interactions.appreciating import above_limit
from interactions.models import Interaction
from retention_crm.lib import clock

PAGE_SIZE = 25
SHOWN_GESTURES = 25
LATEST_FIRST = Order(F("granted_on"), date.fromisoformat, descending=True)


@require_http_methods(["GET", "HEAD", "POST"])
def perk_new(request: PageRequest, pk: int) -> HttpResponse:
    customer = get_editable(Customer.objects.all(), request, pk)
    return _form(request, Perk(customer=customer), reverse("perk_new", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def perk(request: PageRequest, pk: int) -> HttpResponse:
    """Says it otherwise, or until another day."""
    return _form(request, _editable(request, pk), reverse("perk", args=[pk]))


def _editable(request: PageRequest, pk: int) -> Perk:
    return get_editable(Perk.objects.select_related("customer"), request, pk)


def _form(request: PageRequest, perk: Perk, address: str) -> HttpResponse:
    user = request.user
    form = PerkForm(posted(request), instance=perk, on=user.today(), currency=user.company.currency)
    if form.is_valid():
        if perk.pk:
            form.save()
            return saved(request, _("Saved."), to=_page(perk))
        made = granting.grant(form.instance, by=user, on=user.today())
        words = _("%(name)s gets: %(perk)s") % {"name": perk.customer, "perk": made}
        return saved(request, words, to=_page(perk), undo=reverse("perk_withdraw", args=[made.pk]))
    context = {"form": form, "customer": perk.customer, "address": address, "perk": perk}
    return render(
        request, "dashboard/perk.html" + ("#panel" if request.htmx else ""), context, status=form_status(form)
    )


def _page(perk: Perk) -> str:
    return reverse("customer", args=[perk.customer_id])


@require_POST
def perk_use(request: PageRequest, pk: int) -> HttpResponse:
    known = _editable(request, pk)
    if granting.use(known, by=request.user, on=request.user.today()):
        words, undo = _("Noted as used: %(perk)s"), reverse("perk_unuse", args=[pk])
    else:
        words, undo = _("This was used or taken back already: %(perk)s"), ""
    return saved(request, words % {"perk": known}, to=_page(known), undo=undo)


@require_POST
def perk_unuse(request: PageRequest, pk: int) -> HttpResponse:
    known = _editable(request, pk)
    granting.take_back_use(known)
    return saved(request, _("Not used yet: %(perk)s") % {"perk": known}, to=_page(known))


@require_POST
def perk_withdraw(request: PageRequest, pk: int) -> HttpResponse:
    known = _editable(request, pk)
    if granting.withdraw(known, at=clock.now()):
        words, undo = _("Taken back: %(perk)s"), reverse("perk_restore", args=[pk])
    else:
        words, undo = _("This was used or taken back already: %(perk)s"), ""
    return saved(request, words % {"perk": known}, to=_page(known), undo=undo)


@require_POST
def perk_restore(request: PageRequest, pk: int) -> HttpResponse:
    known = _editable(request, pk)
    granting.restore(known)
    return saved(request, _("Theirs again: %(perk)s") % {"perk": known}, to=_page(known))


@require_safe
@managers_only
def perks(request: PersonRequest) -> HttpResponse:
    """All of them by what became of them, and the gestures that cost more than the limit."""
    on, user = request.user.today(), request.user
    filters = PerkFilter(request.GET)
    visible = Perk.objects.visible_to(user)
    page = page_of(
        shown(narrowed(visible, filters, on=on)).fetch_mode(FETCH_RAISE),
        LATEST_FIRST,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    gestures = above_limit(Interaction.objects.visible_to(user), user.company).select_related("customer", "author")
    query = request.GET.copy()
    for cursor in ("after", "before"):
        query.pop(cursor, None)
    context = {
        "rows": [(row, row.is_open(on)) for row in page.rows],
        "filters": filters,
        "counts": counted(narrowed(visible, filters, on=on, with_state=False), on=on),
        "following": f"{page.following}&{query.urlencode()}" if page.following else "",
        "preceding": f"{page.preceding}&{query.urlencode()}" if page.preceding else "",
        "gestures": gestures.order_by("-day", "-pk").fetch_mode(FETCH_RAISE)[:SHOWN_GESTURES],
        "on": on,
        "currency": user.company.currency,
        "limit": user.company.gesture_limit,
    }
    return render(request, "dashboard/perks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def perks_grant(request: PersonRequest) -> HttpResponse:
    """The same perk for each customer of a segment."""
    user = request.user
    data = request.POST if request.method == "POST" else None
    form = SegmentPerkForm(data, on=user.today(), currency=user.company.currency)
    if form.is_valid():
        segment = form.cleaned_data["segment"]
        key, number = granting.grant_to_segment(segment, form.instance, by=user, on=user.today())
        words = ngettext("%(n)d customer gets: %(perk)s", "%(n)d customers get: %(perk)s", number)
        undo = reverse("perks_ungrant", args=[key]) if number else ""
        messages.success(request, words % {"n": number, "perk": form.instance}, extra_tags=undo)
        return redirect("perks")
    return render(request, "dashboard/perks_grant.html", {"form": form}, status=form_status(form))


@require_POST
@managers_only
def perks_ungrant(request: PersonRequest, key: UUID) -> HttpResponse:
    """What one click granted and nobody used is taken back."""
    number = granting.take_back_grant(key, by=request.user, at=clock.now())
    words = ngettext("%(n)d perk is taken back.", "%(n)d perks are taken back.", number)
    messages.success(request, words % {"n": number})
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("perks")})
    return redirect("perks")
