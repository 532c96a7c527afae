"""All settings of the site, read once from the environment and from the file that ENV_FILE names (default: var/env).

The environment wins over the file. Every name that is read appears below as `env...("NAME", ...)`. A mistake stops the
start: ImproperlyConfigured, with one line that says what to do.
"""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured
from environs import validate as validators

from helpdesk.env import LOOPBACK_HOSTS, SettingsEnv, matches, url_host

BASE_DIR = Path(__file__).resolve().parent.parent
# What the site writes: the database, the secret key, the collected static files.
VAR_DIR = BASE_DIR / "var"

env = SettingsEnv()
# `make run` keeps the generated secret key in this file. An empty ENV_FILE reads no file.
env.load_env_file("ENV_FILE", VAR_DIR / "env")

# --- Secrets and the address -----------------------------------------------------------------------------------------

# Signs cookies and links. At least 50 random characters, the same on every machine of the site, never published.
SECRET_KEY = env.secret_key("SECRET_KEY")

# Former keys, separated by commas. What was encrypted with them can still be read (docs/production.md).
SECRET_KEY_FALLBACKS: list[str] = list(filter(None, env.list("SECRET_KEY_FALLBACKS", [])))

# Shows details of errors to everybody. Never enable it where customers come.
DEBUG = env.flag("DEBUG", False)

# The public address of the site, without a path. With https every cookie is Secure and named `__Host-`.
# Plain http is for your own machine only.
SITE_URL = env.site_url("SITE_URL", "http://127.0.0.1:8000")
SITE_HOST, SITE_SCHEME = url_host(SITE_URL), urlsplit(SITE_URL).scheme
HTTPS = SITE_SCHEME == "https"
if DEBUG and HTTPS:
    raise ImproperlyConfigured("DEBUG shows the site's internals to everybody. Set DEBUG=false, or leave it out.")

# More host names of the site, separated by commas; for example an old one.
EXTRA_HOSTS = env.hosts("EXTRA_HOSTS")
ALLOWED_HOSTS = list(dict.fromkeys([SITE_HOST, *EXTRA_HOSTS, *([] if HTTPS else LOOPBACK_HOSTS)]))
# Forms are accepted from the site's own address, even if a proxy in front speaks https and forwards http.
CSRF_TRUSTED_ORIGINS = [SITE_URL, *(f"{SITE_SCHEME}://{host}" for host in EXTRA_HOSTS)]

# Where gunicorn listens, unless systemd passes it a socket, and its number of processes (gunicorn.conf.py).
_PORT: int = env.read(env.int, "PORT", 8000, "a number from 0 to 65535", validate=validators.Range(0, 65535))
LISTEN = f"{env.str('HOST', '127.0.0.1')}:{_PORT}"
PROCESSES = env.count("WEB_CONCURRENCY", 1, "processes")

# true if a proxy in front always sets X-Forwarded-Proto itself. Otherwise anyone could claim https.
TRUSTED_PROXY = env.flag("TRUSTED_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY else None

# The bearer token (Authorization: Bearer ...) for /metrics. Without a token there is no such page.
METRICS_TOKEN: str = env.read(
    env.str,
    "METRICS_TOKEN",
    "",
    "at least 20 random characters without spaces, or empty",
    validate=matches("[!-~]{20,}|"),
)

# --- Cookies and headers ---------------------------------------------------------------------------------------------

_COOKIE_PREFIX = "__Host-" if HTTPS else ""
# Proves which sessions a visitor owns (wizards/permissions.py sets it).
VISITOR_COOKIE_NAME = f"{_COOKIE_PREFIX}visitor"
# Staff only: a customer never gets a Django session.
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}staff"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "helpdesk.errors.csrf_failure"

SECURE_SSL_REDIRECT = HTTPS
# Load balancers and monitors request these at a machine's internal address (helpdesk/observability/health.py).
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", *([r"^metrics$"] if METRICS_TOKEN else [])]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Django's defaults apply: nosniff, Referrer-Policy and Cross-Origin-Opener-Policy same-origin, X-Frame-Options DENY.
# Scripts, styles and everything else come from this site only, nothing is inline, and nobody may frame a page.
CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

# --- Sign-in of staff (helpdesk/accounts/) ---------------------------------------------------------------------------

# true asks staff for a second step, a code from their phone; those without one have to set it up before anything else.
# false is for a demonstration on your own machine.
STAFF_MFA = env.flag("STAFF_MFA", HTTPS)
STAFF_IDLE = timedelta(minutes=30)  # without activity, before staff have to sign in again
STAFF_LONGEST = timedelta(hours=12)  # the same, regardless of activity
SESSION_COOKIE_AGE = int(STAFF_LONGEST.total_seconds())  # in the database

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account_start"
ACCOUNT_ADAPTER = "helpdesk.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = False  # the cookie ends when the browser closes
ACCOUNT_FORMS = {
    "login": "helpdesk.accounts.forms.SignInForm",
    "reauthenticate": "helpdesk.accounts.forms.ReauthenticateForm",
    "change_password": "helpdesk.accounts.forms.ChangePasswordForm",  # nosec B105  # a class
}
MFA_ADAPTER = "helpdesk.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Help desk"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off; each code still works only once
MFA_ALLOW_UNVERIFIED_EMAIL = True  # admins create the accounts: nobody signs up with somebody else's address
MFA_FORMS = {
    "authenticate": "helpdesk.accounts.forms.SecondStepForm",
    "reauthenticate": "helpdesk.accounts.forms.ReauthenticateCodeForm",
    "activate_totp": "helpdesk.accounts.forms.ActivatePhoneForm",
}

# --- Apps, middleware, templates -------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "crispy_forms",
    "crispy_bootstrap5",
    "adminsortable2",
    "django_object_actions",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "helpdesk",
    "django_tasks",
    "django_tasks_db",
    "wizards",
]
MIDDLEWARE = [
    "helpdesk.observability.logging.request_id_middleware",
    "helpdesk.observability.metrics.latency_middleware",
    "helpdesk.security_headers.security_headers_middleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "helpdesk.observability.health.health_middleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "helpdesk.request_guard.request_guard_middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "helpdesk.accounts.session_policy.staff_session_middleware",
]
ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
# The buttons on an object's page in the admin only lead to other pages.
DJANGO_OBJECT_ACTIONS_DEFAULT_HTTP_METHOD = "GET"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # caches templates if DEBUG is off
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Data ------------------------------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _database() -> dict[str, Any]:
    database = env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # Writers wait (IMMEDIATE, 20 s) instead of failing. An answer is on the disk before it is acknowledged (FULL).
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas}
        return database | {"ENGINE": "helpdesk.sqlite", "OPTIONS": options, "CONN_MAX_AGE": None}
    # Connections live for ten minutes and are checked before each reuse. The timeout keeps a host that does not answer
    # from blocking every thread.
    return database | {
        "ENGINE": "helpdesk.postgresql",
        "OPTIONS": {"connect_timeout": 5} | database["OPTIONS"],
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


# The Redis server that several processes share (redis://host:6379/0). By default each process has its own cache.
_IN_PROCESS = "locmem://"
_CACHE_URL = env.cache_url("CACHE_URL", _IN_PROCESS)
_CACHE = (
    {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if _CACHE_URL == _IN_PROCESS
    else {"BACKEND": "helpdesk.ratelimit.cache.SharedCache", "LOCATION": _CACHE_URL}
)

DATABASES = {"default": _database()}
CACHES = {"default": _CACHE}


# Rates for one address; the last one is for all addresses together (helpdesk/ratelimit/).
RATES = {
    "begin": env.rate("RATE_BEGIN", "60 per hour"),  # sessions begun
    "remark": env.rate("RATE_REMARK", "60 per hour"),  # remarks, feedback
    "missed": env.rate("RATE_MISSED", "120 per hour"),  # reports of searches without a result
    "case": env.rate("RATE_CASE", "10 per hour"),  # cases sent
    "offer": env.rate("RATE_OFFER", "20 per hour"),  # codes requested
    "code": env.rate("RATE_CODE", "5 per 10 minutes"),  # codes tried, also for each account
    "codes": env.rate("RATE_CODES", "300 per hour"),  # codes tried by anybody
}
# Where requests are counted: in this process (empty), or in the shared Redis.
RATE_STORAGE = "" if _CACHE_URL == _IN_PROCESS else _CACHE_URL

# For the forms of customers (helpdesk/request_guard.py).
MAX_FORM_BYTES = 64 * 1024
MAX_FORM_FIELDS = 1000
# For the admin, where one form holds all symptoms and facts of a wizard.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# --- Static files ----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# true serves the files in static/ as they are, neither hashed nor collected: for tests.
STATIC_PLAIN = env.flag("STATIC_PLAIN", False)
_STATIC_STORAGE = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if STATIC_PLAIN
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC_STORAGE},
}
WHITENOISE_USE_FINDERS = STATIC_PLAIN
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_AUTOREFRESH = DEBUG or STATIC_PLAIN  # finds files on request, not all at the start
WHITENOISE_ALLOW_ALL_ORIGINS = False  # other sites have no use for them

# --- Language, time zone, contact ------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
# The zone of the help desk: figures are counted by its days. Staff see times in the zone of their browser.
TIME_ZONE: str = env.read(env.str, "TIME_ZONE", "Europe/London", "a name such as Europe/London", validate=ZoneInfo)
USE_I18N = USE_TZ = True

# Shown wherever the site offers to talk to a person, unless empty. The defaults are for a demonstration (Ofcom reserves
# the number for drama).
SUPPORT_PHONE: str = env.str("SUPPORT_PHONE", "020 7946 0000")
_SUPPORT = env.addresses("SUPPORT_EMAIL", ["support@example.org"])
SUPPORT_EMAIL = ", ".join(_SUPPORT)
SUPPORT_HOURS: str = env.str("SUPPORT_HOURS", "Monday to Friday, 9 am to 5 pm")

# --- Mail and webhooks -----------------------------------------------------------------------------------------------

# The server that sends mail. Without one, mails are written to files in var/mail.
_MAIL = env.mail_server("EMAIL_URL", f"file://{VAR_DIR / 'mail'}")
EMAIL_BACKEND: str = _MAIL["BACKEND"]
EMAIL_FILE_PATH: str | None = _MAIL.get("FILE_PATH")
EMAIL_HOST, EMAIL_PORT = _MAIL.get("HOST", "localhost"), _MAIL.get("PORT", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.get("HOST_USER", ""), _MAIL.get("HOST_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.get("USE_TLS", False), _MAIL.get("USE_SSL", False)
EMAIL_TIMEOUT = 15  # seconds
# The recipients of a mail about each new case, separated by commas. Empty: nobody.
SUPPORT_CASES_TO = env.addresses("SUPPORT_CASES_TO", _SUPPORT)
# The sender of mails. Replies of customers go to SUPPORT_EMAIL.
MAIL_FROM = ", ".join(env.addresses("MAIL_FROM", _SUPPORT or ["help-desk@localhost"])[:1])
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
# true puts personal data into mails to support and into webhooks: how to reach the customer, and what they wrote.
MAIL_WORDS = env.flag("MAIL_WORDS", False)
WEBHOOKS_WORDS = env.flag("WEBHOOKS_WORDS", False)
# true lets webhooks call http addresses, and addresses of the internal network or this machine.
WEBHOOKS_HTTP_ALLOWED = env.flag("WEBHOOKS_HTTP_ALLOWED", False)
WEBHOOKS_PRIVATE_ALLOWED = env.flag("WEBHOOKS_PRIVATE_ALLOWED", False)
# Seconds for one attempt to deliver. After that its process is presumed dead, and another process tries.
DELIVERY_SECONDS = env.count("DELIVERY_SECONDS", 180, "seconds")
# Tasks are stored in the same database as the data that they are about, in the same transaction.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "deliveries"]}}

# --- Retention -------------------------------------------------------------------------------------------------------

LEFT_AFTER = timedelta(hours=1)  # an open session without an event for this long counts as abandoned
KEEP_ABANDONED_DAYS = env.count("KEEP_ABANDONED_DAYS", 30, "days")  # abandoned sessions
KEEP_FINISHED_DAYS = env.count("KEEP_FINISHED_DAYS", 365, "days")  # finished sessions
KEEP_WORDS_DAYS = env.count("KEEP_WORDS_DAYS", 30, "days")  # what people wrote in them
KEEP_SEARCHES_DAYS = env.count("KEEP_SEARCHES_DAYS", 90, "days")  # what people searched for

# --- Logging to standard error ---------------------------------------------------------------------------------------

LOG_LEVEL: int = env.read(env.log_level, "LOG_LEVEL", logging.INFO, "DEBUG, INFO, WARNING, ERROR or CRITICAL")
# line is for people, json for machines: one JSON object in each line.
LOG_FORMAT: str = env.read(env.str, "LOG_FORMAT", "line", "line or json", validate=validators.OneOf(["line", "json"]))
# true writes a line for each request to standard output: method, path, status, milliseconds.
ACCESS_LOG = env.flag("ACCESS_LOG", False)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "helpdesk.observability.logging.LineFormatter"},
        "json": {"()": "helpdesk.observability.logging.JSONFormatter"},
    },
    "filters": {"database_down": {"()": "helpdesk.observability.logging.DatabaseDownFilter"}},
    # While the database is down every request fails; the filter keeps each from logging a traceback.
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["database_down"]},
        "null": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False},
        # helpdesk.errors logs these in one line; a traceback for each scanner would bury the rest. Without a handler
        # Python would write the traceback itself.
        "django.security.DisallowedHost": {"handlers": ["null"], "propagate": False},
        # At DEBUG these log whole contexts and statements, with secrets and what people typed.
        "django.template": {"level": max(LOG_LEVEL, logging.INFO)},
        "django.db.backends": {"level": max(LOG_LEVEL, logging.INFO)},
    },
}

env.check_names()
