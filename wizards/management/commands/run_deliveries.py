"""`manage.py run_deliveries`: send the mails and webhooks in the outbox until stopped."""

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
POLL_SECONDS = 1  # each poll of the queue costs one indexed query
KEEP_TASKS_DAYS = 1  # finished tasks; the deliveries themselves stay


class Command(BaseCommand):
    """Runs django-tasks-db's worker, with a sweep for deliveries that lost their task. Part of `make run`.

    Several can run, on one or more machines. Killing one at any point loses nothing.
    """

    help = "Send the mails and webhooks in the outbox until stopped."
    stopping = False
    worker: Worker | None = None

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--parent", type=int, metavar="PID", help="stop when this process, its parent, ends")
        parser.add_argument("--once", action="store_true", help="send what is due, and stop")

    def handle(self, *args: Any, parent: int | None, once: bool, **options: Any) -> None:
        logging.getLogger("django_tasks_db").setLevel(logging.WARNING)  # it logs the start and end of each round
        if once:
            self.send_due()
            return self.prune_tasks()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)
        pruned_on = None
        while not self.stopping and parent in (None, os.getppid()):
            pruned_on = self.run_once(pruned_on)
            close_old_connections()
            time.sleep(POLL_SECONDS)
        return None

    def stop(self, *signal_arguments: object) -> None:
        """Stop after the current message; a second signal stops at once."""
        if self.stopping:
            sys.exit(1)
        self.stopping = True
        if self.worker:
            self.worker.running = False

    def run_once(self, pruned_on: date | None) -> date | None:
        """Do what is due. `pruned_on` is the last day on which old tasks were deleted; return its new value."""
        try:
            self.send_due()
            if pruned_on != timezone.localdate():
                self.prune_tasks()
        except Exception:  # the next round tries again: the database may be down for a while
            log.exception("Delivering failed.")
            return pruned_on
        return timezone.localdate()

    def send_due(self) -> None:
        """Run the worker until the queue is empty, including what a killed worker left."""
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

    def prune_tasks(self) -> None:
        """Delete the tasks that ended more than KEEP_TASKS_DAYS ago, after ending those of killed workers."""
        delivery.end_tasks()
        call_command("prune_db_task_results", queue_name=delivery.QUEUE, min_age_days=KEEP_TASKS_DAYS, verbosity=0)
