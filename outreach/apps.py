from django.apps import AppConfig
from django.core.checks import register
from django.utils.module_loading import autodiscover_modules

from outreach.checks import check_mail_settings


class OutreachConfig(AppConfig):
    name = "outreach"
    verbose_name = "Outreach"

    def ready(self) -> None:
        register(check_mail_settings)
        # What apps above this one tell staff at once; see outreach.alerting.
        autodiscover_modules("alarming")
