"""Deprecated: the name of `purge_expired` before version 1.1."""

from helpdesk.management.renamed import RenamedCommand
from wizards.management.commands import purge_expired


class Command(RenamedCommand, purge_expired.Command):
    """`purge_expired` under its old name."""

    new_name = "purge_expired"
