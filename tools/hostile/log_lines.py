"""The log as the site writes it, for tests that look for what should not be in it."""

from __future__ import annotations

import logging
import re

from django.conf import settings
from django.utils.module_loading import import_string

# What would begin a line of its own, or act on a terminal. The lines of a trace stand behind bars.
FORGED = re.compile("[\r\x1b\x85\u2028\u2029]|\n(?!  \\| )")
_FORMATTERS = [import_string(chosen["()"])() for chosen in settings.LOGGING["formatters"].values()]


def written(record: logging.LogRecord) -> list[str]:
    """Return a record as the site would write it: once for people, once for machines."""
    return [formatter.format(record) for formatter in _FORMATTERS]


class Lines(logging.Handler):
    """Keeps every record as the site would write it."""

    def __init__(self, level: int = logging.DEBUG) -> None:
        super().__init__(level)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.lines += written(record)
