"""What a browser asks for by itself, without a login: the app's manifest and worker, the page without a network."""

import json

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from dashboard.installing import manifest, worker_files, worker_script, worker_version
from interactions.forms import UnsentForm


@login_not_required
@require_safe
@cache_control(max_age=3600)
def app_manifest(request: HttpRequest) -> HttpResponse:
    return JsonResponse(manifest(), content_type="application/manifest+json")


@login_not_required
@require_safe
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """Served from the root, so that it may answer for all pages; never from a cache, so that a new one is seen."""
    page = render_to_string("dashboard/offline.html", {"form": UnsentForm()})
    build = {"version": worker_version(page), "files": worker_files(), "offline": reverse("offline")}
    return HttpResponse(f"const BUILD = {json.dumps(build)};\n{worker_script()}", content_type="text/javascript")


@login_not_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The same for everybody; kept on the device and shown when there is no network."""
    return render(request, "dashboard/offline.html", {"form": UnsentForm()})
