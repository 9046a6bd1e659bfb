"""Views: lists of customers under a name, for oneself or shared."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import PersonRequest
from customers.models import Customer
from customers.removing import remove
from dashboard.filters import CustomerFilter
from dashboard.models import FirstView, SavedView
from dashboard.view_forms import SavedViewForm
from retention_crm.lib import clock

page_with_form = require_http_methods(["GET", "HEAD", "POST"])


@page_with_form
def saved_view_new(request: PersonRequest) -> HttpResponse:
    """Keeps the list whose filters, order and columns stand in the address."""
    return _page(request, SavedView(owner=request.user, query=_query(request)))


@page_with_form
def saved_view_edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Renames or shares a view, or makes it show what stands in the address."""
    view = _changeable(request, pk)
    view.query = _query(request) or view.query
    return _page(request, view)


@page_with_form
def saved_view_delete(request: PersonRequest, pk: int) -> HttpResponse:
    view = _changeable(request, pk)
    if request.method == "POST":
        trashed = remove(view, name=view.name, by=request.user, at=clock.now())
        words = _("The view “%(name)s” is gone. No customer was changed.") % {"name": view.name}
        messages.success(request, words, extra_tags=reverse("trash_restore", args=[trashed.pk]))
        return redirect(f"{reverse('customers')}?view=")
    return render(request, "dashboard/saved_view_delete.html", {"view": view})


def _changeable(request: PersonRequest, pk: int) -> SavedView:
    view = get_object_or_404(SavedView.objects.visible_to(request.user).select_related("owner"), pk=pk)
    if not view.may_be_changed_by(request.user):
        raise PermissionDenied
    return view


def _query(request: PersonRequest) -> str:
    """What of the address narrows, orders or chooses columns; nothing else is kept."""
    return CustomerFilter(request.GET, Customer.objects.none(), request=request).query.urlencode()


def _page(request: PersonRequest, view: SavedView) -> HttpResponse:
    is_first = FirstView.objects.filter(user=request.user, view=view.pk).exists() if view.pk else False
    form = SavedViewForm(request.POST or None, instance=view, user=request.user, initial={"opens_first": is_first})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            _set_first(request, view, wanted=form.cleaned_data["opens_first"])
        messages.success(request, _("Saved. You find it above the list."))
        return redirect(f"{reverse('customers')}?{view.address_query}")
    context: dict[str, Any] = {"form": form, "view": view}
    return render(request, "dashboard/saved_view.html", context)


def _set_first(request: PersonRequest, view: SavedView, *, wanted: bool) -> None:
    if wanted:
        FirstView.objects.update_or_create(user=request.user, defaults={"view": view})
    else:
        FirstView.objects.filter(user=request.user, view=view).delete()
