"""Public links of a survey with their codes: made, shown, revoked."""

from io import BytesIO

import segno
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest, managers_only
from retention_crm.lib import clock
from surveys.forms import PublicLinkForm
from surveys.linking import public_url
from surveys.models import PublicLink, Survey


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def public_links(request: PersonRequest, pk: int) -> HttpResponse:
    """The links with how many answered by each, and a form for one more."""
    survey = get_object_or_404(Survey, pk=pk)
    is_posted = request.method == "POST"
    form = PublicLinkForm(
        request.POST if is_posted else None, instance=PublicLink(survey=survey, created_by=request.user)
    )
    if is_posted and form.is_valid():
        link = form.save()
        messages.success(request, _("“%(name)s” can be answered from now on.") % {"name": link})
        return redirect("public_links", pk=pk)
    rows = survey.public_links.select_related("created_by").annotate(answers=Count("unnamed"))
    context = {"survey": survey, "form": form, "links": [(row, public_url(row)) for row in rows]}
    return render(request, "surveys/public_links.html", context, status=422 if form.is_bound else 200)


@require_safe
@managers_only
def public_link_code(request: PersonRequest, pk: int) -> HttpResponse:
    """The address as a picture that a telephone reads, for a printed page."""
    link = get_object_or_404(PublicLink, pk=pk)
    picture = BytesIO()
    segno.make(public_url(link), error="m", micro=False).save(
        picture, kind="svg", scale=8, border=4, light="white", title=link.name
    )
    headers = {"Cache-Control": "no-store, private"}
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml", headers=headers)


@require_POST
@managers_only
def public_link_revoke(request: PersonRequest, pk: int) -> HttpResponse:
    """Ends a link; what was answered by it stays. The first time stands."""
    link = get_object_or_404(PublicLink, pk=pk)
    PublicLink.objects.filter(pk=pk, revoked_at__isnull=True).update(revoked_at=clock.now())
    messages.success(request, _("“%(name)s” no longer works.") % {"name": link})
    return redirect("public_links", pk=link.survey_id)
