"""The product's addresses, and the bare pages."""

from django.urls import include, path

from bench import bare

urlpatterns = [
    path("", include("retention_crm.urls")),
    path("bare/list/", bare.bare_list, name="bare_list"),
    path("bare/record/<int:pk>/", bare.bare_record, name="bare_record"),
    path("bare/form/<int:pk>/", bare.bare_form, name="bare_form"),
    path("bare/insert/", bare.bare_insert, name="bare_insert"),
    path("bare/public/<int:pk>/", bare.bare_public, name="bare_public"),
]
