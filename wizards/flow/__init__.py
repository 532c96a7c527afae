"""What a wizard is and how one moves through it. No Django here, and nothing else of ours.

    files --read--> document --faults--> what is wrong with it
                       |
                       +-- walk: document + log + answer --> the events to append, or IllegalMove
                              kinds/: what each kind of node offers and where it leads

`document` holds the parts, `kinds/` one module for each kind of node, `procedures` the going through steps,
`order` the order of causes, `walk` the moves and the replay, `faults` the checks, `files` and `schema` the file form.
"""

from .document import Document, Source, Symptom
from .faults import EDITORIAL, Fault, errors, faults
from .files import BadFile, Problem, read, read_faultless, write
from .kinds import KINDS, BaseNode
from .position import BrokenLog, Event, EventKind, IllegalMove, Position
from .procedures import Procedure, Step
from .schema import schema
from .walk import History, answer, aside, begin, entry, moved, node_at, outcome, replay

__all__ = [
    "EDITORIAL",
    "KINDS",
    "BadFile",
    "BaseNode",
    "BrokenLog",
    "Document",
    "Event",
    "EventKind",
    "Fault",
    "History",
    "IllegalMove",
    "Position",
    "Problem",
    "Procedure",
    "Source",
    "Step",
    "Symptom",
    "answer",
    "aside",
    "begin",
    "entry",
    "errors",
    "faults",
    "moved",
    "node_at",
    "outcome",
    "read",
    "read_faultless",
    "replay",
    "schema",
    "write",
]
