"""Addresses of this app."""

from django.urls import path

from surveys import public_views
from surveys.views import answers, building, following_up, occasions, public_links, results, themes, translating

urlpatterns = [
    path("s/<str:token>/", public_views.survey_answer, name="survey_answer"),
    path("q/<str:token>/", public_views.survey_public, name="survey_public"),
    path("surveys/", answers.surveys, name="surveys"),
    path("surveys/new/", building.survey_new, name="survey_new"),
    path("surveys/follow-ups/", following_up.survey_follow_ups, name="survey_follow_ups"),
    path("surveys/themes/", themes.themes, name="themes"),
    path("surveys/themes/new/", themes.theme_new, name="theme_new"),
    path("surveys/themes/<int:pk>/", themes.theme_edit, name="theme_edit"),
    path("surveys/themes/<int:pk>/delete/", themes.theme_delete, name="theme_delete"),
    path("answers/<int:pk>/themes/", themes.answer_themes, name="answer_themes"),
    path("surveys/<int:pk>/", answers.survey, name="survey"),
    path("surveys/<int:pk>/results/", results.survey_results, name="survey_results"),
    path("surveys/<int:pk>/results/<str:kind>/", results.survey_export, name="survey_export"),
    path("surveys/<int:pk>/edit/", building.survey_edit, name="survey_edit"),
    path("surveys/<int:pk>/settings/", building.survey_settings, name="survey_settings"),
    path("surveys/<int:pk>/thanks/", building.survey_thanks, name="survey_thanks"),
    path("surveys/<int:pk>/publish/", building.survey_publish, name="survey_publish"),
    path("surveys/<int:pk>/discard/", building.survey_discard, name="survey_discard"),
    path("surveys/<int:pk>/preview/", building.survey_preview, name="survey_preview"),
    path("surveys/<int:pk>/preview/frame/", building.survey_preview_frame, name="survey_preview_frame"),
    path("surveys/<int:pk>/languages/", translating.survey_languages, name="survey_languages"),
    path("surveys/<int:pk>/languages/<str:language>/", translating.survey_language, name="survey_language"),
    path("surveys/<int:pk>/questions/new/<str:kind>/", building.question_new, name="question_new"),
    path("surveys/<int:pk>/questions/<str:key>/", building.question_edit, name="question_edit"),
    path("surveys/<int:pk>/questions/<str:key>/move/", building.question_move, name="question_move"),
    path("surveys/<int:pk>/questions/<str:key>/remove/", building.question_remove, name="question_remove"),
    path("surveys/<int:pk>/questions/<str:key>/put-back/", building.question_put_back, name="question_put_back"),
    path("surveys/<int:pk>/confidence/", building.survey_confidence, name="survey_confidence"),
    path("surveys/<int:pk>/links/", public_links.public_links, name="public_links"),
    path("public-links/<int:pk>/qr.svg", public_links.public_link_code, name="public_link_code"),
    path("public-links/<int:pk>/revoke/", public_links.public_link_revoke, name="public_link_revoke"),
    path("surveys/<int:pk>/occasions/", occasions.survey_occasions, name="survey_occasions"),
    path("surveys/<int:pk>/occasions/new/<str:kind>/", occasions.occasion_new, name="occasion_new"),
    path("occasions/<int:pk>/", occasions.occasion_edit, name="occasion_edit"),
    path("invitations/<int:pk>/revoke/", answers.invitation_revoke, name="invitation_revoke"),
]
