"""Bringing customers from a file: the list of imports, and one from the upload to the report."""

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest
from customers.import_forms import ColumnsForm, ReadingForm, UploadForm
from customers.importing.checking import last_line
from customers.importing.recognising import layout_label
from customers.importing.reporting import first_lines, reasons, refused_file
from customers.importing.running import begin
from customers.importing.staging import take_in
from customers.importing.undoing import ask_to_undo, kept_reasons
from customers.models import Import, ImportState, Segment
from dashboard.views.replying import PageRequest, form_status, posted
from retention_crm.lib import clock

page_with_form = require_http_methods(["GET", "HEAD", "POST"])
SHOWN = 50


def _visible(request: PersonRequest, pk: int) -> Import:
    return get_object_or_404(Import.objects.visible_to(request.user).select_related("created_by"), pk=pk)


@require_safe
def imports(request: PersonRequest) -> HttpResponse:
    """The person's imports, the latest first; managers see everybody's."""
    rows = Import.objects.visible_to(request.user).select_related("created_by").defer("columns", "mapping", "options")
    return render(request, "customers/imports.html", {"imports": rows[:SHOWN]})


@page_with_form
def import_new(request: PageRequest) -> HttpResponse:
    """Takes the file; a worker reads it."""
    form = UploadForm(posted(request), request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        intake = take_in(file.name, file.chunks(), by=request.user, at=clock.now())
        return redirect("import", intake.pk)
    context = {"form": form, "has_segments": Segment.objects.exists()}
    return render(request, "customers/import_new.html", context, status=form_status(form))


@require_safe
def import_page(request: PageRequest, pk: int) -> HttpResponse:
    """Where the import stands, and what comes next; while a worker is at it, the page asks again by itself."""
    intake = _visible(request, pk)
    if intake.state == ImportState.MAPPING:
        to = reverse("import_columns", args=[pk])
        return HttpResponse(headers={"HX-Redirect": to}) if request.htmx else redirect(to)
    in_place = request.htmx and not request.htmx.history_restore_request
    response = render(request, "customers/import.html" + ("#standing" if in_place else ""), _context(intake))
    patch_vary_headers(response, ["HX-Request"])
    return response


def _left_out(intake: Import) -> list[str]:
    """The columns with something in them that goes nowhere."""
    pairs = zip(intake.columns, intake.mapping, strict=False)
    return [column["name"] for column, goes in pairs if column["filled"] and not goes["target"]]


def _context(intake: Import) -> dict[str, object]:
    is_read = intake.state not in {ImportState.READING, ImportState.CHECKING}
    return {
        "intake": intake,
        "left_out": _left_out(intake),
        "lines": first_lines(intake) if intake.state == ImportState.READY else [],
        "reasons": reasons(intake) if is_read else [],
        "kept": kept_reasons(intake) if intake.state == ImportState.UNDONE else [],
        "can_be_undone": intake.can_be_undone(clock.now()),
    }


@page_with_form
def import_columns(request: PageRequest, pk: int) -> HttpResponse:
    """Where each column goes; may be said anew until the import has begun."""
    intake = _visible(request, pk)
    if intake.state not in {ImportState.MAPPING, ImportState.READY}:
        return redirect("import", pk)
    form = ColumnsForm(posted(request), intake=intake, user=request.user)
    if request.method == "POST" and form.is_valid():
        fields = {"mapping": form.mapping(), "options": form.options(), "total": last_line(intake)}
        intake.move_to(ImportState.CHECKING, frm=(ImportState.MAPPING, ImportState.READY), **fields)
        return redirect("import", pk)
    context = {
        "intake": intake,
        "form": form,
        "left_out": _left_out(intake),
        "layout": layout_label(intake.found.get("layout", "")),
        "reading": ReadingForm(intake=intake) if intake.found.get("format") in {"csv", "vcard"} else None,
    }
    return render(request, "customers/import_columns.html", context, status=form_status(form))


@require_POST
def import_reread(request: PersonRequest, pk: int) -> HttpResponse:
    """Reads the file anew, as the person says it is written."""
    intake = _visible(request, pk)
    form = ReadingForm(request.POST, intake=intake)
    if form.is_valid():
        frm = (ImportState.MAPPING, ImportState.READY)
        intake.move_to(ImportState.READING, frm=frm, reading=form.cleaned_data, total=0)
    return redirect("import", pk)


@require_POST
def import_run(request: PersonRequest, pk: int) -> HttpResponse:
    """Begins to write; pressed twice, it begins once."""
    begin(_visible(request, pk))
    return redirect("import", pk)


@require_POST
def import_undo(request: PersonRequest, pk: int) -> HttpResponse:
    if not ask_to_undo(_visible(request, pk), by=request.user, at=clock.now()):
        messages.warning(request, _("This import can not be undone any more."))
    return redirect("import", pk)


@require_POST
def import_discard(request: PersonRequest, pk: int) -> HttpResponse:
    """Takes away an import that has not begun, with its file."""
    intake = _visible(request, pk)
    if not intake.is_unbegun:
        messages.warning(request, _("The import has begun; it can be undone when it is done."))
        return redirect("import", pk)
    intake.delete()
    messages.success(request, _("“%(name)s” is discarded. Nothing was imported.") % {"name": intake.file_name})
    return redirect("imports")


@require_safe
def import_refused(request: PersonRequest, pk: int) -> StreamingHttpResponse:
    """The refused lines as a file that can be mended and imported again."""
    intake = _visible(request, pk)
    name = slugify(intake.file_name.rpartition(".")[0]) or "import"
    headers = {"Content-Disposition": f'attachment; filename="{name}-refused.csv"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(refused_file(intake), content_type="text/csv; charset=utf-8", headers=headers)
