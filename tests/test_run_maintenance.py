"""`manage.py run_maintenance`, which `make run` starts beside the web server; and `roll_up --every`, a part of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from tests.analytics.walkers import Clock, Walker
from wizards import analytics
from wizards.management.commands.run_maintenance import Command
from wizards.models import Session
from wizards.privacy import retention

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.django_db
def test_maintenance_rolls_up_and_deletes_expired_data(monkeypatch, settings):
    clock = Clock(monkeypatch)
    Walker(clock, name="old").answer("no")
    clock.pass_(days=settings.KEEP_ABANDONED_DAYS + 1)
    Walker(clock, name="new").answer("no")
    clock.pass_(hours=1)
    kept = Command().run_once(None)
    assert kept == timezone.localdate()
    assert [session.tallied for session in Session.objects.all()] == [2]


def test_old_data_is_deleted_once_a_day_and_figures_are_kept_up_to_date_more_often(monkeypatch):
    done = []
    monkeypatch.setattr(analytics, "roll_up", lambda: done.append("roll up"))
    monkeypatch.setattr(retention, "purge_expired", lambda: done.append("keep"))
    command, today = Command(), timezone.localdate()
    assert command.run_once(command.run_once(None)) == today
    assert command.run_once(today - timedelta(days=1)) == today
    assert done == ["roll up", "keep", "roll up", "roll up", "keep"]


def test_a_database_that_is_away_is_logged_and_tried_again(monkeypatch, caplog):
    def fail() -> None:
        raise OperationalError("away")

    monkeypatch.setattr(analytics, "roll_up", fail)
    assert Command().run_once(None) is None
    assert "Maintenance failed." in caplog.text


@pytest.mark.once
def test_it_ends_with_the_process_that_started_it(tmp_path):
    code = (
        "import os, subprocess, sys, time;"
        "child = [sys.executable, 'manage.py', 'run_maintenance', '--parent', str(os.getpid())];"
        "print(subprocess.Popen(child).pid, flush=True);"
        "time.sleep(2)"
    )
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'db'}"}
    parent = [sys.executable, "-c", code]
    result = subprocess.Popen(parent, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    child = int(result.stdout.readline())
    assert Path(f"/proc/{child}").exists()
    result.wait()
    result.stdout.close()
    for _ in range(300):
        if not Path(f"/proc/{child}").exists():
            return
        time.sleep(0.1)
    pytest.fail("It is still there.")


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf"])
def test_rolling_up_again_and_again_needs_a_time_between(monkeypatch, seconds):
    monkeypatch.setattr(analytics, "roll_up", lambda: 0)
    with pytest.raises(CommandError, match=r"^--every must be a number of seconds above 0\.$"):
        call_command("roll_up", f"--every={seconds}")


@pytest.mark.django_db
def test_rolling_up_again_and_again_ends_quietly_when_it_is_stopped(monkeypatch):
    done = []

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(analytics, "roll_up", lambda: done.append("roll up"))
    monkeypatch.setattr("wizards.management.commands.roll_up.time.sleep", stop)
    call_command("roll_up", "--every=5")
    assert done == ["roll up"]
