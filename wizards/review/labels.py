"""Labels for the places of a document: each page that a customer can be on, and each node as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from .. import flow
from ..flow.graph import NODE_STYLES, node_style
from ..flow.kinds import Diagnosis

PAGE_KINDS = {"question": "Question", "diagnosis": "Diagnosis", "confirm": "Confirmation", "procedure": "Step"}
OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class PlaceLabel:
    """A place in words: `title` is the heading that the customer read, `kind` the kind of page.

    screen:     how it is shown: "question", "diagnosis", "confirm", "procedure" or "outcome".
    procedure:  id of the procedure that a step or a confirmation belongs to; empty for other places.
    within:     where a step is: "step 2 of 5 of “Reset by button”".
    node_title: title of the place's node, with its cause if there is one.
    """

    title: str
    kind: str
    screen: str
    procedure: str = ""
    within: str = ""
    node_title: str = ""


def place_label(document: flow.Document, node_id: str, cause_id: str = "", step_id: str = "") -> PlaceLabel | None:
    """Label a page; None if the document has no such page."""
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
            None
            if step_id
            else PlaceLabel(title, PAGE_KINDS.get(screen, NODE_STYLES[node_style(node)]), screen, node_title=title)
        )
    procedure = node.current_procedure(document, position)
    node_title = f"{title}: {cause.label or cause.id}" if cause else title
    return _in_procedure(procedure, step_id, node_title) if procedure else None


def node_label(document: flow.Document, node_id: str) -> PlaceLabel | None:
    """Label a node as a whole; None if the document has no such node."""
    node = document.node(node_id)
    if node is None:
        return None
    title = node.title or node.id
    return PlaceLabel(title, NODE_STYLES[node_style(node)], node.screen(flow.Position(node_id)), node_title=title)


def _in_procedure(procedure: flow.Procedure, step_id: str, node_title: str) -> PlaceLabel | None:
    title = procedure.title or procedure.id
    if not step_id:
        return (
            PlaceLabel(title, PAGE_KINDS["confirm"], "confirm", procedure.id, node_title=node_title)
            if procedure.erases
            else None
        )
    place = procedure.index(step_id)
    if place < 0:
        return None
    within = f"step {place + 1} of {len(procedure.steps)} of “{title}”"
    return PlaceLabel(
        procedure.steps[place].title or step_id, PAGE_KINDS["procedure"], "procedure", procedure.id, within, node_title
    )
