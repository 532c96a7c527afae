"""The kinds of node. A new kind is one module here, listed in `Node`; CONTRIBUTING.md lists what else it touches."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import BaseNode, Edge, enter_target
from .diagnosis import Cause, Diagnosis
from .outcome import Outcome
from .procedure import ProcedureNode
from .question import Choice, Question

Node = Annotated[Question | Diagnosis | ProcedureNode | Outcome, Field(discriminator="kind")]
KINDS: dict[str, type[BaseNode]] = {
    "question": Question,
    "diagnosis": Diagnosis,
    "procedure": ProcedureNode,
    "outcome": Outcome,
}

__all__ = [
    "KINDS",
    "BaseNode",
    "Cause",
    "Choice",
    "Diagnosis",
    "Edge",
    "Node",
    "Outcome",
    "ProcedureNode",
    "Question",
    "enter_target",
]
