"""What nobody looks after: in the hands of somebody who is gone, and given to a colleague by one click."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import PersonRequest, managers_only
from customers.handing_over import hand_over
from customers.handing_over import left_behind as found_left_behind
from retention_crm.lib import clock, text


@require_safe
@managers_only
def left_behind(request: PersonRequest) -> HttpResponse:
    """By person, with a colleague to choose; for htmx a line that says so, or nothing."""
    rows = found_left_behind()
    if request.headers.get("HX-Request"):
        return render(request, "dashboard/left_behind.html#line", {"rows": rows})
    colleagues = User.objects.get_queryset().active().order_by("name", "pk")
    return render(request, "dashboard/left_behind.html", {"rows": rows, "colleagues": list(colleagues) if rows else []})


@require_POST
@managers_only
def left_behind_give(request: PersonRequest, pk: int) -> HttpResponse:
    """All of it goes to the colleague; a person who is here keeps what they have."""
    person = get_object_or_404(User, pk=pk)
    chosen = text.row_id(request.POST.get("to", ""))
    to = User.objects.get_queryset().active().filter(pk=chosen).exclude(pk=person.pk).first() if chosen else None
    if person.is_active:
        messages.warning(request, _("%(name)s is here and keeps what they look after.") % {"name": person})
    elif to is None:
        messages.warning(request, _("Choose a colleague who is here."))
    else:
        introduce = request.user.company.introduces_owners
        hand_over(person, to=to, by=request.user, at=clock.now(), introduce=introduce)
        words = _("%(to)s looks after what %(name)s had in hand.") % {"to": to, "name": person}
        messages.success(request, words)
    return redirect("left_behind")
