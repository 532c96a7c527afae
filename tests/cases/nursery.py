"""Makes workers quickly: one process that has loaded the site, and is copied (forked) for each of them.

`python -m tests.cases.nursery`, then a line on its input for each wish: "begin" starts a worker, "kill" ends it at once
(SIGKILL). It answers each with a line when that is done.
"""

from __future__ import annotations

import os
import signal
import sys

import django


def main() -> None:
    """Do what the lines say, until the input ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    django.setup()
    from wizards.management.commands.deliver import Command

    worker = 0
    for line in sys.stdin:
        if line.strip() == "begin":
            worker = os.fork()
            if not worker:
                Command().run_from_argv(["manage.py", "deliver", "--parent", str(os.getppid())])
                os._exit(0)
        else:
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)
        print(worker, flush=True)


if __name__ == "__main__":
    main()
