"""The log's only writer.

`moves` appends what people do, one transaction for each answer. `loading` writes whole sessions in bulk. `keeping` is
the housekeeping: noting what the tallies hold, and forgetting.
"""

from .forgetting import forget_sessions, forget_tests, forget_visitor, forget_words
from .keeping import tallied, untally
from .loading import Past, load
from .moves import (
    CODE_ALPHABET,
    CODE_LENGTH,
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

__all__ = [
    "CODE_ALPHABET",
    "CODE_LENGTH",
    "Past",
    "answer",
    "back",
    "begin",
    "feedback",
    "forget_sessions",
    "forget_tests",
    "forget_visitor",
    "forget_words",
    "help_wanted",
    "helped",
    "history_of",
    "join",
    "load",
    "note",
    "part",
    "pass_on",
    "rebuilt",
    "remark",
    "restart",
    "tallied",
    "untally",
]
