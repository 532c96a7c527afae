"""After a test that commits, the database is what the migrations left."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection

from tests import snapshots
from tests.visitor import publish
from wizards.models import Version


def groups():
    return {group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}


@pytest.mark.django_db(transaction=True)
def test_what_was_written_goes_and_what_was_there_comes_back():
    before, rights = groups(), Permission.objects.count()
    assert before["reviewers"]
    migrated = snapshots.take()
    publish()
    User.objects.create_user("ann").groups.add(Group.objects.get(name="reviewers"))
    Group.objects.filter(name="agents").delete()
    migrated.restore()
    assert (groups(), Permission.objects.count()) == (before, rights)
    assert not User.objects.exists()
    assert not Version.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_others_committed_goes_as_well():
    migrated = snapshots.take()
    Group.objects.create(name="theirs")
    connection.close()
    migrated.restore()
    assert not Group.objects.filter(name="theirs").exists()
