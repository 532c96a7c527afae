"""What a wizard is and how one moves through it. No Django here, and nothing else of ours.

    files --read--> document --faults--> what is wrong with it
                       |
                       +-- walk: document + log + answer --> the events to append, or IllegalMove
                              kinds/: what each kind of node offers and where it leads

`document` holds the parts, `kinds/` one module for each kind of node, `procedures` the going through steps,
`order` the order of causes, `walk` the moves and the replay, `faults` the checks, `files` and `schema` the file form;
`diff` says what changed between two documents (`wording` word by word), `rerun` what that means for a walk that
somebody took; `drawing` is a document as a graph to draw.
"""

from .diff import Change, ChangeKind, diff
from .document import Document, Source, Symptom
from .fault import Fault
from .faults import EDITORIAL, errors, faults, lost_without, reachable
from .graph import graph_elements
from .kinds import KINDS, BaseNode
from .position import BrokenLog, Event, EventKind, IllegalMove, Position
from .procedures import Procedure, Step
from .replay_impact import Fate, ReplayImpact, replay_against
from .schema import schema
from .serialization import BadFile, Problem, problems, read, read_faultless, write
from .text_diff import Run, word_by_word
from .transitions import History, Page, answer, aside, begin, entry, moved, node_at, outcome, replay

__all__ = [
    "EDITORIAL",
    "KINDS",
    "BadFile",
    "BaseNode",
    "BrokenLog",
    "Change",
    "ChangeKind",
    "Document",
    "Event",
    "EventKind",
    "Fate",
    "Fault",
    "History",
    "IllegalMove",
    "Page",
    "Position",
    "Problem",
    "Procedure",
    "ReplayImpact",
    "Run",
    "Source",
    "Step",
    "Symptom",
    "answer",
    "aside",
    "begin",
    "diff",
    "entry",
    "errors",
    "faults",
    "graph_elements",
    "lost_without",
    "moved",
    "node_at",
    "outcome",
    "problems",
    "reachable",
    "read",
    "read_faultless",
    "replay",
    "replay_against",
    "schema",
    "word_by_word",
    "write",
]
