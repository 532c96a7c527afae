"""The programs that tests need beside Python, and PostgreSQL, which tests/postgres.py finds.

`python -m tests.programs` installs what is missing, where we are root on a Debian, and says what is missing then.
`make test` calls it first: several test processes would get in each other's way.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

# Program -> Debian's package. Tests of several hosts are skipped without these, and say so.
PACKAGES = {"nginx": "nginx", "redis-server": "redis-server", "systemd-analyze": "systemd"}
# Without these, Chromium would not start as root and would look for updates.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
]
# The headless shell is the same engine without a window: it takes half the processor time.
CHROMIUM = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
SYSTEM = "/usr/sbin:/usr/local/sbin"  # not always on a developer's PATH


class NoChromiumError(Exception):
    """There is no browser here; the message says what to install."""


def find(name: str) -> str | None:
    """Return a program's path, or None where it is not installed."""
    return shutil.which(name) or shutil.which(name, path=SYSTEM)


def missing(*names: str) -> str:
    """Return what to do about the programs that are not here; an empty string where all are."""
    absent = [name for name in names if not find(name)]
    packages = " ".join(PACKAGES[name] for name in absent)
    return f"no {', '.join(absent)} here (on Debian or Ubuntu: apt-get install {packages})" if absent else ""


def chromium() -> Path:
    """Return the browser's program: the one that CHROMIUM_PATH names, or one on PATH. Raises NoChromiumError."""
    if named := os.environ.get("CHROMIUM_PATH"):
        if not os.access(named, os.X_OK):
            raise NoChromiumError(f"CHROMIUM_PATH is {named}, and that is not a program.")
        return Path(named)
    for name in CHROMIUM:
        if program := shutil.which(name):
            return Path(program)
    raise NoChromiumError(
        "The browser tests need Chromium, and there is none here. Install it (on Debian or Ubuntu: apt-get install"
        " chromium-headless-shell) or set CHROMIUM_PATH to its program."
    )


def launch_options() -> dict[str, Any]:
    """Return the options with which Playwright launches that browser. Raises NoChromiumError."""
    return {"executable_path": chromium(), "args": CHROMIUM_ARGUMENTS}


def install(packages: list[str]) -> None:
    """Install Debian's packages, without starting what they would start."""
    print(f"Installing Debian's packages {', '.join(packages)}", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["update"], ["install", "--no-install-recommends", "-y", *packages]):
        done = subprocess.run(["apt-get", "-qq", *command], env=quiet, capture_output=True, text=True)
        if done.returncode:
            print(f"apt-get {command[0]} failed: {done.stderr.strip()[-300:]}", flush=True)


def main() -> int:
    """Install what is missing; return 1 where there is no browser then."""
    wanted = [package for name, package in PACKAGES.items() if not find(name)]
    if not os.environ.get("CHROMIUM_PATH") and not any(map(shutil.which, CHROMIUM)):
        wanted.append(CHROMIUM[0])
    if wanted and os.geteuid() == 0 and Path("/etc/debian_version").exists():
        install(wanted)
    if lacking := missing(*PACKAGES):
        print(f"Some tests will be skipped: {lacking}")
    try:
        chromium()
    except NoChromiumError as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
