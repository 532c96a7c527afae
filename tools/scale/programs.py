"""The programs that several hosts need besides PostgreSQL: nginx, Redis, and systemd's check of its units.

`python -m tools.scale.programs` installs what is missing, where we are root on a Debian; `.ci/run` calls it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Program -> Debian's package.
PACKAGES = {"nginx": "nginx", "redis-server": "redis-server", "systemd-analyze": "systemd"}
SYSTEM = "/usr/sbin:/usr/local/sbin"  # not always on a developer's PATH


def find(name: str) -> str | None:
    """Return a program's path, or None where it is not installed."""
    return shutil.which(name) or shutil.which(name, path=SYSTEM)


def missing(*names: str) -> str:
    """Return what to do about the programs that are not here; an empty string where all are."""
    absent = [name for name in names if not find(name)]
    packages = " ".join(PACKAGES[name] for name in absent)
    return f"no {', '.join(absent)} here (on Debian or Ubuntu: apt-get install {packages})" if absent else ""


def main() -> int:
    """Install what is missing; say what could not be. Those tests are skipped then, with the same line."""
    absent = [PACKAGES[name] for name in PACKAGES if not find(name)]
    if absent and os.geteuid() == 0 and Path("/etc/debian_version").exists():
        print(f"Installing Debian's packages {', '.join(absent)}", flush=True)
        # What they would start by themselves is not wanted here.
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        for command in (["update"], ["install", "--no-install-recommends", "-y", *absent]):
            done = subprocess.run(["apt-get", "-qq", *command], env=quiet, capture_output=True, text=True)
            if done.returncode:
                print(f"apt-get {command[0]} failed: {done.stderr.strip()[-300:]}", flush=True)
    print(missing(*PACKAGES) or "nginx, Redis and systemd-analyze are here")
    return 0


if __name__ == "__main__":
    sys.exit(main())
