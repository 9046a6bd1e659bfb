"""Addresses of this app."""

from django.urls import path

from customers import views

urlpatterns = [
    path("customers/new/", views.customer_new, name="customer_new"),
    path("customers/<int:pk>/edit/", views.customer_edit, name="customer_edit"),
    path("customers/<int:pk>/owner-known/", views.owner_known, name="owner_known"),
    path("customers/<int:customer_pk>/contacts/new/", views.contact_new, name="contact_new"),
    path("contacts/<int:pk>/edit/", views.contact_edit, name="contact_edit"),
    path("contacts/<int:contact_pk>/events/new/", views.event_new, name="event_new"),
    path("events/<int:pk>/edit/", views.event_edit, name="event_edit"),
    path("events/<int:pk>/delete/", views.event_delete, name="event_delete"),
    path("contacts/<int:contact_pk>/details/new/", views.detail_new, name="detail_new"),
    path("details/<int:pk>/edit/", views.detail_edit, name="detail_edit"),
    path("details/<int:pk>/delete/", views.detail_delete, name="detail_delete"),
    path("contacts/<int:pk>/deceased/", views.contact_deceased, name="contact_deceased"),
    path("settings/people/<int:pk>/hand-over/", views.person_hand_over, name="person_hand_over"),
    path("settings/hand-overs/<int:pk>/undo/", views.hand_over_undo, name="hand_over_undo"),
    path("settings/segments/", views.segments, name="segments"),
    path("settings/segments/new/", views.segment_new, name="segment_new"),
    path("settings/segments/<int:pk>/", views.segment, name="segment"),
]
