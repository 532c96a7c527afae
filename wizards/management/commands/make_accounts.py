"""Create the demonstration's accounts: one editor, one agent, one reviewer, one admin, with random passwords."""

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand
from django.db import transaction

# role (also the user's name) -> the group that it is in; the admin may do everything and needs none.
ROLES = {"editor": "editors", "agent": "agents", "reviewer": "reviewers", "admin": None}

Accounts = dict[str, dict[str, str]]


class Command(BaseCommand):
    """Make what is missing; what is there stays as it is.

    The passwords are kept in var/accounts.json (mode 600) and printed once, when they are made. Where that file was
    lost, the demonstration's users get new passwords: nobody could know the old ones.
    """

    help = "Create the demonstration's accounts with random passwords, kept in var/accounts.json."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the accounts and say which are new."""
        path = Path(settings.VAR_DIR) / "accounts.json"
        accounts = read_accounts(path)
        roles = roles_to_make(accounts)
        if not roles:
            return
        # Forgotten before their users change: were this interrupted, the next run makes these accounts anew, and the
        # file never holds a password that is not the user's.
        accounts = {role: account for role, account in accounts.items() if role not in roles}
        write_accounts(path, accounts)
        made = make_accounts(roles)
        write_accounts(path, accounts | made)
        self.stdout.write(f"Accounts made (kept in {path}, shown only now):")
        for role, account in made.items():
            self.stdout.write(f"  {role:<9} user name {account['username']:<9} password {account['password']}")


def read_accounts(path: Path) -> Accounts:
    """Return the accounts in the file, by role; none where the file is missing or damaged."""
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))
        return {role: {name: str(accounts[role][name]) for name in ("username", "password")} for role in accounts}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def roles_to_make(known: Accounts) -> list[str]:
    """Return the roles without a user, or whose password nobody knows."""
    users = set(User.objects.filter(username__in=ROLES).values_list("username", flat=True))
    return [role for role in ROLES if role not in users or role not in known]


@transaction.atomic
def make_accounts(roles: list[str]) -> Accounts:
    """Create the users of these roles (or give them a new password), and their groups; return the accounts by role."""
    made: Accounts = {}
    for role in roles:
        user, created = User.objects.get_or_create(username=role, defaults={"is_staff": True})
        group = ROLES[role]
        if created and group:
            user.groups.add(Group.objects.get_or_create(name=group)[0])
        elif created:
            user.is_superuser = True
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save()
        made[role] = {"username": role, "password": password}
    return made


def write_accounts(path: Path, accounts: Accounts) -> None:
    """Write the file in one go, readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes the file with mode 600 from its first moment on.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix="accounts-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(accounts, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
