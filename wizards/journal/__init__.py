"""The log's only writer.

`moves` appends what people do, one transaction for each answer. `loading` writes whole sessions in bulk. `keeping` is
the housekeeping: noting what the tallies hold; `forgetting` deletes, and `partitioning` lays the log out so that whole
parts of it can go.
"""

from .forgetting import forget_sessions, forget_tests, forget_visitor, forget_words
from .keeping import tallied, untally
from .loading import Past, load
from .moves import (
    answer,
    back,
    begin,
    feedback,
    help_wanted,
    helped,
    history_of,
    join,
    note,
    part,
    pass_on,
    rebuilt,
    remark,
    restart,
)
from .partitioning import Partition, drop, extend, filled, forget_rows, lay_out, partitions

__all__ = [
    "Partition",
    "Past",
    "answer",
    "back",
    "begin",
    "drop",
    "extend",
    "feedback",
    "filled",
    "forget_rows",
    "forget_sessions",
    "forget_tests",
    "forget_visitor",
    "forget_words",
    "help_wanted",
    "helped",
    "history_of",
    "join",
    "lay_out",
    "load",
    "note",
    "part",
    "partitions",
    "pass_on",
    "rebuilt",
    "remark",
    "restart",
    "tallied",
    "untally",
]
