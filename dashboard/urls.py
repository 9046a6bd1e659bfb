"""Addresses of this app."""

from django.urls import path

from dashboard.views.customer_list import customers

urlpatterns = [
    path("customers/", customers, name="customers"),
]
