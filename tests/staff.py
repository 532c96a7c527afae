"""Somebody on the staff who has signed in, for tests.

client = staff("view_session", groups="reviewers agents")      a right of their own, and those of two groups
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.test import Client


def staff(*rights: str, groups: str = "", name: str = "rev", **fields: Any) -> Client:
    """Return the browser of a member of staff with these rights; the same one where the name is known already."""
    user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True, **fields})
    ours = Permission.objects.filter(content_type__app_label="wizards")
    user.user_permissions.set(ours.get(codename=each) for each in rights)
    user.groups.set(Group.objects.get(name=each) for each in groups.split())
    client = Client()
    client.force_login(user)
    return client
