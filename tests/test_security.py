"""docs/security.md: every threat has a defence and tests that prove it, and each test that it names is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security.md"
RULES = re.compile(r"\|(-+\|)+")


def rows():
    """Return the cells of each line of the page's tables, without their heads."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    heads = {place - 1 for place, line in enumerate(lines) if RULES.fullmatch(line)}
    kept = [line for place, line in enumerate(lines) if place not in heads and not RULES.fullmatch(line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept]


@cache
def names_in(path):
    """Return the names of the tests in a file of ours."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_the_page_covers_what_it_should():
    text = PAGE.read_text().casefold()
    assert len(rows()) > 40
    for word in ("csrf", "script", "sql", "redirect", "clickjacking", "ssrf", "yaml", "formulas", "supply", "proxy"):
        assert word in text


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_a_threat_has_a_defence_and_tests_that_are_there(row):
    threat, defence, proof = row
    assert threat
    assert defence
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", proof)
    assert named, "no test proves it"
    assert len(named) == proof.count("`") / 2, "something else than path::name stands among the tests"
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert name in names_in(path), name


def test_no_threat_stands_twice():
    threats = [row[0] for row in rows()]
    assert len(threats) == len(set(threats))
