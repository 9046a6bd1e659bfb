"""The product's settings, plus bare pages to measure against and a count of queries on every answer."""

from retention_crm.settings import *  # noqa: F403
from retention_crm.settings import INSTALLED_APPS as PRODUCT_APPS
from retention_crm.settings import MIDDLEWARE as PRODUCT_MIDDLEWARE

INSTALLED_APPS = [*PRODUCT_APPS, "bench"]
MIDDLEWARE = ["bench.counting.QueryCount", *PRODUCT_MIDDLEWARE]
ROOT_URLCONF = "bench.urls"
