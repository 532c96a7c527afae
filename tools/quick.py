"""Lint what changed and run the tests that mirror it: what `make quick` runs for each commit.

`python -m tools.quick [--since COMMIT] [ARGUMENTS OF PYTEST]`. What changed is what differs from COMMIT: by default
HEAD, or the commit before it where nothing is uncommitted. Tests mirror the modules, so names say which tests belong
to a package: tests/search/ to wizards/search/, tests/desk/ to wizards/desk/.
Those that take minutes are left out: `make test` runs everything.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
PYTHON = sys.executable
# They run whatever changed: the rules that every file has to keep.
ALWAYS = ("tests/test_architecture.py", "tests/test_assertions.py")
LONG = ("tests/chaos", "tests/scale", "tests/hostile", "tests/browser")
MANY = 20  # test files that use a helper: more would take too long
# For product code that no test mirrors by name, such as the models: a customer's way through the whole site.
OTHERWISE = ("tests/customer", "tests/journal/test_commands.py", "tests/publishing/test_versions.py")
PRODUCT = ("helpdesk", "wizards")
# Folder of templates -> its tests; those of all others are in tests/customer.
TEMPLATES = {
    "account": "tests/accounts",
    "admin": "tests/admin",
    "desk": "tests/desk",
    "mail": "tests/support",
    "mfa": "tests/accounts",
    "review": "tests/review/views",
}


def main(arguments: list[str]) -> int:
    """Run the linters and the tests, up to the first that fails; return 0 where all passed."""
    parser = argparse.ArgumentParser(prog="tools.quick", description="Lint and test what changed.")
    parser.add_argument("--since", default="", help="the commit to compare with")
    chosen, rest = parser.parse_known_args(arguments)
    since = chosen.since or "HEAD"
    try:
        if not (files := changed(since)) and not chosen.since:
            since = "HEAD~1"
            files = changed(since)
    except subprocess.CalledProcessError as refused:
        print(f"{since} is not a commit here. {refused.stderr.strip()}", file=sys.stderr)
        return 1
    chosen_tests = {file: tests_of(file) for file in files}
    tests = sorted({*ALWAYS, *(test for found in chosen_tests.values() for test in found)} - set(LONG))
    print(f"Changed since {since}: {', '.join(files)}\nTests: {' '.join(tests)}", flush=True)
    if untested := [file for file, found in chosen_tests.items() if not found - set(LONG)]:
        print(f"Left to make test: {', '.join(untested)}", flush=True)
    existing = [file for file in files if (ROOT / file).exists()]
    for command in (*lint(existing), [PYTHON, "-m", "pytest", "-q", "-n", "auto", *tests, *rest]):
        if subprocess.run(command, cwd=ROOT).returncode != 0:
            print(f"Failed: {' '.join([Path(command[0]).name, *command[1:]])}", file=sys.stderr)
            return 1
    return 0


def changed(since: str) -> list[str]:
    """Return the paths of the files that differ from a commit, also those that are gone, and of new ones.

    Raises CalledProcessError, with what git says.
    """
    commit = ["git", "rev-parse", "--verify", "--end-of-options", f"{since}^{{commit}}"]
    differ = ["git", "diff", "-z", "--name-only", "--no-renames", _said(commit).strip(), "--"]
    new = ["git", "ls-files", "-z", "--others", "--exclude-standard"]
    return sorted({path for command in (differ, new) for path in _said(command).split("\0")[:-1]})


def _said(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def lint(files: list[str]) -> Iterator[list[str]]:
    """Yield the linters' commands for these files. mypy reads the whole product, and remembers what it read.

    What bandit looks for, ruff finds as well; `make lint` runs both.
    """
    python = [file for file in files if file.endswith(".py")]
    templates = [file for file in files if file.startswith("templates/") and file.endswith((".html", ".txt"))]
    if python:
        yield [PYTHON, "-m", "ruff", "check", *python]
        yield [PYTHON, "-m", "ruff", "format", "--check", *python]
    if templates:
        yield [PYTHON, "-m", "djlint", "--check", "--lint", "--quiet", *templates]
    if any(file.startswith(PRODUCT) for file in python):
        yield [str(Path(PYTHON).with_name("lint-imports")), "--no-logo", "--no-cache"]
        yield ["make", "--no-print-directory", "types"]


def tests_of(file: str) -> set[str]:
    """Return the tests (files and folders) of the package in which a file is; none where nothing tests it."""
    path = PurePosixPath(file)
    top, *folders = path.parts[:-1] or ("",)
    if top == "tests":
        return _of_a_test(path)
    if "migrations" in folders:
        return {"tests/upgrade", *OTHERWISE}
    if top in PRODUCT:
        return _room([*folders, path.stem]) or set(OTHERWISE)
    if top == "tools":
        return _room([*folders, path.stem])
    if top == "templates":
        return {TEMPLATES.get("".join(folders[:1]), "tests/customer")}
    if top == "static":
        return _named("browser", path.stem) or {"tests/test_first_page.py"}
    return {"tests/test_content.py"} if top == "fixtures" else _that_hold(re.escape(path.name))


def _room(parts: list[str]) -> set[str]:
    """Return the tests of the innermost folder that tests/ mirrors, or else those that are named like the package."""
    for length in range(len(parts), 0, -1):
        folder = "/".join(["tests", *parts[:length]])
        if any((ROOT / folder).glob("test_*.py")):
            return {folder}
    return _named("", parts[0])


def _named(folder: str, name: str) -> set[str]:
    files = [each for pattern in (f"test_{name}.py", f"test_{name}_*.py") for each in (TESTS / folder).glob(pattern)]
    return {str(file.relative_to(ROOT)) for file in files}


def _of_a_test(path: PurePosixPath) -> set[str]:
    if path.name.startswith("test_"):
        return {str(path)} if (ROOT / path).exists() else set()
    if any((ROOT / path.parent).glob("test_*.py")) and len(path.parts) > 2:
        return {str(path.parent)}
    users = _that_hold(rf"\btests\.{path.stem}\b|from tests import .*\b{path.stem}\b")
    return users if 0 < len(users) <= MANY else set(OTHERWISE)


def _that_hold(pattern: str) -> set[str]:
    """Return the test files in which a pattern is found: of docs by their name, of the tests' helpers by imports."""
    return {
        str(test.relative_to(ROOT))
        for test in TESTS.rglob("test_*.py")
        if re.search(pattern, test.read_text(encoding="utf-8")) and str(test.parent.relative_to(ROOT)) not in LONG
    }


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
