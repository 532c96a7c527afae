"""The faults of a document: what each one is told for, where, and that a faultless document has none."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.graphs import SMALL, graph
from tests.strategies import broken_documents, documents
from tests.walks import TOY
from wizards import flow

PLAIN = graph(*SMALL).plain()
Q, WHY, FIX, OK = range(4)
STEP = {"id": "a", "title": "A"}


def changed(path: tuple[str | int, ...], value: Any) -> flow.Document:
    """Return the good document with the value at `path` replaced; None takes it out, a list is added to a list."""
    plain = copy.deepcopy(PLAIN)
    *way, last = path
    part = plain
    for key in way:
        part = part[key]
    if value is None:
        del part[last]
    elif isinstance(value, list) and isinstance(last, str) and last in part and value:
        part[last] = [*part[last], *value]
    else:
        part[last] = value
    return flow.Document.model_validate(plain)


CASES = {
    "empty": [
        (("title",), "", ("title",)),
        (("symptoms", 0, "label"), None, ("symptoms", 0, "label")),
        (("nodes", OK, "title"), " ", ("nodes", OK, "title")),
        (("nodes", Q, "choices", 1, "label"), None, ("nodes", Q, "choices", 1, "label")),
        (("nodes", WHY, "causes", 1, "label"), "", ("nodes", WHY, "causes", 1, "label")),
        (("nodes", Q, "choices", 1, "label"), "\u200b", ("nodes", Q, "choices", 1, "label")),
        (("nodes", WHY, "causes", 1, "label"), "\u200f\u202e", ("nodes", WHY, "causes", 1, "label")),
        (("symptoms", 0, "label"), "\u2060", ("symptoms", 0, "label")),
        (("procedures", 0, "title"), None, ("procedures", 0, "title")),
        (("procedures", 0, "steps", 1, "title"), None, ("procedures", 0, "steps", 1, "title")),
        (
            ("procedures", 0, "steps", 0, "picture"),
            {"name": "card", "alt": ""},
            ("procedures", 0, "steps", 0, "picture", "alt"),
        ),
    ],
    "no-symptoms": [(("symptoms",), None, ("symptoms",))],
    "no-choices": [(("nodes", Q, "choices"), None, ("nodes", Q, "choices"))],
    "no-causes": [(("nodes", WHY, "causes"), None, ("nodes", WHY, "causes"))],
    "no-steps": [(("procedures", 1, "steps"), None, ("procedures", 1, "steps"))],
    "no-target": [
        (("symptoms", 0, "to"), None, ("symptoms", 0, "to")),
        (("nodes", Q, "choices", 0, "to"), None, ("nodes", Q, "choices", 0, "to")),
        (("nodes", WHY, "worked"), None, ("nodes", WHY, "worked")),
        (("nodes", WHY, "failed"), None, ("nodes", WHY, "failed")),
        *((("nodes", FIX, way), None, ("nodes", FIX, way)) for way in ("worked", "failed", "blocked", "declined")),
    ],
    "dangling": [
        (("symptoms", 0, "to"), "gone", ("symptoms", 0, "to")),
        (("nodes", Q, "choices", 0, "to"), "gone", ("nodes", Q, "choices", 0, "to")),
        (("nodes", WHY, "causes", 1, "worked"), "gone", ("nodes", WHY, "causes", 1, "worked")),
        (("nodes", WHY, "worked"), "gone", ("nodes", WHY, "worked")),
        (("nodes", WHY, "failed"), "gone", ("nodes", WHY, "failed")),
        *((("nodes", FIX, way), "gone", ("nodes", FIX, way)) for way in ("worked", "failed", "blocked", "declined")),
    ],
    "no-procedure": [
        (("nodes", FIX, "procedure"), None, ("nodes", FIX, "procedure")),
        (("nodes", WHY, "causes", 0, "procedure"), None, ("nodes", WHY, "causes", 0, "procedure")),
    ],
    "dangling-procedure": [
        (("nodes", FIX, "procedure"), "gone", ("nodes", FIX, "procedure")),
        (("nodes", WHY, "causes", 0, "procedure"), "gone", ("nodes", WHY, "causes", 0, "procedure")),
    ],
    "duplicate-id": [
        (("symptoms",), [{"id": "s", "label": "Other", "to": "q"}], ("symptoms", 1, "id")),
        (("nodes",), [{"id": "ok", "kind": "outcome", "title": "T", "result": "advice"}], ("nodes", 4, "id")),
        (("nodes", Q, "choices"), [{"id": "yes", "label": "Other", "to": "ok"}], ("nodes", Q, "choices", 2, "id")),
        (
            ("nodes", WHY, "causes"),
            [{"id": "worn", "label": "Other", "procedure": "press"}],
            ("nodes", WHY, "causes", 2, "id"),
        ),
        (
            ("procedures",),
            [{"id": "press", "title": "T", "steps": [STEP]}],
            ("procedures", 2, "id"),
        ),
        (("procedures", 0, "steps"), [{"id": "hold", "title": "Other"}], ("procedures", 0, "steps", 2, "id")),
        (("sources",), [{"id": "F1"}, {"id": "F1"}], ("sources", 1, "id")),
    ],
    "duplicate-label": [
        (("symptoms",), [{"id": "t", "label": "it does not WORK", "to": "q"}], ("symptoms", 1, "label")),
        (("nodes", Q, "choices", 1, "label"), "choose  YES", ("nodes", Q, "choices", 1, "label")),
        (("nodes", WHY, "causes", 1, "label"), "Cause Loose", ("nodes", WHY, "causes", 1, "label")),
    ],
    "reserved": [(("nodes", WHY, "causes", 0, "id"), "none", ("nodes", WHY, "causes", 0, "id"))],
    "two-countdowns": [
        (
            ("procedures", 0, "steps", 0),
            {"id": "hold", "title": "T", "hold_seconds": 1, "wait_seconds": 1},
            ("procedures", 0, "steps", 0),
        )
    ],
    "unknown-source": [
        (("symptoms", 0, "sources"), ["editorial", "F9"], ("symptoms", 0, "sources", 1)),
        (("nodes", OK, "sources"), ["F9"], ("nodes", OK, "sources", 0)),
        (("nodes", WHY, "causes", 0, "sources"), ["F9"], ("nodes", WHY, "causes", 0, "sources", 0)),
        (("procedures", 1, "sources"), ["F9"], ("procedures", 1, "sources", 0)),
        (("procedures", 1, "steps", 0, "sources"), ["F9"], ("procedures", 1, "steps", 0, "sources", 0)),
    ],
    "no-outcome": [
        (
            ("nodes",),
            [{"id": "x", "kind": "question", "choices": [{"id": "a", "to": "x"}]}],
            ("nodes", 4),
        ),
    ],
}
WARNINGS = {
    "unused": [(("procedures",), [{"id": "x", "title": "T", "steps": [{"id": "a", "title": "A"}]}], ("procedures", 2))],
    "unreachable": [(("nodes",), [{"id": "x", "kind": "outcome", "title": "T", "result": "advice"}], ("nodes", 4))],
    "needless-declined": [(("nodes", FIX, "procedure"), "press", ("nodes", FIX, "declined"))],
    "one-choice": [(("nodes", Q, "choices"), "first", ("nodes", Q, "choices"))],
}


def flat(cases):
    return [pytest.param(code, *case, id=f"{code}-{case[2]}") for code, group in cases.items() for case in group]


@pytest.mark.parametrize(("code", "path", "value", "where"), flat(CASES))
def test_an_error_has_its_path(code, path, value, where):
    faults = [(fault.code, fault.path) for fault in flow.find_errors(changed(path, value))]
    assert (code, where) in faults


@pytest.mark.parametrize(("code", "path", "value", "where"), flat(WARNINGS))
def test_a_warning_has_its_path_and_prevents_nothing(code, path, value, where):
    if value == "first":
        value = PLAIN["nodes"][Q]["choices"][:1]
        document = flow.Document.model_validate(
            PLAIN | {"nodes": [{**PLAIN["nodes"][Q], "choices": value}, *PLAIN["nodes"][1:]]}
        )
    else:
        document = changed(path, value)
    assert (code, where, "warning") in [(fault.code, fault.path, fault.level) for fault in flow.find_faults(document)]
    assert flow.find_errors(document) == []


@pytest.mark.parametrize("document", [flow.Document.model_validate(PLAIN), TOY], ids=["good", "toy"])
def test_a_good_document_has_no_faults(document):
    assert flow.find_faults(document) == []


def test_declined_needs_a_target_only_if_something_is_erased():
    document = changed(("nodes", FIX, "procedure"), "press")
    fix = document.nodes[FIX].model_copy(update={"declined": ""})
    assert (
        flow.find_errors(document.model_copy(update={"nodes": (*document.nodes[:FIX], fix, document.nodes[OK])})) == []
    )


def test_a_diagnosis_needs_no_target_if_all_its_causes_have_one():
    plain = copy.deepcopy(PLAIN)
    for cause in plain["nodes"][WHY]["causes"]:
        cause["worked"] = "ok"
    del plain["nodes"][WHY]["worked"]
    assert flow.find_errors(flow.Document.model_validate(plain)) == []


def test_a_cycle_with_an_exit_is_no_fault():
    assert flow.find_faults(graph("q? again:q other:r", "r? back:q on:ok", "ok = solved")) == []


def test_a_cycle_without_an_exit_is_an_error_for_each_of_its_nodes():
    document = graph("q? a:r b:ok", "r? a:t b:t", "t? a:r b:r", "ok = solved")
    assert [fault.where for fault in flow.find_errors(document)] == ["node r", "node t"]


def test_an_edge_that_is_never_taken_leads_to_no_outcome():
    lines = ("stuck[p] worked:stuck failed:stuck blocked:stuck declined:ok", "ok = solved")
    assert "no-outcome" in [fault.code for fault in flow.find_errors(graph(*lines, "p: do"))]
    assert flow.find_faults(graph(*lines, "p!: do")) == []


def test_errors_come_before_warnings():
    document = graph("q? a:ok b:gone", "ok = solved", "alone = advice")
    assert [fault.level for fault in flow.find_faults(document)] == ["error", "warning"]


def test_a_fault_reads_as_what_and_what_to_do():
    [fault] = flow.find_errors(graph("q? a:ok b:gone", "ok = solved"))
    assert str(fault) == (
        "node q: “Choose b” leads to “gone”, and there is no such node. Correct the id, or add the node."
    )


@settings(max_examples=examples(30))
@given(broken_documents())
def test_each_fault_has_a_valid_path_a_message_and_a_remedy(document):
    plain = flow.Document.model_dump(document)
    faults = flow.find_faults(document)
    assume(faults)
    for fault in faults:
        assert fault.message.endswith((".", "waits."))
        assert fault.remedy.endswith(".")
        part = plain
        for key in fault.path:
            part = part[key]


@settings(max_examples=examples(30))
@given(st.one_of(documents(), broken_documents()))
def test_without_errors_an_outcome_is_reachable_from_every_position(document):
    assume(not flow.find_errors(document))
    queue = [flow.entry_position(document, symptom.id) for symptom in document.symptoms]
    moves: dict[flow.Position, set[flow.Position]] = {}
    while queue:
        position = queue.pop()
        if position not in moves:
            legal = flow.node_at(document, position).answers(document, position)
            moves[position] = {flow.next_position(document, position, each) for each in legal}
            queue += moves[position]
    can_end = {position for position in moves if flow.outcome(document, position)}
    while more := {position for position, next_positions in moves.items() if next_positions & can_end} - can_end:
        can_end |= more
    assert can_end == moves.keys()
