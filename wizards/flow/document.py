"""A wizard as one document: what files hold, what a version freezes, what a session walks over."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from .fields import FactId, Id, Line, NodeId, Part, Sources, non_empty_lines
from .kinds import BaseNode, Node
from .procedures import Procedure

LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
Language = Annotated[str, StringConstraints(strict=True, pattern=LANGUAGE, max_length=20)]
Words = Annotated[tuple[Line, ...], Field(max_length=60), AfterValidator(non_empty_lines)]


class Source(Part):
    """A fact that the wizard states, by its id; `open` marks one that the guides leave open or contradict."""

    id: FactId
    fact: Line = ""
    open: bool = False


class Symptom(Part):
    """What the person sees: a way into the wizard, found by its label and its search words."""

    id: Id
    label: Line = ""
    words: Words = ()
    to: NodeId = ""
    sources: Sources = ()


class Document(Part):
    """One wizard, whole and immutable. Order matters: it is the order in which things are listed and shown."""

    format: Literal[1]
    slug: Id
    title: Line
    summary: Line = ""
    language: Language = "en"
    sources: tuple[Source, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    nodes: tuple[Node, ...] = ()
    procedures: tuple[Procedure, ...] = ()

    @cached_property
    def _nodes(self) -> dict[str, BaseNode]:
        return {node.id: node for node in reversed(self.nodes)}

    @cached_property
    def _procedures(self) -> dict[str, Procedure]:
        return {procedure.id: procedure for procedure in reversed(self.procedures)}

    def node(self, node_id: str) -> BaseNode | None:
        """Return the node with this id, if any."""
        return self._nodes.get(node_id)

    def procedure(self, procedure_id: str) -> Procedure | None:
        """Return the procedure with this id, if any."""
        return self._procedures.get(procedure_id)

    def symptom(self, symptom_id: str) -> Symptom | None:
        """Return the symptom with this id, if any."""
        return next((symptom for symptom in self.symptoms if symptom.id == symptom_id), None)

    def plain(self) -> dict[str, Any]:
        """Return the document as plain data in its declared order, without what is left at its default."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def canonical(self) -> str:
        """Return the one JSON text of this document: sorted keys, no blanks, defaults left out."""
        return json.dumps(self.plain(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def content_hash(self) -> str:
        """Return the SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
