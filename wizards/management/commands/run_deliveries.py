"""`manage.py run_deliveries`: send the mails and webhooks that wait in the outbox, until stopped."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from wizards.support import delivery

log = logging.getLogger(__name__)
EVERY = 1  # seconds between looks at the queue, which cost one indexed question each
KEEP_DAYS = 1  # days for which finished tasks are kept; the deliveries themselves stay


class Command(BaseCommand):
    """What `make run` starts beside the web server: django-tasks-db's worker, and a sweep for what it lost.

    Several may run, on one machine or more. One that is killed at any point loses nothing.
    """

    help = "Send the mails and webhooks that wait in the outbox, until stopped."
    stopping = False
    worker: Worker | None = None

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--parent", type=int, metavar="PID", help="stop when this process, its parent, ends")
        parser.add_argument("--once", action="store_true", help="send what is due, and stop")

    def handle(self, *args: Any, parent: int | None, once: bool, **options: Any) -> None:
        logging.getLogger("django_tasks_db").setLevel(logging.WARNING)  # it says when each round begins and ends
        if once:
            self.work()
            return self.clear()
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, self.stop)
        pruned = None
        while not self.stopping and parent in (None, os.getppid()):
            pruned = self.round(pruned)
            close_old_connections()
            time.sleep(EVERY)
        return None

    def stop(self, *signalled: object) -> None:
        """Finish the message in hand, and stop; at once where that was asked before."""
        if self.stopping:
            sys.exit(1)
        self.stopping = True
        if self.worker:
            self.worker.running = False

    def round(self, pruned: date | None) -> date | None:
        """Do what is due; `pruned` is the last day on which old tasks were deleted. Return it as it is then."""
        try:
            self.work()
            if pruned != timezone.localdate():
                self.clear()
        except Exception:  # the next round tries again: a database may be away for a while
            log.exception("Delivering failed.")
            return pruned
        return timezone.localdate()

    def work(self) -> None:
        """Let the worker do all that is ready, and what a killed one left."""
        delivery.sweep()
        if delivery.has_work() and not self.stopping:
            self.worker = Worker(
                queue_names=[delivery.QUEUE],
                interval=0,
                batch=True,
                backend_name="default",
                startup_delay=False,
                max_tasks=None,
                worker_id=get_random_string(32),
                excluded_queue_names=[],
            )
            self.worker.run()

    def clear(self) -> None:
        """Delete the tasks that ended more than KEEP_DAYS ago; those of killed workers have ended, too."""
        delivery.end_tasks()
        call_command("prune_db_task_results", queue_name=delivery.QUEUE, min_age_days=KEEP_DAYS, verbosity=0)
