"""Deprecated: the name of `run_maintenance` before version 1.1."""

from helpdesk.management.renamed import RenamedCommand
from wizards.management.commands import run_maintenance


class Command(RenamedCommand, run_maintenance.Command):
    """`run_maintenance` under its old name."""

    new_name = "run_maintenance"
