"""`make quick` finds the tests of what changed."""

from __future__ import annotations

import subprocess

import pytest

from tools import quick

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("wizards/search.py", {"tests/test_search.py"}),
        ("wizards/views/desk/call.py", {"tests/views/desk"}),
        ("wizards/admin/nodes.py", {"tests/admin"}),
        ("helpdesk/settings.py", {"tests/test_settings.py"}),
        ("templates/review/stuck.html", {"tests/views/review"}),
        ("templates/home.html", {"tests/views"}),
        ("static/map.js", {"tests/browser/test_map.py"}),
        ("tests/flow/test_walk.py", {"tests/flow/test_walk.py"}),
        ("tests/cases/walking.py", {"tests/cases"}),
        ("docs/security.md", {"tests/test_security.py"}),
    ],
)
def test_a_file_has_the_tests_of_its_room(file, tests):
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


def test_the_long_tests_are_left_to_make_test(monkeypatch):
    commands = []
    monkeypatch.setattr(quick, "changed", lambda since: ["tools/chaos/site.py", "wizards/search.py"])
    monkeypatch.setattr(
        quick.subprocess,
        "run",
        lambda command, cwd: commands.append(command) or subprocess.CompletedProcess(command, 0),
    )
    assert quick.main([]) == 0
    assert commands[-1][2:] == ["pytest", "-q", "-n", "2", "tests/test_rooms.py", "tests/test_search.py"]


def test_one_linter_that_complains_is_enough_to_fail(monkeypatch):
    monkeypatch.setattr(quick, "changed", lambda since: ["wizards/search.py"])
    monkeypatch.setattr(
        quick.subprocess, "run", lambda command, cwd: subprocess.CompletedProcess(command, int("bandit" in command))
    )
    assert quick.main([]) == 1
