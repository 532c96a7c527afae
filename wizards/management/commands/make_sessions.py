"""Deprecated: the name of `create_demo_sessions` before version 1.1."""

from helpdesk.management.renamed import RenamedCommand
from wizards.management.commands import create_demo_sessions


class Command(RenamedCommand, create_demo_sessions.Command):
    """`create_demo_sessions` under its old name."""

    new_name = "create_demo_sessions"
