"""All addresses; each app brings its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("dashboard.urls")),
    path("", include("accounts.urls")),
    path("", include("customers.urls")),
    path("", include("surveys.urls")),
    path("", include("outreach.urls")),
    path("", include("retention.urls")),
]
