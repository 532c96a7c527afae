"""Whatever file comes: nothing but InvalidFileError, within 2 s and 256 MB, and no more problems than one can read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graphs import TOY, graph
from tests.strategies import documents
from wizards import flow
from wizards.flow import serialization

ROOT = Path(__file__).parents[2]
SECONDS, MEGABYTES = 2, 256
TEXTS = {form: flow.dump_document(graph(*TOY), form).encode() for form in ("yaml", "json")}
HEAD = "format: 1\nslug: a\ntitle: t\n"

# name -> form, what comes before, what is repeated up to 1 MB, what comes after
WORST = {
    "many keys": ("yaml", HEAD, "k{}: 1\n", ""),
    "many keys in JSON": ("json", '{{"a":1', ',"k{}":1', "}}"),
    "many items": ("yaml", HEAD + "nodes: [a", ",a", "]"),
    "many items in JSON": ("json", '{{"nodes":[0', ",0", "]}}"),
    "many empty parts": ("json", '{{"procedures":[{{"id":"a","steps":[{{}}', ",{{}}", "]}}]}}"),
    "many nodes": ("yaml", HEAD + "nodes:\n", "- {{id: n{}, kind: outcome, result: solved}}\n", ""),
    "many wrong kinds": ("yaml", HEAD + "nodes:\n", "- {{id: n{}, kind: o}}\n", ""),
    "many unknown fields": ("yaml", HEAD + "nodes:\n", "- {{id: a, kind: outcome, result: x, b: 1}}\n", ""),
    "deep sequences": ("yaml", "", "[", ""),
    "deep mappings": ("yaml", "", "{{a: ", ""),
    "deep blocks": ("yaml", "", "- ", ""),
    "deep JSON": ("json", "", "[", ""),
    "deep JSON objects": ("json", "", '{{"a":', ""),
    "a string of escapes without end": ("json", '"', '\\"', "\\"),
    "a string of brackets": ("json", '{{"a":"', "[", '"}}'),
    "one long word": ("yaml", HEAD + "summary: ", "x", ""),
    "many words": ("yaml", HEAD + "summary: ", "x ", ""),
    "a long block": ("yaml", HEAD + "summary: >\n", "  x\n\n", ""),
    "escapes": ("yaml", HEAD + 'summary: "', "\\U0001F600", '"'),
    "accents on one letter": ("yaml", HEAD + "summary: e", "\u0316\u0301", ""),
    "accents on many letters": ("yaml", HEAD + "summary: ", "e" + "\u0316\u0301" * 15, ""),
    "letters that grow": ("json", '{{"format":1,"slug":"a","title":"', "\ufdfa", '"}}'),
    "a long number": ("json", '{{"format":', "9", "}}"),
    "a long key": ("yaml", "? ", "k", "\n: 1"),
    "a long key in JSON": ("json", '{{"', "k", '":1}}'),
    "only line feeds": ("yaml", "", "\n", ""),
    "only colons": ("yaml", "", ":", ""),
    "only question marks": ("yaml", "", "?\n", ""),
    "only dashes": ("yaml", "", "-\n", ""),
    "many documents": ("yaml", "", "---\n", ""),
    "comments": ("yaml", "", "#\n", ""),
    "dangling targets": (
        "yaml", HEAD + "nodes:\n- id: q\n  kind: question\n  choices:\n", "  - {{id: a{}, to: b}}\n", ""
    ),
    "labels alike": (
        "yaml", HEAD + "nodes:\n- id: q\n  kind: question\n  choices:\n", "  - {{id: a, label: b, to: q}}\n", ""
    ),
    "a long chain": ("yaml", HEAD + "nodes:\n", "- {{id: n{}, kind: procedure, worked: n0, failed: n0}}\n", ""),
}  # fmt: skip

CHILD = """
import json, re, resource, sys, time
from pathlib import Path
from tests.flow.test_serialization_hostile import WORST, content
from wizards import flow

def peak():
    # Of this process alone: what getrusage says of a child starts at what its parent had used.
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\\s+([0-9]+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

results = {}
for name, (form, *_) in WORST.items():
    results[name] = []
    for file in content(name):
        started = time.process_time()
        try:
            flow.parse_valid_document(file, form)
            problems = []
        except flow.InvalidFileError as bad:
            problems = [str(each) for each in bad.problems]
        results[name].append([time.process_time() - started, peak(), problems])
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def results() -> dict[str, list[tuple[float, float, list[str]]]]:
    """Read the worst files in a process of its own: name -> (seconds, megabytes at most so far, problems) of each."""
    result = subprocess.run([sys.executable, "-c", CHILD], cwd=ROOT, capture_output=True, timeout=300, check=True)
    return json.loads(result.stdout)


def content(name: str, counts: tuple[int, ...] = (30, 9_000)) -> list[bytes]:
    """Return a worst file as large as is allowed, and smaller ones, so that no limit hides what is behind it."""
    _, before, unit, after = WORST[name]
    size = len(unit.format(100_000).encode())
    max_count = (serialization.MAX_BYTES - len((before + after).encode())) // size
    contents = []
    for count in (*counts, max_count):
        units = "".join(unit.format(number) for number in range(min(count, max_count)))
        contents.append((before.format() + units + after.format()).encode()[: serialization.MAX_BYTES])
    return contents


@pytest.mark.parametrize("name", WORST)
def test_the_worst_files_are_refused_within_two_seconds_and_256_megabytes(name, results):
    assert len(results[name]) == 3
    for seconds, megabytes, problems in results[name]:
        assert 1 <= len(problems) <= serialization.MAX_PROBLEMS + 1
        assert max(map(len, problems)) < 500
        assert seconds < SECONDS
        assert megabytes < MEGABYTES


def test_problems_beyond_the_limit_are_counted():
    with pytest.raises(flow.InvalidFileError) as bad:
        flow.parse_document(HEAD + "nodes:\n" + "- {id: a, kind: o}\n" * 60)
    assert len(bad.value.problems) == serialization.MAX_PROBLEMS + 1
    assert str(bad.value.problems[-1]) == "And 10 more. Fix these first."


def test_the_depth_of_json_is_limited_and_reported_with_its_line():
    with pytest.raises(flow.InvalidFileError) as bad:
        flow.parse_document('{"a":\n' + "[" * 20 + "]" * 20 + "}", "json")
    assert str(bad.value.problems[0]) == "line 2: This is nested more than 20 deep."


def test_brackets_within_texts_are_no_depth():
    parsed = flow.parse_document(TEXTS["json"].replace(b"Step hold", b"Step " + b"[{" * 40), "json")
    assert parsed.procedures[0].steps[0].title.endswith("[{" * 40)


def test_the_line_of_a_problem_in_json_is_reported():
    with pytest.raises(flow.InvalidFileError) as bad:
        flow.parse_document(
            '{\n"format": 1,\n"slug": "a",\n"title": "t",\n"nodes": [\n{"id": "b", "kind": "c"}]}', "json"
        )
    assert str(bad.value.problems[0]).startswith("line 6: nodes › 1 (b): ")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['x']", "!!python/name:os.system", "!x a", "!!str a"])
def test_nothing_of_a_file_is_executed(tag):
    with pytest.raises(flow.InvalidFileError, match="Tags"):
        flow.parse_document(f"{HEAD}summary: {tag}\n")


def test_messages_quote_only_printable_characters():
    with pytest.raises(flow.InvalidFileError) as bad:
        flow.parse_document('{"format":1,"slug":"a","title":"t","\\u202e\\u0007' + "k" * 500 + '":1}', "json")
    message = str(bad.value)
    assert message.isprintable()
    assert len(message) < 200


def test_a_letter_may_have_as_many_accents_as_languages_need():
    assert flow.parse_document(f"{HEAD}summary: e{chr(0x301) * 20}\n").summary
    with pytest.raises(flow.InvalidFileError, match="accents"):
        flow.parse_document(f"{HEAD}summary: e{chr(0x301) * 40}\n")


@pytest.mark.parametrize("form", ["yaml", "json"])
@given(noise=st.binary(max_size=400))
def test_random_bytes_raise_only_bad_file(form, noise):
    assert_parsed_or_refused(noise, form)


@pytest.mark.parametrize("form", ["yaml", "json"])
@given(data=st.data())
def test_a_good_file_with_pieces_put_in_cut_out_and_doubled_raises_only_bad_file(form, data):
    text = TEXTS[form]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 60)))
        pieces = st.one_of(st.binary(max_size=6), st.sampled_from(PIECES), st.just(text[start:end] * 2))
        text = text[:start] + data.draw(pieces) + text[end:]
    assert_parsed_or_refused(text, form)


PIECES = tuple(
    piece.encode("utf-8", "surrogatepass")
    for piece in (
        *(
            "&a",
            "*a",
            "!!int ",
            "<<: ",
            "? ",
            "- ",
            ": ",
            "\n",
            "\n  ",
            "\t",
            "[",
            "]",
            "{",
            "}",
            '"',
            "'",
            "|",
            ">",
            "#",
        ),
        *("%YAML 9\n", "---\n", "...\n", "\0", "\ud800", "\\ud800", "\ufeff", "\x85", "\u2028", "\u0301" * 40, "1e999"),
        *("NaN", "Infinity", "-0", "null", "true", "9" * 30, "kind: ", "id: ", "to: ", "\\", "\\x", ","),
    )
)


@pytest.mark.parametrize("form", ["yaml", "json"])
@given(data=st.data(), document=documents())
def test_values_replaced_by_anything_raise_only_bad_file(form, data, document):
    plain = document.plain()
    anything = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.floats()),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
        max_leaves=5,
    )
    part = data.draw(st.sampled_from([plain, *plain["nodes"], *plain["symptoms"], *plain["procedures"]]))
    part[data.draw(st.sampled_from([*part, "extra"]))] = data.draw(anything)
    assert_parsed_or_refused(json.dumps(plain, ensure_ascii=data.draw(st.booleans())), form)


def assert_parsed_or_refused(file: bytes | str, form: serialization.Format) -> None:
    """Read a file both ways; anything but InvalidFileError fails the test."""
    for read in (flow.parse_document, flow.parse_valid_document):
        try:
            assert isinstance(read(file, form), flow.Document)
        except flow.InvalidFileError as bad:
            error = bad
        else:
            continue
        assert error.problems
        assert str(error).encode()
