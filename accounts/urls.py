"""Addresses of this app."""

from django.contrib.auth import views as auth
from django.urls import path

from accounts import views

urlpatterns = [
    path(
        "login/",
        views.page_with_form(
            auth.LoginView.as_view(template_name="accounts/login.html", redirect_authenticated_user=True)
        ),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path(
        "password/change/",
        views.page_with_form(auth.PasswordChangeView.as_view(template_name="accounts/password_change.html")),
        name="password_change",
    ),
    path(
        "password/change/done/",
        auth.PasswordChangeDoneView.as_view(template_name="accounts/password_change_done.html"),
        name="password_change_done",
    ),
    path(
        "password/reset/",
        views.page_with_form(
            auth.PasswordResetView.as_view(
                template_name="accounts/password_reset.html",
                email_template_name="accounts/password_reset_mail.txt",
                subject_template_name="accounts/password_reset_subject.txt",
            )
        ),
        name="password_reset",
    ),
    path(
        "password/reset/sent/",
        auth.PasswordResetDoneView.as_view(template_name="accounts/password_reset_done.html"),
        name="password_reset_done",
    ),
    path(
        "password/reset/<uidb64>/<token>/",
        views.page_with_form(
            auth.PasswordResetConfirmView.as_view(template_name="accounts/password_reset_confirm.html")
        ),
        name="password_reset_confirm",
    ),
    path(
        "password/reset/done/",
        auth.PasswordResetCompleteView.as_view(template_name="accounts/password_reset_complete.html"),
        name="password_reset_complete",
    ),
    path("settings/", views.settings, name="settings"),
    path("settings/company/", views.company_settings, name="company_settings"),
    path("settings/me/", views.profile, name="profile"),
    path("settings/people/", views.people, name="people"),
    path("settings/people/new/", views.person_new, name="person_new"),
    path("settings/people/<int:pk>/", views.person, name="person"),
    path("settings/people/<int:pk>/absences/", views.person_absences, name="person_absences"),
    path("settings/people/<int:pk>/absences/restore/", views.absence_restore, name="absence_restore"),
    path("absences/<int:pk>/delete/", views.absence_delete, name="absence_delete"),
    path("settings/people/<int:pk>/password/", views.person_password, name="person_password"),
    path("settings/people/<int:pk>/access/", views.person_access, name="person_access"),
    path("settings/teams/", views.teams, name="teams"),
    path("settings/teams/new/", views.team_new, name="team_new"),
    path("settings/teams/<int:pk>/", views.team, name="team"),
]
