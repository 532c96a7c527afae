"""Installing into .venv: requirements once, changed ones again, and never half of a package."""

import fcntl
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk import install

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
WORKS, FAILS, IS_KILLED = ("-c", ""), ("-c", "raise SystemExit(1)"), ("-c", "import os; os.kill(os.getpid(), 9)")
UV = "requirements-uv.txt"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with three requirements files and an empty .venv. Its Python is the one of the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(install, "PYTHON", sys.executable)
    (tmp_path / ".venv").mkdir()
    for name in (UV, "one.txt", "two.txt"):
        (tmp_path / name).write_text("package==1\n")
    return tmp_path


@pytest.fixture
def called(folder, monkeypatch):
    """Replace the installers and the creation of .venv; return the list of calls."""
    calls = []
    monkeypatch.setattr(install, "make_venv", lambda: calls.append("venv") or "pip")
    monkeypatch.setattr(subprocess, "call", lambda command: calls.append(command) or 0)
    return calls


def test_requirements_count_as_installed_until_they_change(folder):
    assert not install.installed("one.txt")
    install.install("one.txt", *WORKS)
    assert install.installed("one.txt")
    (folder / "one.txt").write_text("package==2\n")
    assert not install.installed("one.txt")


def test_after_a_failure_only_the_failed_requirements_are_tried_again(folder):
    install.install("one.txt", *WORKS)
    with pytest.raises(
        SystemExit, match=r"^Installing two\.txt failed, see above\. Check the connection, or run make clean"
    ):
        install.install("two.txt", *FAILS)
    assert not install.installed("two.txt")
    assert install.installed("one.txt")


def test_after_an_installer_was_killed_nothing_counts_as_installed(folder):
    install.install("one.txt", *WORKS)
    with pytest.raises(SystemExit, match="failed"):
        install.install("two.txt", *IS_KILLED)
    assert not install.installed("two.txt")
    assert not install.installed("one.txt")


def test_nothing_counts_as_installed_if_the_python_is_gone(folder, monkeypatch):
    install.install("one.txt", *WORKS)
    monkeypatch.setattr(install, "PYTHON", str(folder / "gone"))
    assert not install.installed("one.txt")


def test_pip_installs_uv_and_uv_the_rest_all_checked_against_hashes(called):
    install.main(["one.txt", "two.txt"])
    assert [each if each == "venv" else each[1:3] for each in called] == ["venv", ["pip", "install"]] + [
        ["-m", "uv"]
    ] * 2
    assert [each[-3:] for each in called[1:]] == [
        ["--require-hashes", "--requirement", name] for name in (UV, "one.txt", "two.txt")
    ]


def test_further_requirements_are_added_to_the_first(called):
    install.main(["one.txt"])
    del called[:]
    install.main(["one.txt", "two.txt"])
    [command] = called
    assert command[1:5] == ["-m", "uv", "pip", "install"]
    assert command[-1] == "two.txt"


def test_what_is_installed_is_not_installed_again(called):
    install.main(["one.txt"])
    del called[:]
    install.main(["one.txt"])
    assert called == []


def test_the_pip_that_comes_with_python_runs_in_the_new_venv(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = [install.PYTHON, install.make_venv(), "--version"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output.startswith("pip ")


def test_the_python_of_a_venv_does_not_delete_it(folder, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(folder / ".venv"))
    (folder / ".venv" / "pyvenv.cfg").write_text("")
    with pytest.raises(SystemExit, match="Run make clean and try again"):
        install.make_venv()
    assert (folder / ".venv" / "pyvenv.cfg").exists()


def test_a_ctrl_c_shows_no_traceback_and_the_next_run_starts_over(folder):
    (folder / "helpdesk").mkdir()
    shutil.copy(ROOT / "helpdesk" / "install.py", folder / "helpdesk")
    shutil.copy(folder / UV, folder / ".venv" / f"installed-{UV}")
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\nkill -INT $PPID\nsleep 1\n")
    python.chmod(0o755)
    result = subprocess.run([sys.executable, "helpdesk/install.py", "one.txt"], capture_output=True, text=True)
    assert result.returncode == -signal.SIGINT
    assert result.stderr == ""
    assert not install.installed(UV)


def test_an_old_python_says_which_version_is_needed():
    program = (
        "import sys, runpy; sys.version_info = (3, 8, 0); sys.argv = ['install', 'requirements.txt'];"
        " runpy.run_path('helpdesk/install.py', run_name='__main__')"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("Python 3.11 or newer is needed, not 3.8. Name one: make run PYTHON=")
    assert len(result.stderr.splitlines()) == 1


def test_a_python_without_venv_says_what_to_install():
    program = "import sys, runpy; sys.modules['ensurepip'] = None; runpy.run_path('helpdesk/install.py')['make_venv']()"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_symlinked_venv_is_recreated_in_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".venv").symlink_to("elsewhere")
    install.make_venv()
    assert (tmp_path / ".venv").is_symlink()
    assert (tmp_path / install.PYTHON).exists()


def test_a_second_install_waits_for_the_first(tmp_path):
    command = "import sys; sys.path.insert(0, sys.argv[1]); from helpdesk import install; install.main([])"
    with Path(install.__file__).open() as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = subprocess.Popen([sys.executable, "-c", command, str(ROOT)], cwd=tmp_path)
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(1)
    assert second.wait(30) == 0
