"""Documents of what happened: attaching, giving out, removing and taking that back."""

from io import BytesIO

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.requests import get_editable
from dashboard.views.replying import PageRequest, form_status, posted, saved
from interactions.attaching import CONTENT_TYPES, attach, ending
from interactions.document_forms import DocumentsForm
from interactions.models import Document, Interaction
from retention_crm.lib import clock


@require_http_methods(["GET", "HEAD", "POST"])
def document_new(request: PageRequest, pk: int) -> HttpResponse:
    """Asks for files and keeps them with what happened."""
    interaction = get_editable(Interaction.objects.select_related("customer"), request, pk)
    form = DocumentsForm(posted(request), request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = attach(interaction, form.cleaned_data["documents"], by=request.user, at=clock.now())
        words = ngettext("%(number)d document is kept.", "%(number)d documents are kept.", len(made))
        return saved(request, words % {"number": len(made)}, to=_page(interaction), interaction=interaction.pk)
    template = "dashboard/document_new.html" + ("#panel" if request.htmx else "")
    return render(request, template, {"form": form, "interaction": interaction}, status=form_status(form))


@require_safe
def document(request: PageRequest, pk: int) -> FileResponse:
    """The file, to be saved: never shown by the browser as a page of ours, whatever is in it."""
    found = Document.objects.present().visible_to(request.user).select_related("content").filter(pk=pk).first()
    if found is None:
        raise Http404
    response = FileResponse(
        BytesIO(found.content.data),
        as_attachment=True,
        filename=found.name,
        content_type=CONTENT_TYPES.get(ending(found.name), "application/octet-stream"),
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_POST
def document_remove(request: PageRequest, pk: int) -> HttpResponse:
    found = get_editable(Document.objects.select_related("interaction"), request, pk)
    Document.objects.present().filter(pk=pk).update(removed_at=clock.now())
    words = _("“%(name)s” is removed.") % {"name": found.name}
    return saved(request, words, to=_page(found.interaction), undo=reverse("document_restore", args=[pk]), quiet=True)


@require_POST
def document_restore(request: PageRequest, pk: int) -> HttpResponse:
    found = get_editable(Document.objects.select_related("interaction"), request, pk)
    Document.objects.filter(pk=pk).update(removed_at=None)
    words = _("“%(name)s” is there again.") % {"name": found.name}
    return saved(request, words, to=_page(found.interaction), quiet=True)


def _page(interaction: Interaction) -> str:
    return reverse("customer", args=[interaction.customer_id])
