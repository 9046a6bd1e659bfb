"""The settings of tags and of the fields a company adds of its own."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest, administrators_only, managers_read_administrators_change
from customers.label_forms import CustomFieldForm, TagForm
from customers.models import CustomField, Tag
from customers.removing import remove
from retention_crm.lib import clock

page_with_form = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@managers_read_administrators_change
def tags(request: PersonRequest) -> HttpResponse:
    shown = Tag.objects.annotate(number=Count("customers"))
    return render(request, "customers/tags.html", {"tags": shown})


@page_with_form
@managers_read_administrators_change
def tag(request: PersonRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Tag.objects.annotate(number=Count("customers")), pk=pk)
    form = TagForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("tags")
    return render(request, "customers/tag.html", {"form": form, "tag": shown})


@page_with_form
@administrators_only
def tag_delete(request: PersonRequest, pk: int) -> HttpResponse:
    """Asks, and takes the tag from all customers that have it."""
    shown = get_object_or_404(Tag.objects.annotate(number=Count("customers")), pk=pk)
    if request.method == "POST":
        trashed = remove(shown, name=shown.name, by=request.user, at=clock.now())
        words = _("The tag “%(name)s” is gone.") % {"name": shown.name}
        messages.success(request, words, extra_tags=reverse("trash_restore", args=[trashed.pk]))
        return redirect("tags")
    return render(request, "customers/tag_delete.html", {"tag": shown})


@require_safe
@managers_read_administrators_change
def custom_fields(request: PersonRequest) -> HttpResponse:
    return render(request, "customers/custom_fields.html", {"fields": CustomField.objects.all()})


@page_with_form
@administrators_only
def custom_field_new(request: PersonRequest) -> HttpResponse:
    return _custom_field_page(request, CustomField())


@page_with_form
@managers_read_administrators_change
def custom_field(request: PersonRequest, pk: int) -> HttpResponse:
    return _custom_field_page(request, get_object_or_404(CustomField, pk=pk))


def _custom_field_page(request: PersonRequest, field: CustomField) -> HttpResponse:
    form = CustomFieldForm(request.POST or None, instance=field)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("custom_fields")
    return render(request, "customers/custom_field.html", {"form": form, "field": field})
