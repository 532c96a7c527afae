#!/usr/bin/env python
"""Django's command line: `.venv/bin/python manage.py help` lists the commands."""

import os
import sys


def main() -> int:
    """Run the command that the arguments name; return the exit code.

    A wrong setting is one line and not a trace, and so is a database that is away.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    try:
        from helpdesk.commandline import run
        from helpdesk.reading import check_settings
    except ImportError:
        print("Django is not installed here. `make run` or `make test` installs it into .venv.", file=sys.stderr)
        return 1
    check_settings()
    return run(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
