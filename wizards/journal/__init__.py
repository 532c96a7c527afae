"""The log's only writer.

`commands` appends what people do, one transaction for each answer, and notes what analytics has counted. `bulk_load`
writes whole sessions in bulk. `deletion` deletes, and `partitions` splits the log so that whole parts of it can go.
"""

from .bulk_load import Past, load
from .commands import (
    answer,
    back,
    begin,
    feedback,
    help_wanted,
    helped,
    history_of,
    join,
    mark_tallied,
    mark_untallied,
    note,
    part,
    pass_on,
    rebuilt,
    remark,
    restart,
)
from .deletion import forget_sessions, forget_tests, forget_visitor, forget_words
from .partitions import Partition, drop, extend, filled, forget_rows, lay_out, list_partitions

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
    "list_partitions",
    "load",
    "mark_tallied",
    "mark_untallied",
    "note",
    "part",
    "pass_on",
    "rebuilt",
    "remark",
    "restart",
]
