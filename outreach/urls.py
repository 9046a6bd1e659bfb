"""Addresses of this app."""

from django.urls import path

from outreach import public_views
from outreach.views import (
    approvals,
    deciding,
    mailbox,
    messages,
    rehearsing,
    sending,
    suppression,
    tomorrow,
    unknown,
    wordings,
    writing,
)

_WORDING = "settings/wordings/<str:kind>/<str:language>/<str:tone>/"

urlpatterns = [
    path("u/<str:token>/", public_views.unsubscribe, name="unsubscribe"),
    path("p/<str:token>/", public_views.preferences, name="preferences"),
    path("anymail/<str:provider>/tracking/", public_views.provider_event, name="provider_event"),
    path("messages/", messages.messages, name="messages"),
    path("messages/<int:pk>/", messages.message, name="message"),
    path("messages/<int:pk>/html/", messages.message_html, name="message_html"),
    path("messages/tomorrow/", tomorrow.tomorrow, name="tomorrow"),
    path("messages/tomorrow/approve/", tomorrow.tomorrow_approve, name="tomorrow_approve"),
    path("messages/unknown/", unknown.unknown, name="unknown"),
    path("messages/<int:pk>/arrived/", unknown.message_arrived, name="message_arrived"),
    path("messages/<int:pk>/leave/", unknown.message_leave, name="message_leave"),
    path("messages/<int:pk>/unsettle/", unknown.message_unsettle, name="message_unsettle"),
    path("messages/<int:pk>/again/", unknown.message_again, name="message_again"),
    path("t/<str:token>/", rehearsing.test_page, name="test_page"),
    path("messages/<int:pk>/test/", rehearsing.message_test, name="message_test"),
    path("messages/<int:pk>/edit/", writing.message_edit, name="message_edit"),
    path("messages/<int:pk>/edit/preview/", writing.message_edit_preview, name="message_edit_preview"),
    path("messages/<int:pk>/approve/", deciding.message_approve, name="message_approve"),
    path("messages/<int:pk>/ask-again/", deciding.message_ask_again, name="message_ask_again"),
    path("messages/<int:pk>/hold/", deciding.message_hold, name="message_hold"),
    path("messages/<int:pk>/resume/", deciding.message_resume, name="message_resume"),
    path("messages/<int:pk>/propose/", deciding.message_propose, name="message_propose"),
    path("messages/<int:pk>/now/", deciding.message_now, name="message_now"),
    path("messages/<int:pk>/anyway/", deciding.message_anyway, name="message_anyway"),
    path("messages/<int:pk>/cancel/", deciding.message_cancel, name="message_cancel"),
    path("settings/approvals/", approvals.approvals, name="approvals"),
    path("settings/sending/", sending.sending, name="sending"),
    path("settings/sending/stop/", sending.sending_stop, name="sending_stop"),
    path("settings/sending/start/", sending.sending_start, name="sending_start"),
    path("settings/sending/try-again/", sending.sending_try, name="sending_try"),
    path("settings/suppression/", suppression.suppression, name="suppression"),
    path("settings/wordings/", wordings.wordings, name="wordings"),
    path(_WORDING, wordings.wording, name="wording"),
    path(f"{_WORDING}preview/", wordings.wording_preview, name="wording_preview"),
    path(f"{_WORDING}test/", rehearsing.wording_test, name="wording_test"),
    path(f"{_WORDING}reset/", wordings.wording_reset, name="wording_reset"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<str:key>/", mailbox.mail, name="mail"),
    path("mailbox/<str:key>/html/", mailbox.mail_html, name="mail_html"),
]
