"""The demo accounts: created once, stored in a private file, and recreated if that file is lost."""

import json

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from django.core.management import call_command

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    return settings.VAR_DIR / "accounts.json"


def accounts(file):
    return json.loads(file.read_text())


def passwords_work(file):
    """Return whether each of the four passwords in the file works."""
    signed_in = [authenticate(**account) for account in accounts(file).values()]
    return len(signed_in) == 4 and all(signed_in)


def test_each_role_gets_a_user_with_a_password_of_its_own(file):
    call_command("make_accounts")
    assert {role: account["username"] for role, account in accounts(file).items()} == {
        "editor": "editor",
        "agent": "agent",
        "reviewer": "reviewer",
        "admin": "admin",
    }
    assert len({account["password"] for account in accounts(file).values()}) == 4
    assert passwords_work(file)


def test_only_the_admin_may_do_everything_and_the_others_have_their_group(file):
    call_command("make_accounts")
    assert User.objects.filter(is_staff=True).count() == 4
    assert [user.username for user in User.objects.filter(is_superuser=True)] == ["admin"]
    groups = {user.username: [group.name for group in user.groups.all()] for user in User.objects.all()}
    assert groups == {"editor": ["editors"], "agent": ["agents"], "reviewer": ["reviewers"], "admin": []}


def test_the_file_is_readable_by_its_owner_only_and_no_draft_is_left(file):
    call_command("make_accounts")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert list(file.parent.iterdir()) == [file]


def test_the_passwords_are_printed_once(file, capsys):
    call_command("make_accounts")
    printed = capsys.readouterr().out
    assert [account["password"] in printed for account in accounts(file).values()] == [True] * 4
    call_command("make_accounts")
    assert capsys.readouterr().out == ""


def test_a_second_run_changes_nothing(file):
    call_command("make_accounts")
    before = file.read_bytes(), list(User.objects.order_by("id").values())
    User.objects.filter(username="agent").update(first_name="Ada")
    before[1][1]["first_name"] = "Ada"
    call_command("make_accounts")
    assert (file.read_bytes(), list(User.objects.order_by("id").values())) == before


@pytest.mark.parametrize("damage", [None, b"", b"{", b"[]", b"null", b'{"editor": 1}', b"\xff"])
def test_a_lost_or_damaged_file_makes_new_passwords(file, damage):
    call_command("make_accounts")
    before = accounts(file)
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    call_command("make_accounts")
    passwords = {account["password"] for made in (before, accounts(file)) for account in made.values()}
    assert len(passwords) == 8
    assert passwords_work(file)
    assert User.objects.count() == 4


def test_a_user_that_is_missing_is_made_again_and_the_others_stay(file):
    call_command("make_accounts")
    before = accounts(file)
    User.objects.get(username="agent").delete()
    call_command("make_accounts")
    after = accounts(file)
    assert after.pop("agent") != before.pop("agent")
    assert after == before
    assert passwords_work(file)


def test_an_existing_group_is_used(file):
    Group.objects.get_or_create(name="editors")
    call_command("make_accounts")
    assert Group.objects.filter(name="editors").count() == 1


@pytest.mark.parametrize("lasting", [0, 1], ids=["before the users change", "after"])
def test_an_interrupted_run_leaves_a_whole_file_and_the_next_one_mends_it(file, monkeypatch, lasting):
    call_command("make_accounts")
    User.objects.get(username="agent").delete()
    writes = iter([None] * lasting)
    with monkeypatch.context() as patched:
        patched.setattr("wizards.management.commands.make_accounts.os.fsync", lambda _: _write_or_fail(writes))
        with pytest.raises(OSError, match="no space"):
            call_command("make_accounts")
    assert accounts(file).keys() >= {"editor", "reviewer", "admin"}
    assert list(file.parent.iterdir()) == [file]
    call_command("make_accounts")
    assert len(accounts(file)) == 4
    assert passwords_work(file)


def _write_or_fail(writes):
    if next(writes, "full") == "full":
        raise OSError("no space")
