"""Getting what belongs to a customer for whoever asks."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from accounts.requests import PersonRequest
from customers.models import CustomerDataQuerySet


def get_editable[M: Any](rows: CustomerDataQuerySet[M], request: PersonRequest, pk: int) -> M:
    """The row the person may change: 404 if they may not see it, 403 if they may only read it.

    For models that are seen because of their customer and for no other reason.
    """
    row = get_object_or_404(rows.visible_to(request.user), pk=pk)
    if not may_change(row, rows, request):
        raise PermissionDenied
    return row


def may_change[M: Any](row: M, rows: CustomerDataQuerySet[M], request: PersonRequest) -> bool:
    """Whether the person, who may see the row, may change it as well."""
    # Whoever does not read everything reads what is theirs, and may change that.
    is_sure = request.user.sees_everything or not request.user.reads_everything
    return is_sure or rows.editable_by(request.user).filter(pk=row.pk).exists()
