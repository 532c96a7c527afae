"""Rules of the code that no linter knows: htmx's headers, signals, and what catches every exception.

Who may import whom is said by the contracts in pyproject.toml, which `make lint` checks. Who writes the log is seen in
every test, at the statement: see log_writes.py.
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


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_journal_takes_nothing_but_documents_from_publishing():
    taken = {
        name
        for path in (WIZARDS / "journal").glob("*.py")
        for name in imports(path)
        if name.startswith("wizards.publishing")
    }
    assert taken == {"wizards.publishing.document_of"}


@pytest.mark.parametrize("path", sorted((WIZARDS / "flow").rglob("*.py")), ids=name_of)
def test_the_engine_needs_nothing_but_pydantic_and_yaml(path):
    assert {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names <= {"wizards", "pydantic", "yaml"}


def test_importing_the_engine_imports_no_django():
    code = "import sys, wizards.flow; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_there_are_no_signals(path):
    forbidden = ("django.dispatch", "django.db.models.signals", "django.core.signals", "django.contrib.auth.signals")
    assert [name for name in imports(path) if name.startswith(forbidden)] == []


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_what_catches_every_exception_raises_it_again_or_logs_it(path):
    for caught in ast.walk(ast.parse(path.read_text())):
        if isinstance(caught, ast.ExceptHandler):
            assert caught.type, f"line {caught.lineno}: a bare except"
            if ast.unparse(caught.type) in ("Exception", "BaseException"):
                body = "\n".join(map(ast.unparse, caught.body))
                assert body.endswith("raise") or "log.exception(" in body, f"line {caught.lineno}: swallows everything"


# The only modules that read or set htmx's headers, or use `request.htmx` and the helpers of django-htmx.
HTMX_MODULES = {"wizards/presenters/responses.py", "helpdesk/accounts/session_policy.py"}
# Header names in lower case; those that are also attributes in templates (hx-target) are left out.
LOWER_CASE = "request|history-restore-request|current-url|redirect|location|refresh|retarget|reswap|reselect"
HEADER = re.compile(rf"\bHX-|HTTP_HX_|\bhx-({LOWER_CASE})\b|^htmx$")


def htmx_uses(path: Path) -> Iterator[str]:
    """Yield each use of htmx's headers in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and HEADER.search(node.value):
            yield f"line {node.lineno}: {node.value!r}"
        elif isinstance(node, ast.Attribute) and node.attr == "htmx":
            yield f"line {node.lineno}: {ast.unparse(node)}"
    yield from (f"imports {name}" for name in imports(path) if name.startswith("django_htmx"))


@pytest.mark.parametrize("path", [path for path in OURS if name_of(path) not in HTMX_MODULES], ids=name_of)
def test_no_other_module_uses_the_headers_of_htmx(path):
    assert list(htmx_uses(path)) == []


@pytest.mark.parametrize("name", sorted(HTMX_MODULES))
def test_a_module_that_may_use_the_headers_of_htmx_does(name):
    assert list(htmx_uses(ROOT / name))
