"""`make quick` finds the tests of what changed."""

from __future__ import annotations

import re
import subprocess

import pytest

from tools import quick

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("wizards/search/index.py", {"tests/search"}),
        ("wizards/desk/views/call.py", {"tests/desk"}),
        ("wizards/admin/node.py", {"tests/admin"}),
        ("wizards/migrations/0001_initial.py", {"tests/upgrade"}),
        ("helpdesk/settings.py", {"tests/test_settings.py"}),
        ("templates/review/stuck.html", {"tests/review/views"}),
        ("templates/customer/home.html", {"tests/customer"}),
        ("static/editing/map.js", {"tests/browser/test_map.py"}),
        ("tests/flow/test_transitions.py", {"tests/flow/test_transitions.py"}),
        ("tests/support/walking.py", {"tests/support"}),
        ("docs/security.md", {"tests/test_security.py"}),
    ],
)
def test_a_file_has_the_tests_of_its_package(file, tests):
    assert tests <= quick.tests_of(file)


def test_every_file_of_the_product_has_tests_that_are_there():
    command = ["git", "ls-files", "helpdesk/*.py", "wizards/*.py", "templates", "static/*.js"]
    files = subprocess.run(command, cwd=quick.ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "manage.py" not in files
    assert len(files) > 300
    assert [file for file in files if not quick.tests_of(file)] == []
    tests = {test for file in files for test in quick.tests_of(file)}
    assert tests
    assert {test for test in tests if not (quick.ROOT / test).exists()} == set()


@pytest.fixture
def run(monkeypatch):
    """Give a function that runs it for changed files, and returns its exit code and the commands that it ran."""

    def on(*files, fails=""):
        commands = []

        def done(command, cwd):
            commands.append(" ".join(command[2:]))
            return subprocess.CompletedProcess(command, -9 if fails and fails in command else 0)

        with monkeypatch.context() as patch:
            patch.setattr(quick, "changed", lambda since: [*files])
            patch.setattr(quick.subprocess, "run", done)
            return quick.main([]), commands

    return on


def test_the_long_tests_are_left_to_make_test(run, capsys):
    code, commands = run("tools/chaos/site.py", "wizards/search/index.py")
    assert (code, commands[-1]) == (
        0,
        "pytest -q -n auto tests/search tests/test_architecture.py tests/test_assertions.py",
    )
    assert "Left to make test: tools/chaos/site.py\n" in capsys.readouterr().out


def test_what_fails_or_is_killed_ends_it_and_is_named(run, capsys):
    code, commands = run("wizards/search/index.py", fails="check")
    assert (code, commands) == (1, ["ruff check wizards/search/index.py"])
    assert re.fullmatch(r"Failed: python\S* -m ruff check wizards/search/index\.py\n", capsys.readouterr().err)


def test_a_file_that_is_gone_is_tested_and_not_linted(run):
    code, commands = run("wizards/search/gone.py", "tests/test_gone.py")
    assert (code, commands) == (
        0,
        ["pytest -q -n auto tests/search tests/test_architecture.py tests/test_assertions.py"],
    )


def test_a_commit_that_is_not_there_is_said(capsys):
    assert quick.main(["--since", "nowhere"]) == 1
    assert "nowhere is not a commit" in capsys.readouterr().err
