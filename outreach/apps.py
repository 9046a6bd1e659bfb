from django.apps import AppConfig
from django.core.checks import register

from outreach.checks import check_mail_settings


class OutreachConfig(AppConfig):
    name = "outreach"
    verbose_name = "Outreach"

    def ready(self) -> None:
        register(check_mail_settings)
