"""Make .venv and install pinned requirements into it: `python3 helpdesk/install.py requirements.txt`.

Runs with the system's Python; an old Python gets a message about the version needed. pip installs uv, uv the rest.
"""

import filecmp
import glob
import os
import shutil
import signal
import subprocess  # nosec B404  # it starts pip and uv, without a shell
import sys
import sysconfig

VENV = ".venv"
PYTHON = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")
# This file remains after an installer was killed. uv would take a half-installed package for a complete one.
INTERRUPTED = os.path.join(VENV, "cut-off")


def make_venv():
    """Create .venv and return the path of Python's bundled pip wheel, which runs without being installed."""
    try:
        import ensurepip
        import venv
    except ImportError:
        sys.exit("This Python has no venv module. Install it (on Debian or Ubuntu: apt-get install python3-venv).")
    if sys.prefix == os.path.abspath(VENV):
        sys.exit(".venv must be recreated, and its own Python cannot do that. Run make clean and try again.")
    print("Making .venv", flush=True)
    for copy in glob.glob(os.path.join(VENV, "installed-*")):
        os.remove(copy)  # first, so that nothing counts as installed if this is interrupted
    venv.create(os.path.realpath(VENV), clear=True, symlinks=os.name != "nt")
    folder = sysconfig.get_config_var("WHEEL_PKG_DIR") or os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
    return os.path.join(glob.glob(os.path.join(folder, "pip-*.whl"))[0], "pip")


def installed(name):
    """Return whether .venv has this version of a requirements file. After an interrupted install it has none."""
    copy = os.path.join(VENV, "installed-" + name)
    is_complete = os.path.exists(PYTHON) and os.path.exists(copy) and not os.path.exists(INTERRUPTED)
    return is_complete and filecmp.cmp(name, copy, False)


def install(name, *command):
    """Install a requirements file with a command of pip or uv, given as arguments of Python."""
    print("Installing %s" % name, flush=True)
    open(INTERRUPTED, "w").close()
    code = subprocess.call([PYTHON, *command, "--require-hashes", "--requirement", name])  # nosec B603  # our own command
    if code >= 0:
        os.remove(INTERRUPTED)
    if code != 0:
        sys.exit("Installing %s failed, see above. Check the connection, or run make clean, and try again." % name)
    shutil.copyfile(name, os.path.join(VENV, "installed-" + name))


def main(names):
    """Install the requirements files that are new or changed. A lock makes other processes wait."""
    with open(__file__) as lock:
        if os.name != "nt":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [name for name in names if not installed(name)]
        if missing and not installed("requirements-uv.txt"):
            install("requirements-uv.txt", make_venv(), "install", "-qq", "--disable-pip-version-check")
        for name in missing:
            install(name, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON)


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit("Python 3.11 or newer is needed, not %d.%d. Name one: make run PYTHON=..." % sys.version_info[:2])
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C shows no traceback
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    main(sys.argv[1:])
