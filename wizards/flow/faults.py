"""Finds the faults of a document. Errors prevent publishing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from .fault import Fault, Path, duplicates, error, warning
from .fields import is_visible

if TYPE_CHECKING:
    from .document import Document
    from .kinds import BaseNode
    from .procedures import Procedure

EDITORIAL = "editorial"


def find_faults(document: Document) -> list[Fault]:
    """Return errors first, then warnings, each in the order of the document."""
    faults = [
        *_texts(document),
        *_repeated_ids(document),
        *_symptoms(document),
        *_nodes(document),
        *_procedures(document),
        *_sources(document),
        *_reachability(document),
    ]
    return sorted(faults, key=lambda fault: fault.level != "error")


def find_errors(document: Document) -> list[Fault]:
    return [fault for fault in find_faults(document) if fault.level == "error"]


def _texts(document: Document) -> Iterator[Fault]:
    if not is_visible(document.title):
        yield error("empty", ("title",), "The wizard has no title.", "Write one.")
    for index, node in enumerate(document.nodes):
        if not is_visible(node.title):
            yield replace(
                error("empty", ("nodes", index, "title"), "This node has no title.", "Write the heading to show."),
                where=f"node {node.id}",
            )


def _repeated_ids(document: Document) -> Iterator[Fault]:
    for field in ("nodes", "procedures", "sources"):
        seen: set[str] = set()
        for index, part in enumerate(getattr(document, field)):
            if part.id in seen:
                message = f"The id “{part.id}” is used twice in {field}."
                yield error("duplicate-id", (field, index, "id"), message, "Give one of them another id.")
            seen.add(part.id)


def _symptoms(document: Document) -> Iterator[Fault]:
    if not document.symptoms:
        yield error("no-symptoms", ("symptoms",), "Nobody can get in: there are no symptoms.", "Add at least one.")
    for index, symptom in enumerate(document.symptoms):
        where, path = f"symptom {symptom.id}", ("symptoms", index)
        if not is_visible(symptom.label):
            yield replace(
                error("empty", (*path, "label"), "It has no label.", "Write what a person sees."), where=where
            )
        yield from _target(document, (*path, "to"), symptom.label or symptom.id, symptom.to, where)
    yield from duplicates("symptoms", document.symptoms)


def _nodes(document: Document) -> Iterator[Fault]:
    for index, node in enumerate(document.nodes):
        where = f"node {node.id}"
        for edge in node.edges(document):
            yield from _target(document, ("nodes", index, *edge.path), edge.label, edge.to, where)
        for fault in node.faults(document):
            yield replace(fault, path=("nodes", index, *fault.path), where=where)


def _target(document: Document, path: Path, label: str, to: str, where: str) -> Iterator[Fault]:
    if not to:
        yield Fault("error", "no-target", path, f"“{label}” leads nowhere.", "Choose the node it leads to.", where)
    elif document.node(to) is None:
        message, remedy = f"“{label}” leads to “{to}”, and there is no such node.", "Correct the id, or add the node."
        yield Fault("error", "dangling", path, message, remedy, where)


def _procedures(document: Document) -> Iterator[Fault]:
    used = {getattr(part, "procedure", "") for node in document.nodes for part in (node, *getattr(node, "causes", ()))}
    for index, procedure in enumerate(document.procedures):
        for fault in _procedure(procedure, procedure.id in used):
            yield replace(fault, path=("procedures", index, *fault.path), where=f"procedure {procedure.id}")


def _procedure(procedure: Procedure, used: bool) -> Iterator[Fault]:
    if not is_visible(procedure.title):
        yield error("empty", ("title",), "This procedure has no title.", "Write what it does.")
    if not procedure.steps:
        yield error("no-steps", ("steps",), "This procedure has no steps.", "Add at least one.")
    if not used:
        yield warning("unused", (), "Nothing uses this procedure.", "Use it in a node or a cause, or remove it.")
    seen: set[str] = set()
    for index, step in enumerate(procedure.steps):
        if step.id in seen:
            yield error("duplicate-id", ("steps", index, "id"), f"The id “{step.id}” is used twice.", "Change one.")
        seen.add(step.id)
        if not is_visible(step.title):
            yield error("empty", ("steps", index, "title"), "A step has no title.", "Say in a few words what to do.")
        if step.hold_seconds and step.wait_seconds:
            yield error(
                "two-countdowns",
                ("steps", index),
                f"Step “{step.id}” has both a hold and a wait.",
                "Split it into two steps.",
            )
        if step.picture and not step.picture.alt:
            yield error(
                "empty",
                ("steps", index, "picture", "alt"),
                "A picture has no description.",
                "Say what the picture shows.",
            )


def _sources(document: Document) -> Iterator[Fault]:
    known = {source.id for source in document.sources} | {EDITORIAL}
    for path, where, cited in citations(document):
        for index, source in enumerate(cited):
            if source not in known:
                message = f"It cites “{source}”, which is not among the wizard's sources."
                remedy = "Correct the id, or add the fact to the sources."
                yield Fault("error", "unknown-source", (*path, "sources", index), message, remedy, where)


def citations(document: Document) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """Yield (path, name, ids cited) for every part that can cite facts."""
    for index, symptom in enumerate(document.symptoms):
        yield ("symptoms", index), f"symptom {symptom.id}", symptom.sources
    for index, node in enumerate(document.nodes):
        yield ("nodes", index), f"node {node.id}", node.sources
        for number, cause in enumerate(getattr(node, "causes", ())):
            yield ("nodes", index, "causes", number), f"cause {cause.id} of node {node.id}", cause.sources
    for index, procedure in enumerate(document.procedures):
        yield ("procedures", index), f"procedure {procedure.id}", procedure.sources
        for number, step in enumerate(procedure.steps):
            path = ("procedures", index, "steps", number)
            yield path, f"step {step.id} of procedure {procedure.id}", step.sources


def reachable(document: Document, starts: Iterable[str], without: str = "") -> set[str]:
    """Return the ids of all nodes reachable from `starts`, including these, as if the node `without` did not exist."""
    nodes = (node for node in document.nodes if node.id != without)
    targets = {node.id: [edge.to for edge in node.edges(document) if edge.taken] for node in nodes}
    return _reachable_from(targets, starts)


def unreachable_without(document: Document, key: str) -> list[BaseNode]:
    """Return the nodes that become unreachable if the node `key` is deleted, in the order of the document."""
    starts = [symptom.to for symptom in document.symptoms]
    lost = reachable(document, starts) - reachable(document, starts, without=key) - {key}
    return [node for node in document.nodes if node.id in lost]


def _reachable_from(targets: dict[str, list[str]], starts: Iterable[str]) -> set[str]:
    seen = {start for start in starts if start in targets}
    queue = deque(seen)
    while queue:
        for to in targets[queue.popleft()]:
            if to in targets and to not in seen:
                seen.add(to)
                queue.append(to)
    return seen


def _reachability(document: Document) -> Iterator[Fault]:
    reached = reachable(document, (symptom.to for symptom in document.symptoms))
    predecessors: dict[str, list[str]] = {node.id: [] for node in document.nodes}
    for node in document.nodes:
        for edge in filter(lambda each: each.taken, node.edges(document)):
            predecessors.setdefault(edge.to, []).append(node.id)
    can_end = _reachable_from(predecessors, (node.id for node in document.nodes if node.outcome()))
    for index, node in enumerate(document.nodes):
        path, where = ("nodes", index), f"node {node.id}"
        if node.id not in reached:
            message = "No symptom and no answer leads to this node."
            yield Fault("warning", "unreachable", path, message, "Point an answer to it, or remove it.", where)
        if node.id not in can_end:
            message = "From this node nobody can reach an outcome."
            yield Fault("error", "no-outcome", path, message, "Point one of its answers towards an outcome.", where)
