"""How helpdesk/settings.py reads the environment.

A mistake raises ImproperlyConfigured with one line: what the value should be. No line repeats what may be a secret.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from difflib import get_close_matches
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from dotenv.parser import parse_stream
from environs import Env, EnvError
from environs import validate as validators
from limits import parse_many

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
# A name, an IPv4 address, or an IPv6 address in brackets. A leading dot would let in every subdomain.
HOST = r"(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)"
SERVER = r"(?:[^/?#]*@)?(?:\[[^]]+\]|[^][/?#@:\s]+)"  # with a user and a password, or without
# Too short: other programs have names like these (PORTS, PORT0), so misspellings of them are not looked for.
COMMON_NAMES = {"HOST", "PORT"}
# The names that other projects give to our settings.
FOREIGN_NAMES = {
    "ALLOWED_HOSTS": "EXTRA_HOSTS",
    "ALLOWED_HOST": "EXTRA_HOSTS",
    "DJANGO_DEBUG": "DEBUG",
    "DJANGO_SECRET_KEY": "SECRET_KEY",  # nosec B105  # a name
    "REDIS_URL": "CACHE_URL",
    "POSTGRES_URL": "DATABASE_URL",
    "LOGLEVEL": "LOG_LEVEL",
    "TZ": "TIME_ZONE",
}
MAX_EXTRA = 2  # characters: METRICS_TOKEN_FILE is a name of its own
MIN_SIMILARITY = 0.82  # SECRET_KEY_BASE and DATABASE, which other programs read, score 0.80 against our settings


def check_settings(exit_code: int = 1) -> None:
    """Load the settings; if one is wrong, print its line and exit without a traceback."""
    from django.conf import settings

    try:
        settings.INSTALLED_APPS  # noqa: B018  reading one loads them all
    except ImproperlyConfigured as error:
        print(f"The settings are not right: {error}", file=sys.stderr)
        sys.exit(exit_code)


class SettingsEnv(Env):
    """The environment, completed by a file of lines NAME=value."""

    def __init__(self) -> None:
        super().__init__()
        self.names_in_file: set[str] = set()

    def load_env_file(self, name: str, default: Path) -> None:
        """Load the file that the variable `name` names; the default one may be missing."""
        path = self.str(name, str(default))
        if path and (path != str(default) or default.exists()):
            self.load_file(Path(path))

    def load_file(self, path: Path) -> None:
        """Load a file of lines NAME=value. What the environment says wins."""
        try:
            with path.open(encoding="utf-8") as file:
                lines = list(parse_stream(file))
        except (OSError, ValueError) as error:
            raise ImproperlyConfigured(f"ENV_FILE is {path}, and that file cannot be read.") from error
        for line in lines:
            if line.error or (line.key and line.value is None):
                raise ImproperlyConfigured(f"{path}, line {line.original.line}, should be NAME=value.")
        self.names_in_file = {line.key for line in lines if line.key}
        self.read_env(path, recurse=False)

    def check_names(self) -> None:
        """Refuse names in the file that are not settings, and names in the environment that look like misspelt ones."""
        known = set(self.dump())
        for name in sorted(self.names_in_file - known):
            setting = FOREIGN_NAMES.get(name.upper()) or closest_name(name, known)
            hint = f"Did you mean {setting}?" if setting else "docs/production.md lists the settings."
            raise ImproperlyConfigured(f"{name} in the settings file is not a setting. {hint}")
        for name in sorted(set(os.environ) - known):
            if setting := closest_name(name, known - COMMON_NAMES):
                raise ImproperlyConfigured(
                    f"{name} in the environment looks like a misspelling of {setting}. Rename it or unset it."
                )

    # --- Values ------------------------------------------------------------------------------------------------------

    def read(self, parse: Callable[..., Any], name: str, default: Any, wanted: str, **options: Any) -> Any:
        """Call a parser of environs. Raises ImproperlyConfigured with what is wanted where the parser fails."""
        try:
            return parse(name, default, **options)
        except (EnvError, ValidationError, ValueError, LookupError, OSError) as error:
            raise ImproperlyConfigured(f"{name} should be {wanted}.") from error

    def flag(self, name: str, default: bool) -> bool:
        return bool(self.read(self.bool, name, default, "true or false"))

    def count(self, name: str, default: int, unit: str) -> int:
        at_least_1 = validators.Range(min=1)
        return int(self.read(self.int, name, default, f"a number of {unit}, at least 1", validate=at_least_1))

    def rate(self, name: str, default: str) -> str:
        """Return a rate such as "60 per hour", or several between semicolons."""
        return str(self.read(self.str, name, default, "a rate such as “60 per hour”", validate=parse_many))

    def secret_key(self, name: str) -> str:
        key = self.str(name, "")
        if len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-"):
            raise ImproperlyConfigured(
                f"{name} is {'too short or too simple' if key else 'not set'}. Set it to at least 50 random characters,"
                " for example from: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
            )
        return key

    def hosts(self, name: str) -> list[str]:
        wanted = "host names separated by commas, without *, scheme, port or path"
        return list(filter(None, self.read(self.list, name, [], wanted, subcast=parse_host)))

    def addresses(self, name: str, default: list[str]) -> list[str]:
        """Return e-mail addresses, each with or without a name in front."""
        wanted = "e-mail addresses separated by commas"
        return list(filter(None, self.read(self.list, name, default, wanted, subcast=parse_address)))

    def site_url(self, name: str, default: str) -> str:
        """Return the site's address without a slash at its end. Refuse plain http, except on this machine."""
        wanted = "an address such as https://help.example.org, without a path"
        valid = [matches(rf"https?://{HOST}(?::\d*)?/*"), check_port]
        url = str(self.read(self.str, name, default, wanted, validate=valid)).rstrip("/")
        if urlsplit(url).scheme == "http" and url_host(url) not in LOOPBACK_HOSTS:
            raise ImproperlyConfigured(
                f"{name} is {url}, but plain http is only for this machine itself (127.0.0.1, localhost)."
                " Use https, or a loopback address to try things out."
            )
        return url

    def cache_url(self, name: str, default: str) -> str:
        wanted = "locmem:// or an address such as redis://host:6379/0"
        redis = rf"rediss?://{SERVER}(?::(?!0+\b)\d*)?(?:/\d*/?)?(?:[?#].*)?"
        valid = [matches(rf"locmem://|unix://[^/?#]*/.*|{redis}"), check_port]
        scheme, _, rest = str(self.read(self.str, name, default, wanted, validate=valid)).partition("://")
        return f"{scheme.lower()}://{rest}"

    def mail_server(self, name: str, default: str) -> dict[str, Any]:
        """Return Django's EMAIL_ settings, without that prefix."""
        wanted = (
            "an address such as smtp+tls://user:password@mail.example.org:587 (STARTTLS),"
            " smtps://... (TLS from the start), smtp://... (neither), or file:///folder"
        )
        valid = [matches(rf"file:///[^?#]+|smtp(?:s|\+tls)?://{SERVER}(?::\d*)?/?|"), check_port]
        parts = urlsplit(self.read(self.str, name, default, wanted, validate=valid) or default)
        if parts.scheme == "file":
            return {"BACKEND": "django.core.mail.backends.filebased.EmailBackend", "FILE_PATH": unquote(parts.path)}
        return {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "HOST": parts.hostname,
            "PORT": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
            "HOST_USER": unquote(parts.username or ""),
            "HOST_PASSWORD": unquote(parts.password or ""),
            "USE_TLS": parts.scheme == "smtp+tls",
            "USE_SSL": parts.scheme == "smtps",
        }

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Return Django's settings of a database; refuse options that could lose an acknowledged answer."""
        wanted = "an address such as postgres://user:password@host:5432/name or sqlite:////path/to/file"
        parsed = self.read(self.dj_db_url, name, default, wanted)
        database: dict[str, Any] = {"ENGINE": "", "NAME": "", "OPTIONS": {}} | parsed
        match database["ENGINE"].rpartition(".")[2]:
            case "sqlite3" if database["OPTIONS"]:
                wrong = "name a file and no options: each answer is on the disk before it is acknowledged"
            case "sqlite3" if database["NAME"] in {"", ":memory:"}:
                wrong = "name a file: a database in memory keeps nothing"
            case "postgresql" if re.search("synchronous_commit|fsync", str(database["OPTIONS"].get("options"))):
                wrong = "leave synchronous_commit to the server: each answer is on the disk before it is acknowledged"
            case "postgresql" if not database["NAME"]:
                wrong = "name a database after the host: postgres://user:password@host:5432/name"
            case "sqlite3" | "postgresql":
                return database
            case _:
                wrong = f"be {wanted}"
        raise ImproperlyConfigured(f"{name} should {wrong}.")


def closest_name(name: str, known: set[str]) -> str:
    """Return the setting that a name may be a misspelling of, or nothing."""
    similar = (setting for setting in known if abs(len(setting) - len(name)) <= MAX_EXTRA)
    return next(iter(get_close_matches(name.upper(), similar, n=1, cutoff=MIN_SIMILARITY)), "")


def matches(pattern: str) -> validators.Regexp:
    return validators.Regexp(rf"(?:{pattern})\Z", re.IGNORECASE | re.ASCII)


def parse_host(text: str) -> str:
    return str(matches(f"{HOST}|")(text.strip()))


def parse_address(text: str) -> str:
    address = text.strip()
    if address:
        validate_email(parseaddr(address)[1] if address.isprintable() else "")
    return address


def check_port(url: str) -> None:
    """Raise ValueError for a port that does not exist."""
    urlsplit(url).port  # noqa: B018  only reading it checks it


def url_host(url: str) -> str:
    """Return the host as Django's ALLOWED_HOSTS writes it: an IPv6 address in brackets."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host
