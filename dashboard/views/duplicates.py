"""Whoever may be here twice: the list of pairs, saying that two are not the same, and a look while somebody types."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.models import Alike, Contact, Customer
from customers.spotting import Typed, likely
from dashboard.paging import Order, page_of
from dashboard.views.replying import PageRequest, saved
from retention_crm.lib import clock, text

PAGE_SIZE = 20
BEST_FIRST = Order(F("score"), int, descending=True)


@dataclass(frozen=True)
class Pair:
    """Two rows that may be the same; the older one is proposed to stay."""

    alike: Alike
    older: Customer | Contact
    newer: Customer | Contact

    @property
    def merge_address(self) -> str:
        return f"{reverse(f'{self.alike.kind}_merge', args=[self.newer.pk])}?into={self.older.pk}"


@require_safe
def duplicates(request: PageRequest) -> HttpResponse:
    """Pairs of which the person may change both, the best evidence first; for htmx the list alone."""
    found = Alike.objects.editable_by(request.user).undecided()
    get = request.GET.get
    page = page_of(found, BEST_FIRST, after=get("after", ""), before=get("before", ""), size=PAGE_SIZE)
    context = {"pairs": _pairs(page.rows), "following": page.following, "preceding": page.preceding}
    return render(request, "dashboard/duplicates.html" + ("#pairs" if request.htmx else ""), context)


def _pairs(rows: list[Alike]) -> list[Pair]:
    ids = {kind: {pk for row in rows if row.kind == kind for pk in (row.low, row.high)} for kind in Alike.Kind}
    customers = Customer.objects.select_related("owner").in_bulk(ids[Alike.Kind.CUSTOMER])
    contacts = Contact.objects.select_related("customer__owner").in_bulk(ids[Alike.Kind.CONTACT])
    pairs = []
    for row in rows:
        known = customers if row.kind == Alike.Kind.CUSTOMER else contacts
        # One of them may be gone since the pairs were read.
        if row.low in known and row.high in known:
            pairs.append(Pair(row, known[row.low], known[row.high]))
    return pairs


def _editable(request: PageRequest, pk: int) -> Alike:
    alike = get_object_or_404(Alike.objects.visible_to(request.user), pk=pk)
    if not Alike.objects.editable_by(request.user).filter(pk=pk).exists():
        raise PermissionDenied
    return alike


@require_POST
def alike_apart(request: PageRequest, pk: int) -> HttpResponse:
    """They are not the same, and are not proposed again."""
    alike = _editable(request, pk)
    Alike.objects.undecided().filter(pk=alike.pk).update(apart_at=clock.now(), apart_by=request.user)
    words = _("Noted: they are not the same. They are not proposed again.")
    return saved(request, words, to=reverse("duplicates"), undo=reverse("alike_together", args=[pk]))


@require_POST
def alike_together(request: PageRequest, pk: int) -> HttpResponse:
    """Takes that back."""
    alike = _editable(request, pk)
    Alike.objects.filter(pk=alike.pk).update(apart_at=None, apart_by=None)
    return saved(request, _("They are proposed again."), to=reverse("duplicates"))


@require_POST
def customer_alike(request: PageRequest) -> HttpResponse:
    """Who may be the one being typed, as part of the form; posted, so that no name stands in an address."""

    def line(name: str) -> str:
        return text.clean_line(request.POST.get(name, ""))[:200]

    if request.GET.get("of") == "contact":
        typed = Typed(contact=line("name"), email=line("email"), phone=line("phone"))
    else:
        typed = Typed(line("name"), line("contact-name"), line("contact-email"), line("contact-phone"))
    beside = text.row_id(request.GET.get("beside", "")) or 0
    return render(request, "includes/alike.html", {"found": likely(typed, request.user, beside=beside)})
