"""Taking a list of customers away as a file."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.exporting import as_cards, as_csv, as_spreadsheet, card, cards_of
from customers.models import Contact, Customer, CustomerQuerySet
from dashboard.filters import CustomerFilter
from dashboard.views.choosing import chosen
from dashboard.views.replying import PageRequest
from retention_crm.lib.spreadsheets import MOST_IN_SPREADSHEET

_KINDS = ("csv", "vcf", "xlsx")
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
def customers_export(request: PageRequest, kind: str) -> Any:
    """The customers of the list in the address that the person may see: `csv`, `xlsx`, or the contacts as `vcf`.

    With POST those of them alone that were chosen.
    """
    if kind not in _KINDS:
        raise Http404
    filters = CustomerFilter(request.GET, Customer.objects.visible_to(request.user), request=request)
    rows: CustomerQuerySet = chosen(request, filters) if request.method == "POST" else filters.qs
    back = f"{reverse('customers')}?{filters.query.urlencode() or 'view='}"
    if request.method == "POST" and not rows.exists():
        messages.warning(request, _("Choose the customers first: tick them, or take all that match."))
        return redirect(back)
    name = f"customers-{request.user.today().isoformat()}.{kind}"
    if kind == "csv":
        return _streamed(as_csv(rows), "text/csv; charset=utf-8", name)
    if kind == "vcf":
        return _streamed(as_cards(cards_of(rows)), "text/vcard; charset=utf-8", name)
    if rows.order_by().values("pk")[: MOST_IN_SPREADSHEET + 1].count() > MOST_IN_SPREADSHEET:
        words = _("These are too many for a spreadsheet. Take CSV, which spreadsheets open too, or narrow the list.")
        messages.warning(request, words)
        return redirect(back)
    return FileResponse(as_spreadsheet(rows), content_type=_SPREADSHEET, as_attachment=True, filename=name)


@require_safe
def contact_card(request: PageRequest, pk: int) -> HttpResponse:
    """One contact as a vCard."""
    found = Contact.objects.visible_to(request.user).select_related("customer").filter(pk=pk).first()
    if found is None:
        raise Http404
    response = HttpResponse(card(found), content_type="text/vcard; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="contact-{pk}.vcf"'
    return response


def _streamed(parts: Iterator[bytes], content_type: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(parts, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
