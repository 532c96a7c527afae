"""Find a Chromium for the browser tests, or get one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class NoChromiumError(Exception):
    """No browser is here and none could be installed; the message says what to install."""


def find() -> Path:
    """Return the browser's program.

    In this order: what CHROMIUM_PATH names; one on PATH; Debian's package, where we are root on a Debian; the one
    that playwright downloads. Raises NoChromiumError.
    """
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        if not os.access(named, os.X_OK):
            raise NoChromiumError(f"CHROMIUM_PATH is {named}, and that is no program.")
        return Path(named)
    return _on_path() or _from_debian() or _from_playwright() or _none()


def version(program: Path) -> str:
    """Return the browser's name and version, such as `Chromium 150.0.1.2`."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True)
    return answer.stdout.partition(" built on")[0].strip()


def _on_path() -> Path | None:
    for name in NAMES:
        if program := shutil.which(name):
            return Path(program)
    return None


def _from_debian() -> Path | None:
    if os.name != "posix" or os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        return None
    print("No Chromium on PATH: installing Debian's package chromium", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "install", "--no-install-recommends", "chromium"]):
        result = subprocess.run([*command, "-y"], env=quiet, capture_output=True, text=True)
        if result.returncode != 0:
            print(f"{' '.join(command)} failed: {result.stderr.strip()[-300:]}", flush=True)
            return None
    return _on_path()


def _from_playwright() -> Path | None:
    print("Asking playwright for its Chromium", flush=True)
    install = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        result = subprocess.run(install, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return None
    if result.returncode != 0:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        program = Path(driver.chromium.executable_path)
    return program if program.exists() else None


def _none() -> Path:
    raise NoChromiumError(
        "The browser tests need Chromium, and none is here. Install it (on Debian or Ubuntu: apt-get install chromium)"
        " or set CHROMIUM_PATH to its program."
    )
