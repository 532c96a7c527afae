"""Deprecated: the name of `reencrypt_secrets` before version 1.1."""

from helpdesk.management.commands import reencrypt_secrets
from helpdesk.management.renamed import RenamedCommand


class Command(RenamedCommand, reencrypt_secrets.Command):
    """`reencrypt_secrets` under its old name."""

    new_name = "reencrypt_secrets"
