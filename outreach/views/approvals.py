"""The settings of approval: a table of kinds and segments."""

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import PersonRequest
from customers.models import Segment
from outreach.approving import Cell, ask_for, asked_for
from outreach.models import CUSTOMER_KINDS
from retention_crm.lib import text

ALL = "all"


@require_http_methods(["GET", "HEAD", "POST"])
def approvals(request: PersonRequest) -> HttpResponse:
    """What is ticked waits until somebody has approved it; `cell` names a kind and a segment, or all of them."""
    if not request.user.is_manager:
        raise PermissionDenied
    if request.method == "POST":
        ask_for(filter(None, map(_cell, request.POST.getlist("cell"))))
        notices.success(request, _("Saved. It counts for what is planned from now on."))
        return redirect("approvals")
    ticked = asked_for()
    rows = [
        {"segment": segment, "cells": [_box(kind, segment, ticked) for kind in CUSTOMER_KINDS]}
        for segment in (None, *Segment.objects.all())
    ]
    return render(request, "outreach/approvals.html", {"rows": rows, "kinds": CUSTOMER_KINDS})


def _box(kind: str, segment: Segment | None, ticked: set[Cell]) -> dict[str, object]:
    pk = segment.pk if segment else None
    return {"kind": kind, "value": f"{kind}:{pk or ALL}", "is_ticked": (kind, pk) in ticked}


def _cell(value: str) -> Cell | None:
    kind, _colon, segment = value.partition(":")
    if segment == ALL:
        return kind, None
    pk = text.row_id(segment)
    return None if pk is None else (kind, pk)
