"""Make .venv and install pinned requirements into it: `python3 helpdesk/install.py requirements.txt`.

Runs with the system's Python, before anything is installed, and also with an old one: it says then what is needed.
A second run with the same requirements installs nothing; .venv/installed-<name> remembers their hash.
"""

import hashlib
import os
import subprocess  # nosec B404  # it starts pip, without a shell
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")


def fail(line):
    """Say in one line what is wrong and what to do, and stop."""
    sys.stderr.write(line + "\n")
    sys.exit(1)


def make_venv():
    """Make .venv, or mend it where its Python or its pip is gone."""
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        fail(
            "This Python cannot make a virtual environment. Install its venv module"
            " (on Debian or Ubuntu: apt-get install python3-venv) and try again."
        )
    sys.stdout.write("Making .venv\n")
    sys.stdout.flush()
    venv.EnvBuilder(with_pip=True, clear=True, symlinks=os.name != "nt").create(VENV)


def works():
    """Return whether .venv has a Python that runs and a pip for it."""
    if not os.path.exists(PYTHON):
        return False
    with open(os.devnull, "w") as nowhere:
        command = [PYTHON, "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
        return subprocess.call(command, stdout=nowhere, stderr=nowhere) == 0  # nosec B603  # our own words


def install(name):
    """Install the requirements file `name`, unless exactly this file was installed before."""
    with open(os.path.join(ROOT, name), "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    stamp = os.path.join(VENV, "installed-" + name)
    if os.path.exists(PYTHON) and os.path.exists(stamp):
        with open(stamp) as file:
            if file.read().strip() == wanted:
                return
    if not works():
        make_venv()
    sys.stdout.write("Installing %s into .venv\n" % name)
    sys.stdout.flush()
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "--require-hashes", "--requirement", name]
    if subprocess.call(command, cwd=ROOT) != 0:  # nosec B603  # our own words
        fail("Installing %s failed: pip says above why. Check the connection and try again." % name)
    with open(stamp, "w") as file:
        file.write(wanted + "\n")


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        fail(
            "Python 3.11 or newer is needed, and this is %d.%d." % sys.version_info[:2]
            + " If a newer one is installed, name it: make run PYTHON=python3.12"
        )
    for requirements in sys.argv[1:]:
        install(requirements)
