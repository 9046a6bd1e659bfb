"""What gunicorn writes, without the keys of links: `gunicorn --logger-class retention_crm.access_log.Logger`."""

from typing import Any

from gunicorn import glogging  # type: ignore[import-untyped]

from retention_crm.lib.masking import MaskingFormatter


class Logger(glogging.Logger):  # type: ignore[misc]
    """Masks the lines about requests and those about errors."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log, form in ((self.error_log, self.error_fmt), (self.access_log, self.access_fmt)):
            for handler in log.handlers:
                handler.setFormatter(MaskingFormatter(form, self.datefmt))
