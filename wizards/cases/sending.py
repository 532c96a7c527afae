"""Where tasks that were queued before version 1.1 look for what they run. To be deleted with version 2."""

from wizards.support.delivery.tasks import deliver

__all__ = ["deliver"]
