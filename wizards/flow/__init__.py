"""The engine: what a wizard is and how a session moves through it. Imports neither Django nor any other package here.

    file --serialization--> document --faults--> errors and warnings
                               |
                               +-- transitions: document + log + answer --> events to append, or IllegalMoveError
                                     kinds/: the answers of each kind of node and where they lead

`document` holds the parts, `kinds/` one module for each kind of node, `procedures` the steps, `ranking` the order of
causes, `transitions` the moves and the replay, `faults` the checks, `serialization` and `schema` the file format;
`diff` says what changed between two documents (`text_diff` word by word), `replay_impact` what that means for a
past session; `graph` is a document as nodes and edges to draw.
"""

from .diff import Change, ChangeKind, diff
from .document import Document, Source, Symptom
from .fault import Fault
from .faults import EDITORIAL, find_errors, find_faults, reachable, unreachable_without
from .graph import graph_elements
from .kinds import KINDS, BaseNode
from .position import BrokenLogError, Event, EventKind, IllegalMoveError, Position
from .procedures import Procedure, Step
from .replay_impact import Fate, ReplayImpact, replay_against
from .schema import schema
from .serialization import (
    InvalidFileError,
    Problem,
    dump_document,
    parse_document,
    parse_valid_document,
    validation_problems,
)
from .text_diff import Run, diff_words
from .transitions import (
    History,
    Page,
    annotation,
    answer_events,
    begin_events,
    entry_position,
    next_position,
    node_at,
    outcome,
    replay,
)

__all__ = [
    "EDITORIAL",
    "KINDS",
    "BaseNode",
    "BrokenLogError",
    "Change",
    "ChangeKind",
    "Document",
    "Event",
    "EventKind",
    "Fate",
    "Fault",
    "History",
    "IllegalMoveError",
    "InvalidFileError",
    "Page",
    "Position",
    "Problem",
    "Procedure",
    "ReplayImpact",
    "Run",
    "Source",
    "Step",
    "Symptom",
    "annotation",
    "answer_events",
    "begin_events",
    "diff",
    "diff_words",
    "dump_document",
    "entry_position",
    "find_errors",
    "find_faults",
    "graph_elements",
    "next_position",
    "node_at",
    "outcome",
    "parse_document",
    "parse_valid_document",
    "reachable",
    "replay",
    "replay_against",
    "schema",
    "unreachable_without",
    "validation_problems",
]
