"""Addresses of this app."""

from django.urls import path

from outreach import public_views

urlpatterns = [
    path("u/<str:token>/", public_views.unsubscribe, name="unsubscribe"),
]
