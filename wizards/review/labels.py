"""What the places of a document are called: each page that a customer can stand on, and each node as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from .. import flow
from ..flow.graph import NODE_STYLES, node_style
from ..flow.kinds import Diagnosis

KINDS = {"question": "Question", "diagnosis": "List of causes", "confirm": "Confirmation", "procedure": "Step"}
OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class PlaceLabel:
    """A place as a reader knows it: `title` is what the customer read as heading, `kind` what it is, in words.

    screen:    how it is shown: "question", "diagnosis", "confirm", "procedure" or "outcome".
    procedure: id of the procedure that a step or a confirmation belongs to; empty for other places.
    within:    where a step stands: "step 2 of 5 of “Reset by button”".
    node:      what the node of the place is called; with its cause, where there is one.
    """

    title: str
    kind: str
    screen: str
    procedure: str = ""
    within: str = ""
    node: str = ""


def place_label(document: flow.Document, node_id: str, cause_id: str = "", step_id: str = "") -> PlaceLabel | None:
    """Return what a page is called in a document; None where the document has no such page."""
    node = document.node(node_id)
    if node is None:
        return None
    cause = node.cause(cause_id) if isinstance(node, Diagnosis) else None
    if cause_id and cause is None:
        return None
    position = flow.Position(node_id, cause_id, step_id)
    title = node.title or node.id
    screen = node.screen(position)
    if screen not in ("confirm", "procedure"):
        return (
            None if step_id else PlaceLabel(title, KINDS.get(screen, NODE_STYLES[node_style(node)]), screen, node=title)
        )
    procedure = node.current_procedure(document, position)
    where = f"{title}: {cause.label or cause.id}" if cause else title
    return _in_procedure(procedure, step_id, where) if procedure else None


def node_label(document: flow.Document, node_id: str) -> PlaceLabel | None:
    """Return what a node as a whole is called in a document; None where the document has no such node."""
    node = document.node(node_id)
    if node is None:
        return None
    title = node.title or node.id
    return PlaceLabel(title, NODE_STYLES[node_style(node)], node.screen(flow.Position(node_id)), node=title)


def _in_procedure(procedure: flow.Procedure, step_id: str, where: str) -> PlaceLabel | None:
    title = procedure.title or procedure.id
    if not step_id:
        return PlaceLabel(title, KINDS["confirm"], "confirm", procedure.id, node=where) if procedure.erases else None
    place = procedure.index(step_id)
    if place < 0:
        return None
    within = f"step {place + 1} of {len(procedure.steps)} of “{title}”"
    return PlaceLabel(
        procedure.steps[place].title or step_id, KINDS["procedure"], "procedure", procedure.id, within, where
    )


def format_seconds(seconds: float) -> str:
    """Say a time in at most two units: "48 s", "1 min 35 s", "2 h 5 min"."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes < 1:
        return f"{whole} s"
    hours, left = divmod(minutes, 60)
    big, small = (f"{hours} h", f"{left} min") if hours else (f"{minutes} min", f"{rest} s")
    return big if small.startswith("0 ") else f"{big} {small}"
