"""Cases: an unsolved session that people take over, and what is sent out about it.

`opening` and `closing` change a case, and write to the outbox what is to be sent, in one transaction. `transcripts`
says what was told and tried. `sending` sends what waits, by mail (`mails`) and by HTTP (`hooks`, over `posting`).
"""

from .closing import FOLLOW_UP_DAYS, close, followed_up, reopen
from .forgetting import forget, forget_words
from .opening import of, open_case, take
from .sending import QUEUE, deliver, end_tasks, has_work, send_again, sweep
from .transcripts import as_text, transcript

__all__ = [
    "FOLLOW_UP_DAYS",
    "QUEUE",
    "as_text",
    "close",
    "deliver",
    "end_tasks",
    "followed_up",
    "forget",
    "forget_words",
    "has_work",
    "of",
    "open_case",
    "reopen",
    "send_again",
    "sweep",
    "take",
    "transcript",
]
