"""Deprecated: the name of `personal_data` before version 1.1."""

from helpdesk.management.renamed import RenamedCommand
from wizards.management.commands import personal_data


class Command(RenamedCommand, personal_data.Command):
    """`personal_data` under its old name."""

    new_name = "personal_data"
