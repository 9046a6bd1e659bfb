"""Addresses of this app."""

from django.urls import path

from outreach import public_views
from outreach.views import approvals, mailbox, messages, wordings

_WORDING = "settings/wordings/<str:kind>/<str:language>/<str:tone>/"

urlpatterns = [
    path("u/<str:token>/", public_views.unsubscribe, name="unsubscribe"),
    path("messages/", messages.messages, name="messages"),
    path("messages/<int:pk>/", messages.message, name="message"),
    path("messages/<int:pk>/html/", messages.message_html, name="message_html"),
    path("messages/<int:pk>/cancel/", messages.message_cancel, name="message_cancel"),
    path("settings/approvals/", approvals.approvals, name="approvals"),
    path("settings/wordings/", wordings.wordings, name="wordings"),
    path(_WORDING, wordings.wording, name="wording"),
    path(f"{_WORDING}preview/", wordings.wording_preview, name="wording_preview"),
    path(f"{_WORDING}reset/", wordings.wording_reset, name="wording_reset"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<str:key>/", mailbox.mail, name="mail"),
    path("mailbox/<str:key>/html/", mailbox.mail_html, name="mail_html"),
]
