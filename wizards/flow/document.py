"""A wizard as one document: the content of a file, of a version, and what a session walks through."""

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
    """A fact that the wizard states; `open` marks one that the manuals leave open or contradict."""

    id: FactId
    fact: Line = ""
    open: bool = False


class Symptom(Part):
    """What the person sees: an entry point of the wizard, found by its label and search words."""

    id: Id
    label: Line = ""
    words: Words = ()
    to: NodeId = ""
    sources: Sources = ()


class Document(Part):
    """A whole wizard, immutable. Lists are shown in the document's order."""

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
        return self._nodes.get(node_id)

    def procedure(self, procedure_id: str) -> Procedure | None:
        return self._procedures.get(procedure_id)

    def symptom(self, symptom_id: str) -> Symptom | None:
        return next((symptom for symptom in self.symptoms if symptom.id == symptom_id), None)

    def plain(self) -> dict[str, Any]:
        """Return the document as plain data in declared order, without fields left at their default."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def canonical(self) -> str:
        """Return the canonical JSON: sorted keys, no whitespace, defaults left out."""
        return json.dumps(self.plain(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def content_hash(self) -> str:
        """Return the SHA-256 of the canonical JSON in hexadecimal."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
