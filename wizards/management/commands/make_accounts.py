"""Create the demo accounts: one editor, agent, reviewer and admin each, with random passwords."""

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

# role (also the user name) -> its group; the admin is a superuser and needs none
ROLES = {"editor": "editors", "agent": "agents", "reviewer": "reviewers", "admin": None}

Accounts = dict[str, dict[str, str]]


class Command(BaseCommand):
    """Creates the missing accounts and leaves the others alone.

    The passwords are stored in var/accounts.json (mode 600) and printed once. If that file is lost, the demo users get
    new passwords, because nobody knows the old ones.
    """

    help = "Create the demo accounts with random passwords, stored in var/accounts.json."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.VAR_DIR) / "accounts.json"
        accounts = read_accounts(path)
        roles = roles_to_make(accounts)
        if not roles:
            return
        # Remove them from the file before the users change: if this is interrupted, the next run creates them again,
        # and the file never holds a wrong password.
        accounts = {role: account for role, account in accounts.items() if role not in roles}
        write_accounts(path, accounts)
        created = make_accounts(roles)
        write_accounts(path, accounts | created)
        self.stdout.write(f"Accounts created (saved in {path}; not shown again):")
        for role, account in created.items():
            self.stdout.write(f"  {role:<9} user name {account['username']:<9} password {account['password']}")


def read_accounts(path: Path) -> Accounts:
    """Return the accounts in the file by role; empty if the file is missing or damaged."""
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))
        return {role: {name: str(accounts[role][name]) for name in ("username", "password")} for role in accounts}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def roles_to_make(known: Accounts) -> list[str]:
    """Return the roles that have no user, or no known password."""
    users = set(User.objects.filter(username__in=ROLES).values_list("username", flat=True))
    return [role for role in ROLES if role not in users or role not in known]


@transaction.atomic
def make_accounts(roles: list[str]) -> Accounts:
    """Create these roles' users and groups, or give existing users new passwords; return the accounts by role."""
    accounts: Accounts = {}
    for role in roles:
        user, is_new = User.objects.get_or_create(username=role, defaults={"is_staff": True})
        group = ROLES[role]
        if is_new and group:
            user.groups.add(Group.objects.get_or_create(name=group)[0])
        elif is_new:
            user.is_superuser = True
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save()
        accounts[role] = {"username": role, "password": password}
    return accounts


def write_accounts(path: Path, accounts: Accounts) -> None:
    """Write the file atomically, readable only by its owner."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp creates the file with mode 600 from the start.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="accounts-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(accounts, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
