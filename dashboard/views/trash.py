"""What was deleted: putting a customer into the trash, restoring, and deleting for good."""

from typing import Any

from django.apps import apps
from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest, administrators_only, managers_only
from customers.merging import belongings
from customers.models import TRASH_KEPT_FOR, Customer, Tag, Trashed
from customers.requests import get_editable
from dashboard.paging import Order, aware_moment, page_of
from dashboard.views.replying import PageRequest
from outreach.cancelling import UNSENT
from outreach.models import Message
from outreach.removing import NotBack, forget, remove_customer, restore
from outreach.views.words import in_words
from retention_crm.lib import clock

PAGE_SIZE = 30
LATEST_FIRST = Order(F("deleted_at"), aware_moment, descending=True)


@require_safe
@administrators_only
def trash(request: PersonRequest) -> HttpResponse:
    """Everything that can be restored, the latest first: what, by whom, when, and what belonged to it."""
    get = request.GET.get
    rows = Trashed.objects.visible_to(request.user).select_related("deleted_by", "customer")
    page = page_of(rows, LATEST_FIRST, after=get("after", ""), before=get("before", ""), size=PAGE_SIZE)
    context: dict[str, Any] = {
        "rows": [(row, _kind(row), _on_one_line(row), row.deleted_at + TRASH_KEPT_FOR) for row in page.rows],
        "following": page.following,
        "preceding": page.preceding,
        "at": clock.now(),
    }
    return render(request, "dashboard/trash.html", context)


def _belonged(trashed: Trashed) -> list[tuple[int, str]]:
    """What went with it, in words; of a tag, whose it was."""
    if trashed.model == Tag._meta.label:
        return [(number, str(_("customers"))) for number in trashed.belonged.values()]
    return in_words(trashed.belonged)


def _on_one_line(trashed: Trashed) -> str:
    return ", ".join(f"{what}: {number}" for number, what in _belonged(trashed))


def _kind(trashed: Trashed) -> str:
    return capfirst(str(apps.get_model(trashed.model)._meta.verbose_name))


@require_POST
def trash_restore(request: PageRequest, pk: int) -> HttpResponse:
    """Puts it back with what belonged to it; for administrators, and as the undo of whoever deleted it."""
    trashed = get_object_or_404(Trashed.objects.restorable_by(request.user), pk=pk)
    target = _where(trashed)
    try:
        restore(trashed, at=clock.now())
    except NotBack:
        words = _("“%(name)s” can not come back: something of that name is there by now, or what it was of is gone.")
        messages.warning(request, words % {"name": trashed.name})
        target = reverse("trash") if request.user.is_administrator else reverse("customers")
    else:
        messages.success(request, _("“%(name)s” is there again.") % {"name": trashed.name})
    return HttpResponse(status=204, headers={"HX-Redirect": target}) if request.htmx else redirect(target)


def _where(trashed: Trashed) -> str:
    """The page on which it can be seen again."""
    match trashed.model:
        case "customers.Customer":
            return reverse("customer", args=[trashed.row_pk])
        case "customers.Tag":
            return reverse("tags")
        case "retention.Play":
            return reverse("plays")
        case "dashboard.SavedView":
            return f"{reverse('customers')}?view="
    return reverse("customer", args=[trashed.customer_id]) if trashed.customer_id else reverse("customers")


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def trash_forget(request: PersonRequest, pk: int) -> HttpResponse:
    """Asks, and deletes it for good."""
    trashed = get_object_or_404(Trashed.objects.visible_to(request.user), pk=pk)
    if request.method == "POST":
        if forget(Trashed.objects.filter(pk=trashed.pk)):
            messages.success(request, _("“%(name)s” is deleted for good.") % {"name": trashed.name})
        return redirect("trash")
    context = {"trashed": trashed, "kind": _kind(trashed), "belonged": _belonged(trashed)}
    return render(request, "dashboard/trash_forget.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def customer_trash(request: PersonRequest, pk: int) -> HttpResponse:
    """Says what goes with a customer, asks, and puts them into the trash."""
    customer = get_editable(Customer.objects.all(), request, pk)
    if request.method == "POST":
        trashed = remove_customer(customer, by=request.user, at=clock.now())
        if trashed is not None:
            words = _("%(name)s is deleted, and lies in the trash for 30 days.") % {"name": customer.name}
            messages.success(request, words, extra_tags=reverse("trash_restore", args=[trashed.pk]))
        return redirect(f"{reverse('customers')}?view=")
    waiting = Message.objects.filter(customer=customer, state__in=UNSENT).count()
    cancelled = ngettext("%d message that waits is cancelled.", "%d messages that wait are cancelled.", waiting)
    context = {
        "customer": customer,
        # Mails stay in the ledger.
        "belonging": in_words({label: n for label, n in belongings(customer).items() if label != Message._meta.label}),
        "cancelled": cancelled % waiting if waiting else "",
    }
    return render(request, "dashboard/customer_trash.html", context)
