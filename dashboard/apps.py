from django.apps import AppConfig

# So that the pages' hints to the workers go to the broker of the settings.
from retention_crm.celery import app as celery_app

__all__ = ["DashboardConfig", "celery_app"]


class DashboardConfig(AppConfig):
    name = "dashboard"
    verbose_name = "Dashboard"
