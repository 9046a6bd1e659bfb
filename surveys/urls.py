"""Addresses of this app."""

from django.urls import path

from surveys import public_views, views

urlpatterns = [
    path("s/<str:token>/", public_views.survey_answer, name="survey_answer"),
    path("surveys/", views.surveys, name="surveys"),
    path("surveys/new/", views.survey_new, name="survey_new"),
    path("surveys/<int:pk>/", views.survey, name="survey"),
    path("surveys/<int:pk>/edit/", views.survey_edit, name="survey_edit"),
    path("invitations/<int:pk>/revoke/", views.invitation_revoke, name="invitation_revoke"),
]
