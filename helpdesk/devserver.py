"""Prepare the site on this machine and serve it in this process: `make run`.

It listens on 127.0.0.1 and keeps its data in var/; existing data stays. An error that stops the start prints one line
and exits with code 1.
"""

import argparse
import hashlib
import os
import secrets
import socket
import subprocess  # nosec B404  # it starts our own programs, without a shell
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from helpdesk.env import SettingsEnv

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


class CannotStartError(Exception):
    """The message says why the site cannot start and what to do."""


def main(arguments: list[str]) -> None:
    """Prepare the site and become its server; this never returns."""
    parser = argparse.ArgumentParser(prog="helpdesk.devserver", description="Prepare the site and serve it.")
    parser.add_argument("--port", default="8000")
    try:
        port = parse_port(parser.parse_args(arguments).port)
        check_port_is_free(port)
        prepare_environment(ROOT / "var", port)
        prepare_data()
    except CannotStartError as error:
        sys.exit(str(error))
    except ImproperlyConfigured as error:
        sys.exit(f"The settings are not right: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    print_addresses()
    serve()


def parse_port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise CannotStartError(f"PORT should be a number from 1 to 65535, and is {text!r}.")
    return int(text)


def check_port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as error:
            raise CannotStartError(f"Port {port} needs more rights. Use one above 1023: make run PORT=8001") from error
        except OSError as error:
            raise CannotStartError(
                f"Port {port} is in use. Stop what listens there, or use another: make run PORT={port % 65535 + 1}"
            ) from error


def prepare_environment(var: Path, port: int) -> None:
    """Create var/ and the secret key if they are missing, and set the environment of the settings and gunicorn."""
    os.umask(0o077)
    var.mkdir(mode=0o700, exist_ok=True)
    var.chmod(0o700)
    settings_file = var / "env"
    if not settings_file.exists():
        handle = os.open(settings_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("# Settings of this machine; helpdesk/settings.py lists them. Never publish the key.\n")
            file.write(f"SECRET_KEY={secrets.token_urlsafe(50)}\n")
    env = SettingsEnv()
    env.load_file(settings_file)
    os.environ["SITE_URL"] = env.str("SITE_URL", f"http://{HOST}:{port}")
    os.environ["HOST"], os.environ["PORT"] = HOST, str(port)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")


def prepare_data() -> None:
    """Update the database, the wizards, the accounts and the static files."""
    import django
    from django.core.management import CommandError, call_command
    from django.db import OperationalError, connections

    django.setup()
    print("Preparing the database", flush=True)
    try:
        call_command("migrate", verbosity=0, interactive=False)
        load_fixtures()
        call_command("make_accounts")
    except CommandError as error:
        raise CannotStartError(str(error)) from error
    except OperationalError as error:
        raise CannotStartError(f"The database of DATABASE_URL does not answer: {str(error).splitlines()[0]}") from error
    finally:
        connections.close_all()
    collect_static()


def load_fixtures() -> None:
    """Load and publish the wizards of the files in fixtures/ that are new or changed.

    The wizards of the other files stay as editors left them.
    """
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    stamp = Stamp(Path(settings.VAR_DIR) / "loaded-fixtures")
    loaded = stamp.read() if apps.get_model("wizards", "Wizard").objects.exists() else set()
    files = sorted((ROOT / "fixtures").glob("*.yaml"))
    current = {f"{fingerprint([file])} {file.name}": file for file in files}
    changed = [str(file) for line, file in current.items() if line not in loaded]
    if changed:
        call_command("load_wizards", *changed)
        stamp.write(set(current))


def collect_static() -> None:
    """Collect, compress and hash the static files if any of them changed."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    if settings.STATIC_PLAIN:
        return
    files = [Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([])]
    stamp = Stamp(Path(settings.VAR_DIR) / "collected-static")
    current = {fingerprint(files, content=False)}
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if stamp.read() != current or not manifest.exists():
        print("Compressing the static files", flush=True)
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write(current)


def fingerprint(files: list[Path], *, content: bool = True) -> str:
    """Hash the content of files, or (faster) their names, sizes and times."""
    digest = hashlib.sha256()
    for file in sorted(files):
        if content:
            digest.update(file.read_bytes())
        else:
            status = file.stat()
            digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


class Stamp:
    """A file in var/ that records the inputs that a step has processed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> set[str]:
        return set(self.path.read_text(encoding="utf-8").splitlines()) if self.path.exists() else set()

    def write(self, lines: set[str]) -> None:
        self.path.write_text("".join(f"{line}\n" for line in sorted(lines)), encoding="utf-8")


def print_addresses() -> None:
    from django.conf import settings

    print(f"Customers: {settings.SITE_URL}/")
    print(f"Staff:     {settings.SITE_URL}/admin/  (accounts: {settings.VAR_DIR / 'accounts.json'})")
    print("Stop with Ctrl-C.", flush=True)


def serve() -> None:
    """Become gunicorn, so that Ctrl-C and SIGTERM reach it directly. The processes beside it end with it."""
    sys.stdout.flush()
    os.chdir(ROOT)
    for command in ("run_maintenance", "run_deliveries"):
        subprocess.Popen([sys.executable, "manage.py", command, "--parent", str(os.getpid())])  # nosec B603  # noqa: S603  our own command
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "helpdesk.wsgi"])  # nosec B606  # noqa: S606  no shell


if __name__ == "__main__":
    main(sys.argv[1:])
