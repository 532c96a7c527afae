"""Makes workers quickly: one process that has loaded the site, and is copied (forked) for each of them.

`python -m tests.support.worker_processes`, then a line on its input for each wish: "begin" starts a worker, "kill" ends
it at once (SIGKILL). It answers each with a line when that is done.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import django


def main() -> None:
    """Follow the commands on standard input until it ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    django.setup()
    from wizards.management.commands.run_deliveries import Command

    if os.environ.get("CHAOS_SABOTAGE") == "hasty":
        hasty()
    worker = 0
    for line in sys.stdin:
        if line.strip() == "begin":
            worker = os.fork()
            if not worker:
                Command().run_from_argv(["manage.py", "run_deliveries", "--parent", str(os.getppid())])
                os._exit(0)
        else:
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)
        print(worker, flush=True)


def hasty() -> None:
    """Record each message as sent before it is, a fault that the test must detect."""
    from wizards.support.delivery import tasks

    honest = tasks._send

    def send(row: Any) -> None:
        tasks._update_claimed(row, state=tasks.SENT)
        time.sleep(0.5)
        honest(row)

    tasks._send = send


if __name__ == "__main__":
    main()
