"""The worker killed again and again at any point, against real receivers: nothing is lost, and no id changes.

KILLS says how often (4 where it is not set). `make kills` does it 200 times.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from tests.support.receivers import HOST, HookServer, MailServer
from tests.support.walking import stranded, webhook
from wizards import journal, permissions
from wizards.models import Delivery, Session, Version
from wizards.support import cases

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("KILLS", "4"))
TWIN = 10  # kills at least, of which one comes between noting a message as sent and sending it
SEED = int(os.environ.get("SEED", "1"))
PATIENCE = 60  # seconds for the first sign of life of a worker, and for what is left at the end


def database_url() -> str:
    """Return the address of the tests' own database, as another process wants it."""
    values = connections["default"].settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def environment(mail: MailServer) -> dict[str, str]:
    """Return the environment of a worker that sends to the receivers of the tests."""
    return os.environ | {
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://{HOST}:{mail.port}",
        "MAIL_FROM": "desk@example.org",
        "WEBHOOKS_HTTP_ALLOWED": "true",
        "WEBHOOKS_PRIVATE_ALLOWED": "true",
        "DELIVERY_SECONDS": "1",
        "LOG_LEVEL": "CRITICAL",
    }


def start(mail: MailServer, *command: str, **options: Any) -> subprocess.Popen[str]:
    """Start a process of the site."""
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment(mail), text=True, **options)


class Nursery:
    """Workers, one after the other, each a process of its own that is killed."""

    def __init__(self, mail: MailServer) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = start(mail, "-m", "tests.support.worker_processes", **pipes)

    def wish(self, what: str) -> int:
        """Start or kill a worker; return its process id when that is done."""
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate()


def open_cases(number: int) -> None:
    """Open cases of sessions of their own."""
    version = Version.objects.get()
    for _ in range(number):
        session = journal.begin(version, "s", permissions.digest(permissions.new_secret()))
        cases.open_case(Session.objects.filter(pk=session.pk), "anna@example.org", "words")


def heard(*receivers: Any) -> int:
    return sum(len(each.ids) for each in receivers)


def wait_for_one_more(before: int, *receivers: Any) -> None:
    """Wait until another message arrives, at most as long as a worker needs to start."""
    until = time.monotonic() + PATIENCE
    while heard(*receivers) == before and time.monotonic() < until:
        time.sleep(0.002)


def test_a_worker_that_is_killed_again_and_again_loses_nothing(mail: MailServer, hook: HookServer, settings):
    kill_again_and_again(mail, hook, settings, KILLS)


@pytest.mark.once  # what it shows of the test is the same on both databases
def test_where_messages_are_noted_as_sent_before_they_are_the_same_test_sees_it(mail, hook, settings, monkeypatch):
    monkeypatch.setenv("CHAOS_SABOTAGE", "hasty")
    with pytest.raises(AssertionError, match="are lost"):
        kill_again_and_again(mail, hook, settings, max(KILLS, TWIN))


def kill_again_and_again(mail: MailServer, hook: HookServer, settings, kills: int) -> None:
    """Open cases while their worker is killed at any point, and check that each message arrives with its id."""
    settings.SUPPORT_CASES_TO = ["support@example.org"]
    dice = random.Random(SEED)
    mail.pause = hook.pause = 0.02
    stranded()
    webhook(hook.url)
    nursery = Nursery(mail)
    for _ in range(kills):
        open_cases(1)
        nursery.wish("begin")
        if dice.random() < 0.8:
            wait_for_one_more(heard(mail, hook), mail, hook)
        # The longer half is for a machine that is busy; it is there that the twin is mostly hit.
        time.sleep(dice.choice([0, dice.uniform(0, 0.03), dice.uniform(0, 0.3), dice.uniform(0, 0.8)]))
        nursery.wish("kill")
    nursery.end()
    killed = len(mail.ids + hook.ids)
    worker = start(mail, "manage.py", "run_deliveries")
    try:
        finish()
    finally:
        code = stop(worker)
    assert code == 0
    arrived = Counter(mail.ids + hook.ids)
    lost = {str(key) for key in Delivery.objects.values_list("pk", flat=True)} - set(arrived)
    assert not lost, f"{len(lost)} messages are lost"
    assert Delivery.objects.filter(pk__in=set(arrived)).count() == len(arrived)
    assert set(mail.ids).isdisjoint(hook.ids)
    assert Delivery.objects.count() == kills * 2
    assert hook.wrong == []
    more = sum(arrived.values()) - len(arrived)
    print(f"{kills} kills, {len(arrived)} messages, {killed} arrived by then; {more} came more than once, ids the same")


def stop(worker: subprocess.Popen[str]) -> int:
    """Ask a worker to stop, and return its exit code."""
    worker.terminate()
    return worker.wait(PATIENCE)


def finish() -> None:
    """Wait until no delivery is waiting, as long as there is progress."""
    fewest, until = None, 0.0
    while waiting := Delivery.objects.exclude(state=Delivery.State.SENT).count():
        if fewest is None or waiting < fewest:
            fewest, until = waiting, time.monotonic() + PATIENCE
        assert time.monotonic() < until, f"{waiting} still wait"
        time.sleep(0.2)


def test_asked_to_stop_it_ends_well_and_at_once_where_it_has_nothing_to_do(mail: MailServer):
    worker = start(mail, "manage.py", "run_deliveries")
    open_one(mail)
    began = time.monotonic()
    assert stop(worker) == 0
    assert time.monotonic() - began < 5


def open_one(mail: MailServer) -> None:
    """Open a case, and wait until its mail arrived: the worker is up."""
    stranded()
    open_cases(1)
    wait_for_one_more(0, mail)
    assert len(mail.ids) == 1
