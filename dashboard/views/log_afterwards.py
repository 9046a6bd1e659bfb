"""After something was logged: taking it back, and what is to follow."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.requests import get_editable
from dashboard.undoing import may_be_undone, undo
from dashboard.views.replying import PageRequest, saved
from interactions.forms import WhenForm
from interactions.logging import follow
from interactions.models import Interaction
from retention.scoring import rescore
from retention_crm.lib import clock, dates


@require_POST
def log_undo(request: PageRequest, pk: int) -> HttpResponse:
    """For whoever logged it, and for managers."""
    at = clock.now()
    interaction = get_editable(Interaction.objects.select_related("customer"), request, pk)
    if interaction.author_id != request.user.pk and not request.user.is_manager:
        raise PermissionDenied
    to = _page(interaction)
    if not may_be_undone(interaction, at=at):
        return saved(request, _("This can not be taken back any more."), to=to)
    words = {"kind": interaction.get_kind_display(), "customer": interaction.customer.name}
    trashed = undo(interaction, request.GET.get("before", ""), by=request.user, at=at)
    again = reverse("trash_restore", args=[trashed.pk])
    return saved(request, _("Taken back: %(kind)s, %(customer)s.") % words, to=to, undo=again)


@require_POST
def log_next(request: PageRequest, pk: int) -> HttpResponse:
    """What follows from what was logged, chosen after it; a second choice moves the first."""
    at = clock.now()
    interaction = get_editable(Interaction.objects.select_related("customer"), request, pk)
    form = WhenForm(request.POST, user=request.user, at=at)
    if not form.is_valid():
        return saved(request, _("Nothing was planned: choose when."), to=_page(interaction))
    due_at = form.due_at()
    assert due_at is not None
    planned = follow(interaction, _("Get in touch again"), due_at, by=request.user, at=at)
    rescore([interaction.customer_id], at=at)
    words = {"title": planned.title, "time": dates.write(localtime(planned.due_at), "weekday, time")}
    return saved(request, _("Next: %(title)s, %(time)s.") % words, to=_page(interaction))


def _page(interaction: Interaction) -> str:
    return reverse("customer", args=[interaction.customer_id])
