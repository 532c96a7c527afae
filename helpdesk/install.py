"""Make .venv and install pinned requirements into it: `python3 helpdesk/install.py requirements.txt`.

Runs with the system's Python, also with an old one: it says then what is needed. pip installs uv, and uv the rest.
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
CUT_OFF = os.path.join(VENV, "cut-off")  # exists after an installer was killed: uv takes half a package for a whole one


def make_venv():
    """Make a new .venv; return the pip to run in it: the wheel that Python brings, which saves installing it."""
    try:
        import ensurepip
        import venv
    except ImportError:
        sys.exit("This Python has no venv module. Install it (on Debian or Ubuntu: apt-get install python3-venv).")
    if sys.prefix == os.path.abspath(VENV):
        sys.exit(".venv has to be made again, and its own Python cannot do that. Run make clean and try again.")
    print("Making .venv", flush=True)
    for copy in glob.glob(os.path.join(VENV, "installed-*")):
        os.remove(copy)  # first: were this stopped half-way, nothing would count as installed
    venv.create(os.path.realpath(VENV), clear=True, symlinks=os.name != "nt")
    folder = sysconfig.get_config_var("WHEEL_PKG_DIR") or os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
    return os.path.join(glob.glob(os.path.join(folder, "pip-*.whl"))[0], "pip")


def installed(name):
    """Return whether .venv holds this version of the list. After an installer was killed, it holds nothing."""
    copy = os.path.join(VENV, "installed-" + name)
    return all(map(os.path.exists, (PYTHON, copy))) and not os.path.exists(CUT_OFF) and filecmp.cmp(name, copy, False)


def install(name, *command):
    """Install the requirements file `name` with the `command` of pip or uv."""
    print("Installing %s" % name, flush=True)
    open(CUT_OFF, "w").close()
    code = subprocess.call([PYTHON, *command, "--require-hashes", "--requirement", name])  # nosec B603  # ours
    if code >= 0:
        os.remove(CUT_OFF)
    if code != 0:
        sys.exit("Installing %s failed, see above. Check the connection, or run make clean, and try again." % name)
    shutil.copyfile(name, os.path.join(VENV, "installed-" + name))


def main(names):
    """Install each of these requirements files, unless it is there already; one process at a time, the others wait."""
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
