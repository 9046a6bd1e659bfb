"""The product's settings, plus bare pages to measure against and a count of queries on every answer."""

from retention_crm.settings import *  # noqa: F403
from retention_crm.settings import INSTALLED_APPS as PRODUCT_APPS
from retention_crm.settings import MAILERS as PRODUCT_MAILERS
from retention_crm.settings import MIDDLEWARE as PRODUCT_MIDDLEWARE
from retention_crm.settings import env

INSTALLED_APPS = [*PRODUCT_APPS, "bench"]
MIDDLEWARE = ["bench.counting.QueryCount", *PRODUCT_MIDDLEWARE]
ROOT_URLCONF = "bench.urls"
# The two servers of bench.sink.
_SMTP = PRODUCT_MAILERS["default"]
MAILERS = {
    name: {**_SMTP, "OPTIONS": {**_SMTP["OPTIONS"], "port": env.int(f"{name.upper()}_SINK", default=2525)}}
    for name in ("default", "aiosmtpd", "quick")
}
