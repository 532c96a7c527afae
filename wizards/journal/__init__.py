"""The only writer of sessions and events.

`commands` appends events, one transaction for each command, and records how many events of each session analytics has
counted. `bulk_load` writes whole sessions in bulk. `deletion` deletes, and `partitions` splits the log so that whole
partitions can be dropped.
"""

from .bulk_load import PastSession, load_sessions
from .commands import (
    answer,
    back,
    begin,
    feedback,
    history_of,
    join,
    latest_feedback,
    leave,
    mark_tallied,
    mark_untallied,
    note,
    pass_on,
    rebuild_row,
    remark,
    request_help,
    restart,
)
from .deletion import delete_sessions, delete_tests, delete_words, erase_visitor
from .partitions import (
    Partition,
    create_ahead,
    delete_partitioned_sessions,
    drop_partition,
    full_partitions,
    list_partitions,
    partition_log,
)

__all__ = [
    "Partition",
    "PastSession",
    "answer",
    "back",
    "begin",
    "create_ahead",
    "delete_partitioned_sessions",
    "delete_sessions",
    "delete_tests",
    "delete_words",
    "drop_partition",
    "erase_visitor",
    "feedback",
    "full_partitions",
    "history_of",
    "join",
    "latest_feedback",
    "leave",
    "list_partitions",
    "load_sessions",
    "mark_tallied",
    "mark_untallied",
    "note",
    "partition_log",
    "pass_on",
    "rebuild_row",
    "remark",
    "request_help",
    "restart",
]
