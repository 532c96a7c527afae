"""The JSON Schema that editors' programs complete and check with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from tests.examples import examples
from tests.strategies import documents
from wizards import flow

ROOT = Path(__file__).parents[2]
FIXTURES = sorted((ROOT / "fixtures").glob("*.yaml"))


class Yaml12(yaml.SafeLoader):
    """Reads YAML as editors' programs do: of the words, only true and false are more than text."""


Yaml12.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag.endswith(("int", "null")) or first in "tf"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def validator() -> Any:
    """Give what validates. It is imported here: the import takes seconds, of every process that collects the tests."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(flow.schema()))


def test_the_schema_that_is_checked_in_is_up_to_date():
    assert (ROOT / "docs" / "wizard.schema.json").read_text() == flow.schema(), "run: make schema"


def test_the_schema_is_a_json_schema(validator):
    validator.check_schema(json.loads(flow.schema()))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_the_fixtures_validate_and_name_the_schema(path, validator):
    text = path.read_text()
    assert "yaml-language-server: $schema=../docs/wizard.schema.json" in text.splitlines()[0]
    assert [error.message for error in validator.iter_errors(yaml.load(text, Yaml12))] == []


@settings(max_examples=examples(30))
@given(documents())
def test_every_document_validates(validator, document):
    validator.validate(document.plain())


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"slug": "Not an id"},
        {"titel": "misspelt"},
        {"title": 7},
        {"title": "x" * 301},
        {"nodes": [{"id": "a", "kind": "end", "title": "A"}]},
        {"nodes": [{"id": "a", "kind": "outcome", "result": "fine"}]},
        {"nodes": [{"id": "a", "kind": "diagnosis", "causes": [{"id": "b", "weight": 101}]}]},
        {"procedures": [{"id": "a", "minutes": 0}]},
        {"procedures": [{"id": "a", "steps": [{"id": "b", "hold_seconds": 3601}]}]},
    ],
    ids=str,
)
def test_an_invalid_document_does_not_validate(change, validator):
    assert validator.is_valid({"format": 1, "slug": "toy", "title": "Toy"})
    assert not validator.is_valid({"format": 1, "slug": "toy", "title": "Toy"} | change)
