"""Deprecated: the name of `run_deliveries` before version 1.1."""

from helpdesk.management.renamed import RenamedCommand
from wizards.management.commands import run_deliveries


class Command(RenamedCommand, run_deliveries.Command):
    """`run_deliveries` under its old name."""

    new_name = "run_deliveries"
