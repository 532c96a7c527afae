"""A document as a file: what is written reads back, and what is wrong is told with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.graphs import graph
from tests.strategies import broken_documents, documents
from wizards import flow
from wizards.flow import serialization

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").glob("*.yaml"))
FORMS = ("yaml", "json")

GOOD = """\
format: 1
slug: toy
title: Toy
symptoms:
  - id: s
    label: It does not work
    to: q
nodes:
  - id: q
    kind: question
    title: Is it on?
    choices:
      - id: a
        label: "Yes"
        to: ok
      - id: b
        label: No
        to: ok
  - id: ok
    kind: outcome
    result: solved
    title: It works
"""


def problems(content: str | bytes, form: serialization.Format = "yaml", *, check_graph: bool = False) -> list[str]:
    """Return the problems of a bad file as lines of text."""
    with pytest.raises(flow.InvalidFileError) as bad:
        (flow.parse_valid_document if check_graph else flow.parse_document)(content, form)
    assert bad.value.problems
    return [str(problem) for problem in bad.value.problems]


# --- round trips ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=examples(30))
@given(document=st.one_of(documents(), broken_documents()))
def test_a_dumped_document_parses_to_the_same_document_and_hash(form, document):
    parsed = flow.parse_document(flow.dump_document(document, form), form)
    assert parsed == document
    assert parsed.content_hash() == document.content_hash()


@pytest.mark.parametrize("form", FORMS)
def test_a_file_may_be_bytes_with_a_byte_order_mark(form):
    document = flow.parse_document(GOOD)
    assert flow.parse_document(flow.dump_document(document, form).encode("utf-8-sig"), form) == document


@settings(max_examples=examples(30))
@given(document=documents())
def test_random_faultless_documents_have_no_errors(document):
    assert flow.find_errors(document) == []


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", FORMS)
def test_the_fixtures_read_back_with_the_same_hash(path, form):
    document = flow.parse_valid_document(path.read_bytes())
    assert flow.parse_valid_document(flow.dump_document(document, form), form).content_hash() == document.content_hash()


def test_the_fixtures_are_there():
    assert len(FIXTURES) == 3


def test_the_hash_does_not_depend_on_the_order_of_the_keys_in_the_file():
    shuffled = json.dumps(dict(reversed(flow.parse_document(GOOD).plain().items())))
    assert flow.parse_document(shuffled, "json").content_hash() == flow.parse_document(GOOD).content_hash()


def test_the_hash_depends_on_every_word():
    assert (
        flow.parse_document(GOOD.replace("Is it on", "Is it off")).content_hash()
        != flow.parse_document(GOOD).content_hash()
    )


def test_a_text_too_long_in_nfc_is_refused():
    title = "\u0958" * 300  # composes to 600 characters
    assert problems(GOOD.replace("title: Toy", f"title: {title}")) == [
        "line 3: title: This is longer than 300 characters. Shorten it."
    ]


def test_texts_are_normalized_to_nfc_and_line_feeds():
    document = flow.parse_document('{"format":1,"slug":"toy","title":" e\\u0301\\r\\n x ","nodes":[]}', "json")
    assert document.title == "é x"


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "12:30", "0x1F", "1_000", "2024-01-31", "010", "1e3"])
def test_words_that_yaml_converts_stay_text(word):
    assert flow.parse_document(GOOD.replace("title: Toy", f"title: {word}")).title == word


# --- what is wrong, and on which line ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("format: 1", "format: 2", "line 1: format: Input should be 1."),
        ("slug: toy\n", "", "line 1: slug: This is missing. Add it."),
        ("slug: toy", "slug: To y", "line 2: slug: This must be lower-case letters, digits and hyphens, at most 64"),
        (
            "title: Toy",
            "title: Toy\nlanguage: English",
            "line 4: language: This must be a language's code, such as “en”",
        ),
        (
            "    to: q\n",
            "    to: q\n    sources: [HIK_3]\n",
            "line 8: symptoms › 1 (s) › sources › 1: This must be letters, digits and hyphens, at most 32",
        ),
        ("title: Toy", "title: 7", "line 3: title: This must be text. Put it in quotes."),
        ("title: Toy", "title:", "line 3: title: This must be text."),
        ("title: Toy", f"title: {'x' * 301}", "line 3: title: This is longer than 300 characters. Shorten it."),
        ("title: Toy", 'title: "a\\u0007"', "line 3: title: This contains the control character U+0007; delete it."),
        ("title: Toy", "title: Toy\ntitel: Toy", "line 4: titel: This is not a known field. Correct its name"),
        ("title: Toy", "title: Toy\ntitle: Toy", "line 4: “title” appears twice in the same place."),
        ("title: Toy", "title: *toy", "line 3: Anchors and aliases"),
        ("title: Toy", "title: &toy Toy", "line 3: Anchors and aliases"),
        ("title: Toy", "title: !!str Toy", "line 3: Tags (!) are not allowed."),
        ("title: Toy", "title: [Toy", "line 4: This is not YAML:"),
        ("title: Toy", "? [a]\n: b", "line 3: A key must be a plain word."),
        ("title: Toy", "title: Toy\nsources: no", "line 4: sources: This must be a list."),
        (
            "kind: outcome",
            "kind: end",
            "nodes › 2 (ok): “kind” must be one of question, diagnosis, procedure, outcome.",
        ),
        ("    result: solved\n", "", "line 19: nodes › 2 (ok) › result: This is missing. Add it."),
        ("result: solved", "result: fine", "line 21: nodes › 2 (ok) › result: "),
        (
            "      - id: b\n",
            "      - id: B\n",
            "line 16: nodes › 1 (q) › choices › 2 (B) › id: This must be lower-case",
        ),
        ("    title: It works", "    title: It works\n---\nformat: 1", "line 23: A file holds one wizard; remove"),
    ],
)
def test_a_problem_is_reported_with_its_line(old, new, expected):
    assert old in GOOD
    messages = problems(GOOD.replace(old, new))
    assert any(expected in line for line in messages), messages


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "        to: ok\n      - id: b",
            "        to: nowhere\n      - id: b",
            "line 15: node q: “Yes” leads to “nowhere”",
        ),
        ("    title: It works\n", "    title: ''\n", "line 22: node ok: This node has no title."),
        ("        label: No\n", "        label: 'yes'\n", "line 17: node q: Two entries are both labelled “yes”"),
        ("    to: q\n", "    to: q\n    sources: [editorial, X-1]\n", "line 8: symptom s: It cites “X-1”"),
        ("      - id: b\n", "      - id: a\n", "line 16: node q: The id “a” is used twice."),
    ],
)
def test_a_fault_of_the_graph_is_reported_with_its_line(old, new, expected):
    assert GOOD.count(old) == 1
    messages = problems(GOOD.replace(old, new), check_graph=True)
    assert any(line.startswith(expected) for line in messages), messages


def test_all_problems_are_reported_at_once_in_the_order_of_the_file():
    messages = problems(GOOD.replace("title: Toy", "title: 7").replace("result: solved", "result: fine"))
    assert [line.split(":")[0] for line in messages] == ["line 3", "line 21"]


def test_a_file_that_is_not_utf8_is_reported_with_its_line():
    assert problems(GOOD.replace("Toy", "Tö").encode("latin-1")) == [
        "line 3: The file is not UTF-8 text. Save it as UTF-8."
    ]


def test_broken_json_is_reported_with_its_line():
    assert problems('{\n"format": 1,\n"slug" "toy"}', "json")[0].startswith("line 3: This is not JSON")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"title": "Toy"', '"title": 7', "title: This must be text. Put it in quotes."),
        ('"result": "solved"', '"result": "fine"', "nodes › 2 (ok) › result: "),
        ('"label": "No"', '"label": ""', "node q: A choice has no label."),
    ],
)
def test_a_problem_in_json_is_reported_with_its_line(old, new, expected):
    lines = flow.dump_document(flow.parse_document(GOOD), "json").splitlines()
    [index] = [index for index, line in enumerate(lines) if old in line]
    lines[index] = lines[index].replace(old, new)
    assert problems("\n".join(lines), "json", check_graph=True)[0].startswith(f"line {index + 1}: {expected}")


def test_a_duplicate_key_in_json_is_refused():
    assert problems('{"format": 1, "format": 1}', "json") == ["A key appears twice in one place: format."]


@pytest.mark.parametrize("content", ["", "# nothing\n", "wizard", "- a\n", "7", "null"])
def test_a_file_that_holds_no_mapping_holds_no_wizard(content):
    assert problems(content) == ["line 1: The file does not hold a wizard. It starts with “format: 1”."]


def test_nesting_is_limited():
    deep = serialization.MAX_DEPTH + 1
    assert problems("[" * deep + "]" * deep) == ["line 1: This is nested more than 20 deep."]
    assert problems("[" * 100_000, "json")


def test_size_is_limited():
    assert problems(b"#" * (serialization.MAX_BYTES + 1)) == [
        "The file is larger than 1000 kB. Split the wizard in two."
    ]
    assert problems("#" * (serialization.MAX_BYTES + 1), "json") == [
        "The file is larger than 1000 kB. Split the wizard in two."
    ]


def test_a_number_too_long_is_refused():
    assert problems('{"format": ' + "1" * 10_000 + "}", "json")
    assert problems("format: " + "1" * 10_000)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("title", ["a\0b", "a\ud800b", "\udfff"])
def test_nul_and_lone_surrogates_are_refused(form, title):
    assert problems(json.dumps({"format": 1, "slug": "toy", "title": title}), form)
    assert problems(f"format: 1\nslug: toy\ntitle: '{title}'", form)


# --- anything at all --------------------------------------------------------------------------------------------

PIECES = (
    "format: 1\n",
    "nodes:\n",
    "- ",
    "  ",
    "id: a",
    "kind: question\n",
    ": ",
    "\n",
    "[",
    "]",
    "{",
    "}",
    ",",
    '"',
    "'",
)
PIECES += (
    "|\n",
    ">",
    "---\n",
    "...\n",
    "&a ",
    "*a",
    "!t ",
    "%YAML 1.1\n",
    "? ",
    "\t",
    "# ",
    "\0",
    "\ufeff",
    "\ud800",
    "1",
    "null",
)


@settings(max_examples=examples(200))
@given(
    content=st.one_of(st.binary(max_size=300), st.text(max_size=200), st.lists(st.sampled_from(PIECES)).map("".join))
)
@example(content=b"format: 1\nslug: a\ntitle: .")
@pytest.mark.parametrize("form", FORMS)
def test_any_file_is_parsed_or_refused(content, form):
    try:
        result = flow.parse_document(content, form)
    except flow.InvalidFileError as refused:
        result = refused
    assert isinstance(result, flow.Document | flow.InvalidFileError)


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["a", "question"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=examples(30))
@given(data=st.data(), document=documents())
def test_a_valid_file_with_one_value_replaced_is_parsed_or_refused(data, document):
    plain = document.plain()
    part = plain
    while True:
        key = data.draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        if not part[key] or not isinstance(part[key], list | dict) or data.draw(st.booleans()):
            break
        part = part[key]
    part[key] = data.draw(VALUES)
    for form, content in (("json", json.dumps(plain)), ("yaml", yaml.safe_dump(plain))):
        try:
            read = flow.parse_valid_document(content, form)
        except flow.InvalidFileError as bad:
            assert bad.problems
            assert all(problem.message for problem in bad.problems)
        else:
            assert flow.parse_document(flow.dump_document(read, form), form) == read


def test_written_yaml_keeps_texts_of_several_lines_as_blocks():
    document = graph("q? a:ok b:ok", "ok = solved")
    node = document.nodes[0].model_copy(update={"text": "One.\n\nTwo."})
    written = flow.dump_document(document.model_copy(update={"nodes": (node, *document.nodes[1:])}))
    assert "text: |-\n      One.\n\n      Two.\n" in written
