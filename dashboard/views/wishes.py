"""Wishes: noted, planned, done or declined, and opened again."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.models import Customer
from customers.requests import get_editable
from dashboard.views.replying import PageRequest, form_status, posted, saved
from interactions.models import Wish, WishState
from interactions.wish_forms import TEXT_LIMIT, WishForm, WishOutcomeForm
from outreach.reaching import why_no_mail
from outreach.taking_back import reopen
from retention_crm.lib import clock, text
from surveys.models import Response


@require_http_methods(["GET", "HEAD", "POST"])
def wish_new(request: PageRequest, pk: int) -> HttpResponse:
    """Notes a wish; `?answer=` is the survey answer it was said in, from which there is one at most."""
    customer = get_editable(Customer.objects.all(), request, pk)
    wish = Wish(customer=customer, said_at=clock.now(), noted_by=request.user)
    answer = _answer(request, customer)
    if answer is not None:
        _take_over(wish, answer)
        if Wish.objects.filter(occasion=wish.occasion).exists():
            return saved(request, _("A wish was noted from this answer before."), to=_page(customer))
    contacts = customer.contacts.filter(deceased=False)
    form = WishForm(posted(request), instance=wish, contacts=contacts)
    if form.is_valid():
        # Two clicks at once on one answer make one wish.
        Wish.objects.bulk_create([form.instance], ignore_conflicts=True)
        return saved(request, _("Noted: %(wish)s") % {"wish": wish}, to=_page(customer))
    return _show(request, "wish_new", {"form": form, "customer": customer, "answer": answer})


def _answer(request: PageRequest, customer: Customer) -> Response | None:
    wanted = text.row_id(request.POST.get("answer") or request.GET.get("answer", ""))
    if wanted is None:
        return None
    rows = Response.objects.filter(customer=customer).select_related("contact")
    return get_object_or_404(rows, pk=wanted)


def _take_over(wish: Wish, answer: Response) -> None:
    wish.text = text.excerpt(answer.comment, TEXT_LIMIT)
    wish.contact, wish.said_at = answer.contact, answer.answered_at
    wish.origin, wish.occasion = Wish.Origin.SURVEY, f"answer:{answer.pk}"


@require_http_methods(["GET", "HEAD", "POST"])
def wish_close(request: PageRequest, pk: int) -> HttpResponse:
    """Asks what became of an open wish and whom to tell; one that was closed before stays as it was."""
    at = clock.now()
    wish = get_editable(Wish.objects.select_related("customer", "contact"), request, pk)
    known = wish.reader
    why_not = why_no_mail(known, company=request.user.company, at=at) if known else ""
    reader = None if why_not else known
    form = WishOutcomeForm(posted(request), wish=wish, reader=reader, at=at)
    if not wish.is_open or (form.is_valid() and not form.save(by=request.user)):
        return saved(request, _("This wish was closed before."), to=_page(wish.customer))
    if form.is_valid():
        return saved(request, _told(wish, reader), to=_page(wish.customer), undo=reverse("wish_reopen", args=[pk]))
    context = {"form": form, "wish": wish, "customer": wish.customer, "reader": known, "why_not": why_not, "at": at}
    return _show(request, "wish_close", context)


def _told(wish: Wish, reader: Any) -> str:
    words = {"wish": wish.text, "name": reader.addressed_as if reader else ""}
    if wish.state == WishState.PLANNED:
        return _("Planned: %(wish)s") % words
    if wish.wants_answer and reader:
        return _("Closed: %(wish)s. %(name)s hears of it by mail in a quarter of an hour.") % words
    return _("Closed: %(wish)s") % words


@require_POST
def wish_reopen(request: PageRequest, pk: int) -> HttpResponse:
    wish = get_editable(Wish.objects.select_related("customer"), request, pk)
    if reopen(wish, at=clock.now()):
        words = _("Open again: %(wish)s")
    else:
        words = _("Open again: %(wish)s. They have been told already, or are being told at this moment.")
    return saved(request, words % {"wish": wish}, to=_page(wish.customer))


def _show(request: PageRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    template = f"dashboard/{name}.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(context["form"]))


def _page(customer: Customer) -> str:
    return reverse("customer", args=[customer.pk])
