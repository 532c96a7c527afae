"""How helpdesk/settings.py reads the environment. Every mistake is an ImproperlyConfigured with one line: what to do.

No line repeats what may be a secret.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from dotenv.parser import parse_stream
from environs import Env, EnvError
from limits import parse_many
from rapidfuzz.distance import DamerauLevenshtein

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
# A name, an IPv4 address, or an IPv6 address in brackets. A dot in front would let every subdomain in.
HOST = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.IGNORECASE | re.ASCII)
# Settings whose names are so common that what looks like them in the environment is no slip: PORTS, PORT0.
COMMON_NAMES = frozenset({"HOST", "PORT"})
# What people know from elsewhere.
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
SHORT = 7  # letters: up to there one slip makes a name another's, beyond it takes two


def check_settings(code: int = 1) -> None:
    """Read the settings; where one is not right, end the process with the line that says so, and no trace."""
    from django.conf import settings

    try:
        settings.INSTALLED_APPS  # noqa: B018  reading one reads them all
    except ImproperlyConfigured as mistake:
        print(f"The settings are not right: {mistake}", file=sys.stderr)
        sys.exit(code)


# --- Names ----------------------------------------------------------------------------------------------------------


def load_env_file(env: Env, default: Path) -> set[str]:
    """Read the file that ENV_FILE names, if any, into the environment; return the names in it."""
    asked: str = env.str("ENV_FILE", str(default))
    path = Path(asked)
    if not asked or (path == default and not path.exists()):
        return set()
    names = names_in(path)
    env.read_env(asked, recurse=False)
    return names


def names_in(path: Path) -> set[str]:
    """Return the names in a file of settings. Refused is one that cannot be read, or a line that is not NAME=value."""
    try:
        with path.open(encoding="utf-8") as file:
            lines = list(parse_stream(file))
    except (OSError, ValueError) as mistake:
        raise ImproperlyConfigured(f"ENV_FILE is {path}, and that file cannot be read.") from mistake
    for line in lines:
        if line.error or (line.key and line.value is None):
            raise ImproperlyConfigured(f"{path}, line {line.original.line}, should be NAME=value.")
    return {line.key for line in lines if line.key}


def check_names(env: Env, in_file: Iterable[str]) -> None:
    """Refuse a name that nobody reads: in the file any, in the environment one that looks like a slip of a setting's.

    The environment is full of names of others. In the file there is nothing but settings.
    """
    known = set(env.dump())
    for name in sorted(set(in_file) - known):
        meant = FOREIGN_NAMES.get(name.upper()) or closest_name(name, known)
        hint = f"Perhaps {meant} is meant." if meant else "docs/production.md lists them."
        raise ImproperlyConfigured(f"{name} stands in the file of settings, and there is no such setting. {hint}")
    for name in sorted(set(os.environ) - known):
        if meant := closest_name(name, known - COMMON_NAMES):
            raise ImproperlyConfigured(
                f"{name} stands in the environment and looks like a slip of {meant}. Rename it, or take it out."
            )


def closest_name(name: str, known: Iterable[str]) -> str:
    """Return the setting that a name is a slip of, or nothing."""
    most = 1 if len(name) <= SHORT else 2
    near = {one: DamerauLevenshtein.distance(name.upper(), one, score_cutoff=most) for one in known}
    best = min(near, key=lambda one: (near[one], one), default="")
    return best if best and near[best] <= most else ""


# --- Values ---------------------------------------------------------------------------------------------------------


def read(reader: Any, name: str, default: Any, wanted: str) -> Any:
    """Return what the environment holds for `name`; a value that cannot be read is refused with what is wanted."""
    try:
        return reader(name, default)
    except (EnvError, ValueError) as mistake:
        raise ImproperlyConfigured(f"{name} should be {wanted}.") from mistake


def secret_key(key: str) -> str:
    """Return the key, if nobody can guess it."""
    if len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-"):
        raise ImproperlyConfigured(
            ("SECRET_KEY is not set." if not key else "SECRET_KEY is too short or too simple.")
            + " Set it to at least 50 random characters, for example from:"
            + " python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    return key


def host_and_scheme(address: str) -> tuple[str, str]:
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
    if not HOST.fullmatch(host):
        raise ImproperlyConfigured(shape)
    if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
        raise ImproperlyConfigured(
            f"SITE_URL is {address}, but plain http is only for this machine itself (127.0.0.1, localhost)."
            " Use https, or a loopback address to try things out."
        )
    return host, parts.scheme


def hosts(env: Env, name: str) -> list[str]:
    """Return host names; none that would let in more than itself."""
    found = list(filter(None, map(str.strip, env.list(name, []))))
    if not all(HOST.fullmatch(host) for host in found):
        raise ImproperlyConfigured(f"{name} should be host names separated by commas, without *, scheme, port or path.")
    return found


def token(env: Env, name: str) -> str:
    """Return a secret that somebody else brings, or nothing where none is set."""
    found: str = env.str(name, "")
    if found and (len(found) < 20 or not (found.isascii() and found.isprintable() and " " not in found)):
        raise ImproperlyConfigured(f"{name} should be at least 20 random characters without spaces, or empty.")
    return found


def rate(env: Env, name: str, default: str) -> str:
    """Return a rate such as "60 per hour", or several between semicolons."""
    found: str = env.str(name, default)
    try:
        parse_many(found)
    except ValueError as mistake:
        raise ImproperlyConfigured(f"{name} should be a rate such as “60 per hour”, and is {found!r}.") from mistake
    return found


def positive_int(env: Env, name: str, default: int, unit: str) -> int:
    """Return a number of at least 1."""
    found: int = read(env.int, name, default, f"a number of {unit}")
    if found < 1:
        raise ImproperlyConfigured(f"{name} should be at least 1. It is {found}.")
    return found


def port(env: Env, name: str, default: int) -> int:
    """Return the number of a port; 0 is any that is free."""
    wanted = "a number from 0 to 65535"
    found: int = read(env.int, name, default, wanted)
    if not 0 <= found <= 65535:
        raise ImproperlyConfigured(f"{name} should be {wanted}.")
    return found


def one_of(env: Env, name: str, default: str, *words: str) -> str:
    """Return one of some words."""
    found: str = env.str(name, default)
    if found not in words:
        raise ImproperlyConfigured(f"{name} should be {', '.join(words[:-1])} or {words[-1]}.")
    return found


def addresses(env: Env, name: str, default: str) -> list[str]:
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


def mail_server(address: str) -> dict[str, Any]:
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


def check_database(database: dict[str, Any]) -> None:
    """Refuse a database whose address would let it lose an answer that was acknowledged."""
    options = database.get("OPTIONS", {})
    if database["ENGINE"].endswith("sqlite3"):
        if options:
            raise ImproperlyConfigured(
                "DATABASE_URL should name a file and no options: each answer is on the disk (synchronous FULL)"
                " before it is acknowledged."
            )
        if database["NAME"] in {"", ":memory:"}:
            raise ImproperlyConfigured("DATABASE_URL should name a file: a database in memory keeps nothing.")
    elif re.search(r"synchronous_commit|fsync", str(options.get("options", ""))):
        raise ImproperlyConfigured(
            "DATABASE_URL should leave synchronous_commit to the server: each answer is on the disk before it is"
            " acknowledged."
        )


def check_cache_address(address: str) -> None:
    """Refuse the address of a Redis server that names none."""
    wanted = "CACHE_URL should be locmem:// or an address such as redis://host:6379/0."
    try:
        parts = urlsplit(address)
        number = parts.port
    except ValueError as mistake:
        raise ImproperlyConfigured(wanted) from mistake
    place = parts.path if parts.scheme == "unix" else parts.hostname
    index = "" if parts.scheme == "unix" else parts.path.strip("/")
    if not place or number == 0 or not (index.isdecimal() or not index):
        raise ImproperlyConfigured(wanted)
