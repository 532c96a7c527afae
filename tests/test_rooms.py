"""The rooms of the design: what each may import, and who alone may know HTMX's headers.

Who writes the log is seen in every test, at the statement: see log_writes.py.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WIZARDS = ROOT / "wizards"
EVERY = sorted(path for folder in (WIZARDS, ROOT / "helpdesk") for path in folder.rglob("*.py"))
OURS = [path for path in EVERY if "migrations" not in path.parts]

# Room -> the rooms of ours that it may import. A room that is not named here may not be there: name it.
MAY = {
    "flow": set(),
    "formats": {"flow"},
    "models": {"flow"},
    "publishing": {"flow", "models"},
    "journal": {"flow", "models", "publishing"},  # publishing: only document_of, see below
    "tallies": {"flow", "models", "journal"},  # journal: to note in a session's row what they hold
    "audit": {"flow", "models", "journal", "tallies"},
    "access": {"models"},
    "cases": {"flow", "models", "journal", "publishing", "pages"},  # pages: the words that the customer read
    "desk": {"models", "access", "flow", "handoff", "journal"},
    "search": {"flow", "models", "publishing"},
    "searches": {"models", "search"},
    "privacy": {"flow", "models", "journal", "tallies", "searches", "cases", "desk", "handoff"},
    "findings": {"models"},
    "gauges": {"models", "tallies"},
    "handoff": {"models", "journal"},
    "limits": set(),
    "numbers": set(),
    "simulation": {"flow", "models", "publishing", "journal"},
    "review": {"flow", "models", "publishing", "tallies", "numbers"},
    "markup": set(),
    "forms": {"flow"},
    "stencils": set(),
    "pages": {"flow", "models", "publishing", "forms", "markup", "stencils"},
    # access, journal: a preview begins a session; markup, pages: a preview of a field, and what HTMX asked for
    # tallies: how many sessions began on a version
    "admin": {"flow", "models", "publishing", "access", "journal", "markup", "pages", "cases", "numbers", "tallies"},
    "templatetags": {"markup"},
    "apps": set(),
}
ALL = {*MAY, "views", "urls", "management"}
MAY |= {"views": ALL, "urls": {"views", "models"}, "management": ALL}


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


IN_ROOMS = [path for path in OURS if WIZARDS in path.parents and path != WIZARDS / "__init__.py"]


@pytest.mark.parametrize("path", IN_ROOMS, ids=name_of)
def test_a_room_imports_only_the_rooms_that_it_may_know(path):
    assert room(path) in MAY, "a new room: say in MAY what it may import"
    known = {name.split(".")[1] for name in imports(path) if name.startswith("wizards.")}
    assert known - {room(path)} <= MAY[room(path)]


def test_the_journal_takes_nothing_but_documents_from_publishing():
    taken = {name for path in of_rooms("journal") for name in imports(path) if name.startswith("wizards.publishing")}
    assert taken == {"wizards.publishing.document_of"}


@pytest.mark.parametrize("path", of_rooms("flow", "formats"), ids=name_of)
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


@pytest.mark.parametrize("path", [path for path in IN_ROOMS if room(path) != "pages"], ids=name_of)
def test_only_pages_knows_the_headers_of_htmx(path):
    text = path.read_text()
    assert "HX-" not in text
    assert "request.htmx" not in text
