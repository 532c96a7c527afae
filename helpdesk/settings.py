"""The one settings file. It reads the environment once, and a mistake stops the start with a line that says what to do.

In:  environment variables, and the lines `NAME=value` of the file that ENV_FILE names (var/env unless told otherwise;
     what the environment says wins). Every name that is read stands below as `env...("NAME", ...)`.
Out: Django's settings. Raises ImproperlyConfigured, with one sentence for the person who starts the site.
"""

from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from environs import Env, EnvError
from limits import parse_many

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

# --- Staff sign in (helpdesk/signin.py) ----------------------------------------------------------------------------

# true asks staff for a second step, a code from their phone; who has none is led to set it up before anything else.
# false is for a demonstration on one's own machine.
STAFF_MFA: bool = _read(env.bool, "STAFF_MFA", HTTPS, "true or false")
STAFF_IDLE = timedelta(minutes=30)  # without a sign of life, until one has to sign in again
STAFF_LONGEST = timedelta(hours=12)  # the same, however busy one was
SESSION_COOKIE_AGE = int(STAFF_LONGEST.total_seconds())  # what is kept in the database

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account_start"
ACCOUNT_ADAPTER = "helpdesk.signin.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = False  # the cookie ends with the browser
ACCOUNT_FORMS = {
    "login": "helpdesk.signin.PasswordForm",
    "reauthenticate": "helpdesk.signin.PasswordAgainForm",
    "change_password": "helpdesk.signin.NewPasswordForm",
}
MFA_ADAPTER = "helpdesk.signin.SecondSteps"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Help desk"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off; each code works once all the same
MFA_ALLOW_UNVERIFIED_EMAIL = True  # admins make the accounts: nobody signs up with somebody else's address
MFA_FORMS = {
    "authenticate": "helpdesk.signin.CodeForm",
    "reauthenticate": "helpdesk.signin.CodeAgainForm",
    "activate_totp": "helpdesk.signin.FirstCodeForm",
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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "helpdesk",
    "django_tasks",
    "django_tasks_db",
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
    "allauth.account.middleware.AccountMiddleware",
    "helpdesk.signin.staff_sessions",
]
ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
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
        return database | {"ENGINE": "helpdesk.postgresql", "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
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


def _rate(name: str, default: str) -> str:
    """Return a rate such as "60 per hour", or several between semicolons."""
    rate: str = env.str(name, default)
    try:
        parse_many(rate)
    except ValueError as mistake:
        raise ImproperlyConfigured(f"{name} should be a rate such as “60 per hour”, and is {rate!r}.") from mistake
    return rate


# How often the public may do what costs others something, for each address (wizards/limits.py), and in all for codes.
RATES = {
    "begin": _rate("RATE_BEGIN", "60 per hour"),  # sessions begun
    "remark": _rate("RATE_REMARK", "60 per hour"),  # remarks, feedback
    "case": _rate("RATE_CASE", "10 per hour"),  # cases sent
    "offer": _rate("RATE_OFFER", "20 per hour"),  # codes asked for
    "code": _rate("RATE_CODE", "5 per 10 minutes"),  # codes tried: by an address, by an account
    "codes": _rate("RATE_CODES", "300 per hour"),  # codes tried by anybody
}
# Where they are counted: in this process, or in the Redis that several share.
RATE_STORAGE = "" if (cache := env.str("CACHE_URL", "locmem://")) == "locmem://" else cache

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

# --- Mail and webhooks ---------------------------------------------------------------------------------------------


def _mail_server(address: str) -> dict[str, Any]:
    """Return Django's settings for the mail server that EMAIL_URL names."""
    wanted = (
        "EMAIL_URL should be an address such as smtp+tls://user:password@mail.example.org:587 (STARTTLS),"
        " smtps://... (TLS from the start), smtp://... (neither), or file:///folder."
    )
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as mistake:
        raise ImproperlyConfigured(wanted) from mistake
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/") and parts.path != "/":
        return {"backend": "django.core.mail.backends.filebased.EmailBackend", "folder": unquote(parts.path)}
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ImproperlyConfigured(wanted)
    return {
        "backend": "django.core.mail.backends.smtp.EmailBackend",
        "host": parts.hostname,
        "port": port or ports[parts.scheme],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "tls": parts.scheme == "smtp+tls",
        "ssl": parts.scheme == "smtps",
    }


def _addresses(name: str, default: str) -> list[str]:
    """Return e-mail addresses, separated by commas."""
    found = [address.strip() for address in env.str(name, default).split(",") if address.strip()]
    for address in found:
        try:
            validate_email(parseaddr(address)[1] if address.isprintable() else "")
        except ValidationError as mistake:
            raise ImproperlyConfigured(
                f"{name} should hold e-mail addresses separated by commas, and {address!r} is none."
            ) from mistake
    return found


# The server that sends mail. Without one, mails are written to files in var/mail, to look at.
EMAIL_URL: str = env.str("EMAIL_URL", "") or f"file://{VAR_DIR / 'mail'}"
_MAIL = _mail_server(EMAIL_URL)
EMAIL_BACKEND: str = _MAIL["backend"]
EMAIL_FILE_PATH: str | None = _MAIL.get("folder")
EMAIL_HOST, EMAIL_PORT = _MAIL.get("host", "localhost"), _MAIL.get("port", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.get("user", ""), _MAIL.get("password", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.get("tls", False), _MAIL.get("ssl", False)
EMAIL_TIMEOUT = 15  # seconds for each answer of the server
# Who receives a mail about each new case, separated by commas; empty: nobody.
SUPPORT_CASES_TO: list[str] = _addresses("SUPPORT_CASES_TO", SUPPORT_EMAIL)
# Whom mails come from; answers of customers go to SUPPORT_EMAIL.
MAIL_FROM: str = ", ".join(_addresses("MAIL_FROM", SUPPORT_EMAIL or "help-desk@localhost")[:1])
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
# true puts what is personal into mails to support, and into webhooks: how to reach the customer, what they wrote.
MAIL_WORDS: bool = _read(env.bool, "MAIL_WORDS", False, "true or false")
WEBHOOKS_WORDS: bool = _read(env.bool, "WEBHOOKS_WORDS", False, "true or false")
# true lets webhooks go to http addresses, and to addresses inside one's own network (or this machine).
WEBHOOKS_HTTP_ALLOWED: bool = _read(env.bool, "WEBHOOKS_HTTP_ALLOWED", False, "true or false")
WEBHOOKS_PRIVATE_ALLOWED: bool = _read(env.bool, "WEBHOOKS_PRIVATE_ALLOWED", False, "true or false")
# Seconds that one try to send may take. After that its process is taken for dead, and another one tries.
DELIVERY_SECONDS: int = _read(env.int, "DELIVERY_SECONDS", 180, "a number of seconds")
if DELIVERY_SECONDS < 1:
    raise ImproperlyConfigured("DELIVERY_SECONDS should be at least 1.")
# Background work is kept in the database, beside what it is about: both are there, or neither.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "deliveries"]}}

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
