"""Mails and webhooks about cases: written to the outbox with the case, sent by background tasks.

outbox -> tasks -> email, or webhooks -> http_client -> ssrf (is the address public?)
"""

from .tasks import QUEUE, deliver, end_tasks, has_work, send_again, sweep

__all__ = ["QUEUE", "deliver", "end_tasks", "has_work", "send_again", "sweep"]
