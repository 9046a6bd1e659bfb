"""All settings, read from the environment.

RETENTION_MODE chooses how strict they are: `production` (the default) needs a secret key and a site address and
sends everything over HTTPS; `demo` is the local trial company with a mailbox in the browser; `test` is the suite.
"""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from retention_crm.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

MODE = env.str("RETENTION_MODE", default="production")
if MODE not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(
        f"RETENTION_MODE is {MODE!r}; set it to production, demo or test (leave it unset for production)."
    )
DEMO = MODE == "demo"
PRODUCTION = MODE == "production"
DEBUG = env.switch("DEBUG", default=False)

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Set it to at least 50 random characters, for example with: "
        'python -c "import secrets; print(secrets.token_urlsafe(50))"'
    )
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

SITE_URL = env.str("SITE_URL", default="" if PRODUCTION else "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL] if SITE_URL else [])

INSTALLED_APPS = [
    "dashboard",
    "retention",
    "outreach",
    "surveys",
    "interactions",
    "customers",
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "anymail",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.PersonalMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "retention_crm.urls"
WSGI_APPLICATION = "retention_crm.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context_processors.shell",
            ],
            "builtins": ["retention_crm.lib.template_filters"],
        },
    },
]
FORMS_URLFIELD_ASSUME_HTTPS = True

if not env.str("DATABASE_URL", default=""):
    raise ImproperlyConfigured(
        "DATABASE_URL is not set. Start the commands through manage.py or `make run`, which bring a PostgreSQL of "
        "their own, or set it to your server, for example postgres://user:password@db.example.com:5432/retention_crm"
    )
DATABASES = {"default": env.database("DATABASE_URL")}
DATABASES["default"].update(
    {
        # A new connection costs 10 to 15 ms a page, so each thread keeps its own.
        "CONN_MAX_AGE": env.number("DATABASE_CONN_MAX_AGE", default=0 if MODE == "test" else 600),
        "CONN_HEALTH_CHECKS": True,
        # Nothing here is read in pieces; lists of choices would take three round trips each instead of one.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "ATOMIC_REQUESTS": False,
    }
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if not env.str("REDIS_URL", default=""):
    raise ImproperlyConfigured(
        "REDIS_URL is not set. Start the commands through manage.py or `make run`, which bring a Valkey of their own, "
        "or set it to your server, for example redis://cache.example.com:6379/0"
    )
REDIS_URL = env.broker("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # What all processes count together.
    "shared": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "retention-crm",
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The language of what the product writes by itself, and of people whose browser asks for none of the others.
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
# Every browser of a test builds the middleware anew, which otherwise looks at all static files each time.
WHITENOISE_AUTOREFRESH = MODE == "test"

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Mail. EMAIL_URL names a plain SMTP server (smtp+tls://user:password@mail.example.com:587); EMAIL_PROVIDER names one of
# django-anymail's backends instead (for example anymail.backends.postmark.EmailBackend), configured by ANYMAIL_* below.
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="" if PRODUCTION else "crm@example.com")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_PROVIDER = env.str("EMAIL_PROVIDER", default="")
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_PROVIDER:
    MAILERS = {"default": {"BACKEND": EMAIL_PROVIDER}}
elif MODE == "test" and not EMAIL_URL:
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
else:
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                **env.mail_server("EMAIL_URL", default="smtp://127.0.0.1:2525"),
                "timeout": env.number("EMAIL_TIMEOUT", default=20),
            },
        }
    }
# WEBHOOK_SECRET ("user:password") in it guards the address the provider tells its events to, which is
# anymail/<provider>/tracking/
ANYMAIL = env.object("ANYMAIL")
# With a plain server: mails that can not be delivered go back to this address, with a key before the @ that names the
# message (bounces+<key>@example.com), and are read from that mailbox (imaps://user:password@mail.example.com/INBOX).
BOUNCE_ADDRESS = env.str("BOUNCE_ADDRESS", default="")
BOUNCE_MAILBOX = env.mailbox("BOUNCE_MAILBOX")
# The mailbox of the demo: a Maildir that /mailbox/ shows. Never in production (system check outreach.E001).
MAILBOX_DIR = env.str("MAILBOX_DIR", default="")

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
# A tick that waited longer than this is pointless: the next one does its work.
CELERY_TASK_DEFAULT_QUEUE = "retention"
CELERY_TIMEZONE = "UTC"

_self_and_nonce = [CSP.SELF, CSP.NONCE]
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": _self_and_nonce,
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.switch("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", default=31536000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.switch("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.switch("SECURE_HSTS_PRELOAD", default=True)
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    if env.switch("BEHIND_HTTPS_PROXY", default=True):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# The largest file of customers that may be brought, in megabytes.
IMPORT_MAX_MB = env.number("IMPORT_MAX_MB", default=50)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "retention_crm.lib.masking.MaskingFormatter",
            "format": "{levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # A tick every few seconds is no news; the tasks say themselves what they did.
    "loggers": {name: {"level": "WARNING"} for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat")},
}
