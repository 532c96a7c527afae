"""The one settings file. It reads the environment once, and a mistake stops the start with a line that says what to do.

In:  environment variables, and the lines `NAME=value` of the file that ENV_FILE names (var/env unless told otherwise;
     what the environment says wins). Every name that is read stands below as `env...("NAME", ...)`.
Out: Django's settings. Raises ImproperlyConfigured, with one sentence for the person who starts the site.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything that the site itself writes: the database, the secret key, the collected static files.
VAR_DIR = BASE_DIR / "var"

env = Env()
# Settings can also stand in a file. `make run` keeps the generated secret key there; an empty ENV_FILE reads none.
if env_file := env.str("ENV_FILE", str(VAR_DIR / "env")):
    env.read_env(env_file, recurse=False)


def _read(reader: Any, name: str, default: Any, wanted: str) -> Any:
    """Return what the environment holds for `name`; a value that cannot be read is refused with what is wanted."""
    try:
        return reader(name, default)
    except (EnvError, ValueError) as mistake:
        raise ImproperlyConfigured(f"{name} should be {wanted}.") from mistake


# --- Secrets and the address ---------------------------------------------------------------------------------------

# Signs cookies and links. At least 50 characters, random, the same on every machine of the site, never published.
SECRET_KEY: str = env.str("SECRET_KEY", "")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5:
    raise ImproperlyConfigured(
        ("SECRET_KEY is not set." if not SECRET_KEY else "SECRET_KEY is too short or too simple.")
        + " Set it to at least 50 random characters, for example from:"
        + " python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )

# Shows details of errors to whoever asks. Never on where customers come.
DEBUG: bool = _read(env.bool, "DEBUG", False, "true or false")

# The address at which people reach the site, without a path. https makes every cookie Secure and `__Host-`.
# Plain http is for one's own machine only.
SITE_URL: str = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")


def _host_and_scheme(address: str) -> tuple[str, str]:
    """Split the site's address into its host (an IPv6 host in brackets) and its scheme; refuse what cannot work."""
    shape = "SITE_URL should be an address such as https://help.example.org, without a path."
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  a wrong port is only noticed when it is read
    except ValueError as mistake:
        raise ImproperlyConfigured(shape) from mistake
    extra = parts.path or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in {"http", "https"} or not parts.hostname or extra:
        raise ImproperlyConfigured(shape)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
        raise ImproperlyConfigured(
            f"SITE_URL is {address}, but plain http is only for this machine itself (127.0.0.1, localhost)."
            " Use https, or a loopback address to try things out."
        )
    return host, parts.scheme


SITE_HOST, SITE_SCHEME = _host_and_scheme(SITE_URL)
HTTPS = SITE_SCHEME == "https"

# More host names that may be asked for, separated by commas: a health check's, or an old name of the site.
EXTRA_HOSTS: list[str] = list(filter(None, env.list("EXTRA_HOSTS", [])))
if any("*" in host or "/" in host for host in EXTRA_HOSTS):
    raise ImproperlyConfigured("EXTRA_HOSTS should be host names separated by commas, without *, scheme or path.")
ALLOWED_HOSTS = list(dict.fromkeys([SITE_HOST, *EXTRA_HOSTS, *([] if HTTPS else LOOPBACK_HOSTS)]))
# Forms are accepted from the site's own address, also where a proxy in front speaks https and passes on http.
CSRF_TRUSTED_ORIGINS = [SITE_URL, *(f"{SITE_SCHEME}://{host}" for host in EXTRA_HOSTS)]

# true where a proxy in front always sets X-Forwarded-Proto itself. Otherwise anyone could claim https.
TRUSTED_PROXY: bool = _read(env.bool, "TRUSTED_PROXY", False, "true or false")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY else None

# --- Cookies and headers -------------------------------------------------------------------------------------------

_COOKIE_PREFIX = "__Host-" if HTTPS else ""
# Proves which sessions a visitor owns (wizards/access.py sets it).
VISITOR_COOKIE_NAME = f"{_COOKIE_PREFIX}visitor"
# Staff only: a customer never gets a Django session.
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}staff"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds: a working day
CSRF_FAILURE_VIEW = "helpdesk.errors.csrf_failure"

SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Scripts, styles and all else from this site only, nothing inline, in nobody's frame.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- The parts of the site -----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "adminsortable2",
    "django_object_actions",
    "wizards",
]
MIDDLEWARE = [
    "helpdesk.middleware.light_fragments",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "helpdesk.middleware.permissions_policy",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "helpdesk.middleware.refuse_unreadable",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
LOGIN_URL = "admin:login"
# Buttons on an object's page in the admin lead on; none of them changes anything by itself.
DJANGO_OBJECT_ACTIONS_DEFAULT_HTTP_METHOD = "GET"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # templates are cached where DEBUG is off
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Data ----------------------------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _database() -> dict[str, Any]:
    """Return the default database: SQLite in var/, or what DATABASE_URL names (sqlite:///..., postgres://...)."""
    wanted = "an address such as postgres://user:password@host:5432/name or sqlite:////path/to/file"
    default = f"sqlite:///{VAR_DIR / 'db.sqlite3'}"
    database: dict[str, Any] = dict(_read(env.dj_db_url, "DATABASE_URL", default, wanted))
    if database.get("ENGINE") == "django.db.backends.sqlite3":
        # Writers queue up (IMMEDIATE, 20 s) instead of failing, and an answer is on the disk before it is acknowledged.
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas}
        return database | {"OPTIONS": options, "CONN_MAX_AGE": None}
    if database.get("ENGINE") == "django.db.backends.postgresql":
        # Connections are kept for ten minutes, and checked before they are used again.
        return database | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    raise ImproperlyConfigured(f"DATABASE_URL should be {wanted}.")


def _cache() -> dict[str, Any]:
    """Return the default cache: in this process, or the Redis server that CACHE_URL names (redis://host:6379/0)."""
    address = env.str("CACHE_URL", "locmem://")
    if address == "locmem://":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if address.startswith(("redis://", "rediss://", "unix://")):
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": address}
    raise ImproperlyConfigured("CACHE_URL should be locmem:// or an address such as redis://host:6379/0.")


DATABASES = {"default": _database()}
CACHES = {"default": _cache()}

# The largest form that is read from a customer, in bytes, and the most fields in it.
LONGEST_FORM = 64 * 1024
MOST_FIELDS = 1000
# The same for editors, whose forms hold a whole wizard's symptoms and facts.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# --- Static files --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# true serves static files as they lie in static/, without hashed names and without collecting them: for tests.
STATIC_PLAIN: bool = _read(env.bool, "STATIC_PLAIN", False, "true or false")
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
WHITENOISE_AUTOREFRESH = DEBUG

# --- Words ---------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
# The help desk's own zone: figures are counted by its days. Staff see moments in their browser's zone.
TIME_ZONE: str = env.str("TIME_ZONE", "Europe/London")
try:
    ZoneInfo(TIME_ZONE)
except (ValueError, ZoneInfoNotFoundError) as mistake:
    raise ImproperlyConfigured(f"TIME_ZONE should be a name such as Europe/London, and is {TIME_ZONE!r}.") from mistake
USE_I18N = USE_TZ = True

# How a person reaches a person: shown wherever the site offers to talk to one. The defaults are for a demonstration
# (the number is one that Ofcom keeps for drama); an empty one is not shown.
SUPPORT_PHONE: str = env.str("SUPPORT_PHONE", "020 7946 0000")
SUPPORT_EMAIL: str = env.str("SUPPORT_EMAIL", "support@example.org")
SUPPORT_HOURS: str = env.str("SUPPORT_HOURS", "Monday to Friday, 9 am to 5 pm")

# --- What is kept --------------------------------------------------------------------------------------------------


def _days(name: str, default: int) -> int:
    """Return a number of days, at least one."""
    days: int = _read(env.int, name, default, "a number of days")
    if days < 1:
        raise ImproperlyConfigured(f"{name} should be at least 1 day, and is {days}.")
    return days


# An open session without an event for so long was left.
LEFT_AFTER = timedelta(hours=1)
KEEP_ABANDONED_DAYS = _days("KEEP_ABANDONED_DAYS", 30)  # sessions that were left
KEEP_FINISHED_DAYS = _days("KEEP_FINISHED_DAYS", 365)  # sessions that came to an end
KEEP_WORDS_DAYS = _days("KEEP_WORDS_DAYS", 30)  # what people wrote in them
KEEP_SEARCHES_DAYS = _days("KEEP_SEARCHES_DAYS", 90)  # what people typed into the search

# --- Logging: to the standard error output -------------------------------------------------------------------------

# DEBUG, INFO, WARNING, ERROR or CRITICAL.
LOG_LEVEL: str = env.str("LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
    raise ImproperlyConfigured("LOG_LEVEL should be DEBUG, INFO, WARNING, ERROR or CRITICAL.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"django": {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False}},
}
