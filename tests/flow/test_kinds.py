"""What every kind of node promises to the rest: a new kind is held to it by being in KINDS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.graphs import graph
from tests.walks import TOY
from wizards import flow
from wizards.flow.fields import Part, Reference
from wizards.flow.kinds import base
from wizards.flow.transitions import node_at

TEMPLATES = Path(__file__).parents[2] / "templates" / "customer" / "session"
KINDS = pytest.mark.parametrize("kind", flow.KINDS)


def fill(part: type[Part], kind: str, target: str) -> dict[str, Any]:
    """Return a part as plain data with `target` in every field that names a node, and one of every part within it."""
    plain: dict[str, Any] = {"id": "x"}
    for name, field in part.model_fields.items():
        within = [each for each in get_args(field.annotation) if isinstance(each, type) and issubclass(each, Part)]
        reference = next((mark.to for mark in field.metadata if isinstance(mark, Reference)), "")
        if name == "kind":
            plain[name] = kind
        elif within:
            plain[name] = [fill(within[0], kind, target)]
        elif reference:
            plain[name] = target if reference == "node" else "p"
        elif field.is_required() and name != "id":
            plain[name] = get_args(field.annotation)[0]
    return plain


def targets(plain: dict[str, Any], path: tuple = ()) -> Iterator[tuple]:
    """Yield the path of every field that holds the target."""
    for key, value in plain.items():
        if isinstance(value, list):
            for index, each in enumerate(value):
                yield from targets(each, (*path, key, index))
        elif value == "target":
            yield (*path, key)


@KINDS
def test_the_kind_field_of_a_node_is_its_name_in_kinds(kind):
    assert get_args(flow.KINDS[kind].model_fields["kind"].annotation) == (kind,)
    assert issubclass(flow.KINDS[kind], flow.BaseNode)


@KINDS
def test_every_field_that_names_a_node_is_an_edge(kind):
    plain = fill(flow.KINDS[kind], kind, "target")
    node = flow.KINDS[kind].model_validate(plain)
    document = graph("ok = solved", "p!: do")
    assert {edge.path for edge in node.edges(document)} == set(targets(plain))
    assert {edge.to for edge in node.edges(document)} <= {"target"}
    assert all(edge.label for edge in node.edges(document))


@KINDS
def test_an_incomplete_node_raises_only_illegal_moves(kind):
    required = {"result": "advice"} if kind == "outcome" else {}
    node = flow.KINDS[kind].model_validate({"id": "x", "kind": kind, **required})
    document = flow.Document.model_validate({"format": 1, "slug": "toy", "title": "T", "nodes": [node.model_dump()]})
    position = flow.Position("x")
    for call in (
        lambda: node.enter(document),
        lambda: node.answers(document, position),
        lambda: [node.move(document, position, given) for given in node.answers(document, position)],
    ):
        try:
            call()
        except flow.IllegalMoveError as illegal:
            assert str(illegal).endswith(".")
    assert node.screen(position)
    assert node.offered(document, position) == ()
    assert list(node.faults(document)) or kind == "outcome"


def positions(document: flow.Document) -> set[flow.Position]:
    """Return every position that can be reached."""
    queue, seen = [flow.entry_position(document, "s")], set()
    while queue:
        position = queue.pop()
        if position not in seen:
            seen.add(position)
            legal = node_at(document, position).answers(document, position)
            queue += [flow.next_position(document, position, each) for each in legal]
    return seen


def test_every_screen_has_its_template_and_every_answer_its_wording():
    screens = set()
    for position in positions(TOY):
        node = node_at(TOY, position)
        screens.add(node.screen(position))
        for answer in node.answers(TOY, position):
            wording = node.wording(TOY, position, answer)
            assert wording != answer
            assert wording[0].isupper()
    assert screens == {"question", "diagnosis", "confirm", "procedure", "outcome"}
    assert [screen for screen in screens if not (TEMPLATES / f"_{screen}.html").exists()] == []


def test_only_positions_within_a_procedure_have_a_current_procedure():
    steps = set()
    for position in positions(TOY):
        node = node_at(TOY, position)
        procedure = node.current_procedure(TOY, position)
        assert (procedure is not None) == (node.screen(position) in {"confirm", "procedure"})
        if position.step:
            steps.add(position.step)
            assert procedure.index(position.step) >= 0
            assert 1 <= procedure.minutes_left(position.step) <= procedure.minutes
    assert steps == {step.id for each in TOY.procedures for step in each.steps} != set()


@pytest.mark.parametrize(
    ("method", "arguments"), [("screen", (None,)), ("answers", (TOY, None)), ("move", (TOY, None, "a"))]
)
def test_a_kind_must_implement_its_interface(method, arguments):
    with pytest.raises(NotImplementedError):
        getattr(base.BaseNode(id="x"), method)(*arguments)
