"""Make the site ready on this machine and serve it: what `make run` runs, in one process.

In:  --port, and the settings' environment. Out: a served site on 127.0.0.1, with its data in var/. What is there
already is kept; what stops the start is said in one line, with exit code 1.
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
    """The site cannot start; the message says why and what to do."""


def main(arguments: list[str]) -> None:
    """Prepare and serve. Returns never, but by an exit."""
    parser = argparse.ArgumentParser(prog="helpdesk.devserver", description="Prepare the site and serve it.")
    parser.add_argument("--port", default="8000")
    try:
        port = port_number(parser.parse_args(arguments).port)
        check_free(port)
        prepare_environment(ROOT / "var", port)
        prepare_data()
    except CannotStartError as reason:
        sys.exit(str(reason))
    except ImproperlyConfigured as mistake:
        sys.exit(f"The settings are not right: {mistake}")
    except KeyboardInterrupt:
        sys.exit(130)
    say_addresses()
    serve()


def port_number(words: str) -> int:
    """Return the port that `words` name; refuse what is no port."""
    if not (words.isascii() and words.isdigit() and 0 < int(words) < 65536):
        raise CannotStartError(f"PORT should be a number from 1 to 65535, and is {words!r}.")
    return int(words)


def check_free(port: int) -> None:
    """Refuse a port on which somebody listens already, before anything is prepared."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as mistake:
            raise CannotStartError(
                f"Port {port} needs more rights. Use one above 1023: make run PORT=8001"
            ) from mistake
        except OSError as mistake:
            raise CannotStartError(
                f"Port {port} is in use. Stop what listens there, or use another: make run PORT={port % 65535 + 1}"
            ) from mistake


def prepare_environment(var: Path, port: int) -> None:
    """Make var/ and the secret key where they are missing, and set what the settings and gunicorn read."""
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
    """Bring the database, the wizards, the accounts and the static files up to date."""
    import django
    from django.core.management import CommandError, call_command
    from django.db import OperationalError, connections

    django.setup()
    print("Preparing the database", flush=True)
    try:
        call_command("migrate", verbosity=0, interactive=False)
        load_fixtures()
        call_command("make_accounts")
    except CommandError as mistake:
        raise CannotStartError(str(mistake)) from mistake
    except OperationalError as away:
        raise CannotStartError(f"The database of DATABASE_URL does not answer: {str(away).splitlines()[0]}") from away
    finally:
        connections.close_all()
    collect_static()


def load_fixtures() -> None:
    """Load and publish the wizards in fixtures/ that changed since they were last loaded.

    What editors changed here meanwhile is not touched by a start: only a new or changed file is loaded.
    """
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    stamp = Stamp(Path(settings.VAR_DIR) / "loaded-fixtures")
    known = stamp.lines() if apps.get_model("wizards", "Wizard").objects.exists() else set()
    files = sorted((ROOT / "fixtures").glob("*.yaml"))
    marks = {f"{fingerprint([file])} {file.name}": file for file in files}
    changed = [str(file) for mark, file in marks.items() if mark not in known]
    if changed:
        call_command("load_wizards", *changed)
        stamp.write(set(marks))


def collect_static() -> None:
    """Collect, compress and hash the static files, unless none changed since the last time."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    if settings.STATIC_PLAIN:
        return
    files = [Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([])]
    stamp = Stamp(Path(settings.VAR_DIR) / "collected-static")
    mark = {fingerprint(files, content=False)}
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if stamp.lines() != mark or not manifest.exists():
        print("Compressing the static files", flush=True)
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write(mark)


def fingerprint(files: list[Path], *, content: bool = True) -> str:
    """Return a hash of the files: of what they hold, or (quicker) of their names, sizes and times."""
    digest = hashlib.sha256()
    for file in sorted(files):
        if content:
            digest.update(file.read_bytes())
        else:
            status = file.stat()
            digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


class Stamp:
    """A small file in var/ that remembers what was done with which input."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> set[str]:
        """Return what was remembered; nothing where nothing was."""
        return set(self.path.read_text(encoding="utf-8").splitlines()) if self.path.exists() else set()

    def write(self, lines: set[str]) -> None:
        """Remember `lines` instead of what was there."""
        self.path.write_text("".join(f"{line}\n" for line in sorted(lines)), encoding="utf-8")


def say_addresses() -> None:
    """Print where each audience finds the site."""
    from django.conf import settings

    print(f"Customers: {settings.SITE_URL}/")
    print(f"Staff:     {settings.SITE_URL}/admin/  (accounts: {settings.VAR_DIR / 'accounts.json'})")
    print("Stop with Ctrl-C.", flush=True)


def serve() -> None:
    """Become gunicorn, so that a Ctrl-C or a SIGTERM reaches it directly; what runs beside it ends with it."""
    sys.stdout.flush()
    os.chdir(ROOT)
    for helper in ("run_maintenance", "run_deliveries"):
        subprocess.Popen([sys.executable, "manage.py", helper, "--parent", str(os.getpid())])  # nosec B603  # noqa: S603  ours
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "helpdesk.wsgi"])  # nosec B606  # noqa: S606  no shell


if __name__ == "__main__":
    main(sys.argv[1:])
