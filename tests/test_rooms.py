"""The rooms of the design: what each may import, and who alone may know HTMX's headers.

Who writes the log is seen in every test, at the statement: see log_writes.py.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WIZARDS = ROOT / "wizards"
EVERY = sorted(path for folder in (WIZARDS, ROOT / "helpdesk") for path in folder.rglob("*.py"))
OURS = [path for path in EVERY if "migrations" not in path.parts]


def room(path: Path) -> str:
    """Return the room in which a file of ours stands."""
    return path.relative_to(WIZARDS).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Yield the full name of everything that a file imports, inside functions too."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def of_rooms(*rooms: str) -> list[Path]:
    return [path for path in OURS if WIZARDS in path.parents and room(path) in rooms]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_journal_takes_nothing_but_documents_from_publishing():
    taken = {name for path in of_rooms("journal") for name in imports(path) if name.startswith("wizards.publishing")}
    assert taken == {"wizards.publishing.document_of"}


@pytest.mark.parametrize("path", of_rooms("flow"), ids=name_of)
def test_the_engine_knows_no_django(path):
    foreign = {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names
    assert foreign <= {"wizards", "pydantic", "yaml"}
    assert "django" not in path.read_text().casefold().replace("no django", "")


def test_importing_the_engine_imports_no_django():
    code = "import sys, wizards.flow; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_there_are_no_signals(path):
    forbidden = ("django.dispatch", "django.db.models.signals", "django.core.signals", "django.contrib.auth.signals")
    assert [name for name in imports(path) if name.startswith(forbidden)] == []


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_whoever_catches_everything_says_so_and_raises_it_again_or_logs_it(path):
    for caught in ast.walk(ast.parse(path.read_text())):
        if isinstance(caught, ast.ExceptHandler):
            assert caught.type, f"line {caught.lineno}: a bare except"
            if ast.unparse(caught.type) in ("Exception", "BaseException"):
                body = "\n".join(map(ast.unparse, caught.body))
                assert body.endswith("raise") or "log.exception(" in body, f"line {caught.lineno}: swallows everything"


# Who alone reads and sets HTMX's headers: the headers themselves, and `request.htmx` and the helpers of django-htmx.
KNOW_HTMX = {"wizards/presenters/responses.py", "helpdesk/accounts/session_policy.py"}
# A header's name may be in lower case, too; those that are also attributes in templates (hx-target) are not looked for.
SMALL = "request|history-restore-request|current-url|redirect|location|refresh|retarget|reswap|reselect"
HEADER = re.compile(rf"\bHX-|HTTP_HX_|\bhx-({SMALL})\b|^htmx$")


def of_htmx(path: Path) -> Iterator[str]:
    """Yield what in a file has to do with HTMX's headers."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and HEADER.search(node.value):
            yield f"line {node.lineno}: {node.value!r}"
        elif isinstance(node, ast.Attribute) and node.attr == "htmx":
            yield f"line {node.lineno}: {ast.unparse(node)}"
    yield from (f"imports {name}" for name in imports(path) if name.startswith("django_htmx"))


@pytest.mark.parametrize("path", [path for path in OURS if name_of(path) not in KNOW_HTMX], ids=name_of)
def test_no_other_file_knows_the_headers_of_htmx(path):
    assert list(of_htmx(path)) == []


@pytest.mark.parametrize("name", sorted(KNOW_HTMX))
def test_a_file_that_may_know_the_headers_of_htmx_does_know_them(name):
    assert list(of_htmx(ROOT / name))
