"""The outbox: no delivery is lost if a worker dies, and failures are retried until they are given up."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused

import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.races import racing
from tests.support.walking import CONTACT, opened, states, webhook, work
from wizards.management.commands.run_deliveries import Command
from wizards.models import Delivery
from wizards.support import cases, delivery
from wizards.support.delivery import email, tasks

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process ended here."""


@pytest.fixture
def clock(monkeypatch):
    """Return a function that moves the clock forward."""
    passed = [timedelta()]
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + passed[0])

    def pass_(**how_long: float) -> None:
        passed[0] += timedelta(**how_long)

    return pass_


def waiting_for() -> timedelta:
    """Return the time until the next attempt of the only delivery."""
    return Delivery.objects.get().next_at - timezone.now()


def kill(monkeypatch, name: str) -> None:
    """End the process when it calls a function of `tasks`, once."""

    def end(*_, **__):
        monkeypatch.undo()
        raise Killed

    monkeypatch.setattr(tasks, name, end)


# --- Trying again -------------------------------------------------------------------------------------------------


def test_it_is_tried_again_after_longer_and_longer_waits_and_given_up_after_three_days(hook, clock):
    webhook(hook.url)
    opened()
    hook.status = 500
    waits = []
    while True:
        work()
        if Delivery.objects.get().state != "waiting":
            break
        waits.append(round(waiting_for() / timedelta(minutes=1)))
        clock(minutes=waits[-1], seconds=1)
    assert waits == [1, 5, 30, 120, 360, 720, 1440, 1440, 1440]
    assert sum(waits) > 3 * 24 * 60
    assert len(hook.ids) == 10
    assert states() == [("case.opened", "failed", 10)]
    assert Delivery.objects.get().error == "answered 500"
    clock(days=30)
    work()
    assert len(hook.ids) == 10


def test_before_its_time_it_is_not_tried(hook, clock):
    webhook(hook.url)
    opened()
    hook.status = 500
    work()
    clock(seconds=50)
    work()
    assert len(hook.ids) == 1
    hook.status = 200
    clock(seconds=15)
    work()
    assert len(hook.ids) == 2
    assert states() == [("case.opened", "sent", 2)]
    assert Delivery.objects.get().error == ""


def test_after_a_week_without_power_it_is_not_given_up_at_the_first_failure(hook, clock):
    webhook(hook.url)
    opened()
    hook.status = 500
    clock(days=7)
    work()
    assert states() == [("case.opened", "waiting", 1)]


def test_sent_again_by_hand_it_goes_at_once_and_has_all_its_tries_anew(hook, clock):
    webhook(hook.url)
    opened()
    Delivery.objects.update(state="failed", tries=10, error="answered 500")
    clock(days=9)
    (row,) = delivery.send_again(Delivery.objects.all())
    assert (row.state, row.tries, row.error) == ("waiting", 0, "")
    work()
    assert hook.ids == [str(row.pk)]
    assert states() == [("case.opened", "sent", 1)]


def test_one_that_cannot_be_made_is_logged_and_the_others_go_out(hook, caplog):
    webhook(hook.url)
    webhook(hook.url, secret="whsec_%%%")
    opened()
    work()
    assert sorted(states()) == [("case.opened", "sent", 1), ("case.opened", "waiting", 1)]
    assert "internal error" in Delivery.objects.get(state="waiting").error
    assert "cannot be sent" in caplog.text


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        (SMTPRecipientsRefused({CONTACT: (550, b"no such user anna@example.org")}), "SMTPRecipientsRefused 550"),
        (SMTPDataError(554, b"spam from anna@example.org"), "SMTPDataError 554"),
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError: [Errno 111] Connection refused"),
        (ValueError("anna@example.org cannot be written"), "internal error: ValueError"),
    ],
)
def test_what_is_noted_of_a_mail_that_failed_names_no_customer(settings, monkeypatch, caplog, fault, kept):
    def fail(*_):
        raise fault

    settings.SUPPORT_CASES_TO = []
    cases.close(opened(), None, other="A loose wire.", works=True)
    monkeypatch.setattr(email, "send", fail)
    work()
    assert Delivery.objects.get().error == kept
    assert "anna" not in caplog.text


def test_what_was_sent_is_not_sent_again_by_a_task_that_comes_late(hook):
    webhook(hook.url)
    opened()
    work()
    assert delivery.deliver.call(str(Delivery.objects.get().pk)) == "nothing to do"
    assert len(hook.ids) == 1


def test_a_task_for_a_delivery_that_is_gone_does_nothing():
    assert delivery.deliver.call("00000000-0000-4000-8000-000000000000") == "nothing to do"


# --- Killed -------------------------------------------------------------------------------------------------------


def deliver_and_die(monkeypatch, name: str) -> None:
    kill(monkeypatch, name)
    with pytest.raises(Killed):
        delivery.deliver.call(str(Delivery.objects.get().pk))
    # The task that it was is never seen again: it says that it is running.
    DBTaskResult.objects.update(status="RUNNING")


@pytest.mark.parametrize(("name", "times"), [("_claim", 1), ("_send", 1), ("_sent", 2)])
def test_killed_at_any_point_it_is_sent_later_under_the_same_id(hook, clock, monkeypatch, name, times):
    webhook(hook.url)
    opened()
    with monkeypatch.context() as patch:
        deliver_and_die(patch, name)
    clock(seconds=tasks.settings.DELIVERY_SECONDS + 1)
    work()
    assert hook.ids == [str(Delivery.objects.get().pk)] * times
    assert Delivery.objects.get().state == "sent"


def test_while_one_may_still_be_at_it_nobody_else_tries(hook, clock, monkeypatch):
    webhook(hook.url)
    opened()
    with monkeypatch.context() as patch:
        deliver_and_die(patch, "_sent")
    clock(seconds=tasks.settings.DELIVERY_SECONDS - 10)
    work()
    assert len(hook.ids) == 1


def test_killed_many_times_it_is_not_given_up(hook, clock, monkeypatch):
    webhook(hook.url)
    opened()
    for _ in range(40):
        with monkeypatch.context() as patch:
            deliver_and_die(patch, "_send")
        clock(seconds=tasks.settings.DELIVERY_SECONDS + 1)
    hook.status = 500
    work()
    assert Delivery.objects.get().state == "waiting"


def test_a_late_worker_does_not_overwrite_the_result_of_another(hook, clock, monkeypatch):
    webhook(hook.url)
    opened()
    key = str(Delivery.objects.get().pk)
    send = tasks._send

    def slow(row):
        monkeypatch.undo()
        Delivery.objects.update(next_at=timezone.now() - timedelta(seconds=1))
        assert delivery.deliver.call(key) == "sent"
        send(row)
        raise OSError("too late")

    monkeypatch.setattr(tasks, "_send", slow)
    delivery.deliver.call(key)
    assert states() == [("case.opened", "sent", 2)]
    assert set(hook.ids) == {key}


def test_the_sweep_asks_for_each_that_is_due_once_and_not_for_the_others():
    for _ in range(3):
        webhook()
    opened()
    DBTaskResult.objects.all().delete()
    first = Delivery.objects.first()
    Delivery.objects.filter(pk=first.pk).update(next_at=timezone.now() + timedelta(hours=1))
    due = Delivery.objects.exclude(pk=first.pk).count()
    assert delivery.sweep() == due
    assert delivery.sweep() == 0
    assert DBTaskResult.objects.count() == due


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_message_once(hook):
    hook.pause = 0.1
    webhook(hook.url)
    opened()
    key = str(Delivery.objects.get().pk)
    with racing(6) as race:
        said = race(*[lambda: delivery.deliver.call(key)] * 6)
    assert sorted(said) == ["nothing to do"] * 5 + ["sent"]
    assert hook.ids == [key]


@pytest.mark.django_db(transaction=True)
def test_no_lock_is_held_while_a_message_is_on_its_way(hook, monkeypatch):
    webhook(hook.url)
    opened()
    inside = []
    send = tasks._send
    monkeypatch.setattr(tasks, "_send", lambda row: (inside.append(connection.in_atomic_block), send(row)))
    delivery.deliver.call(str(Delivery.objects.get().pk))
    assert inside == [False]
    assert states() == [("case.opened", "sent", 1)]


@pytest.mark.parametrize("away", [OperationalError, InterfaceError])
def test_a_database_that_goes_away_meanwhile_is_not_the_messages_fault(hook, monkeypatch, away):
    webhook(hook.url)
    opened()

    def fail(row: Delivery) -> None:
        raise away("away")

    monkeypatch.setattr(tasks, "_send", fail)
    with pytest.raises(away):
        delivery.deliver.call(str(Delivery.objects.get().pk))
    assert states() == [("case.opened", "waiting", 1)]
    assert Delivery.objects.get().error == ""


# --- The worker ---------------------------------------------------------------------------------------------------


def test_the_worker_logs_that_the_database_is_away_and_tries_again(monkeypatch, caplog):
    def away() -> None:
        raise OperationalError("away")

    monkeypatch.setattr(delivery, "sweep", away)
    assert Command().run_once(None) is None
    assert "Delivering failed." in caplog.text


def test_finished_tasks_are_deleted_after_a_day_and_deliveries_stay(hook, clock, monkeypatch):
    webhook(hook.url)
    opened()
    work()
    clock(days=2)
    assert Command().run_once(None) == timezone.localdate()
    assert not DBTaskResult.objects.exists()
    assert Delivery.objects.count() == 1


def left_running() -> DBTaskResult:
    """Return a task that a killed worker left running."""
    task = DBTaskResult.objects.get()
    task.claim("killed")
    return task


def test_a_task_that_a_killed_worker_left_ends_and_goes_and_its_message_is_sent_once(hook, clock, settings):
    webhook(hook.url)
    opened()
    task = left_running()
    work()
    clock(seconds=settings.DELIVERY_SECONDS + 1)
    Command().run_once(None)
    task.refresh_from_db()
    assert task.status == "FAILED"
    assert not delivery.has_work()
    clock(days=2)
    Command().run_once(None)
    assert not DBTaskResult.objects.exists()
    assert len(hook.ids) == 1
    assert states() == [("case.opened", "sent", 1)]


def test_a_running_task_is_left_alone_for_as_long_as_an_attempt_may_take(hook, clock, settings):
    webhook(hook.url)
    opened()
    task = left_running()
    clock(seconds=settings.DELIVERY_SECONDS - 1)
    assert delivery.end_tasks() == 0
    task.refresh_from_db()
    assert task.status == "RUNNING"


def test_a_worker_that_was_only_late_still_says_what_became_of_its_task(hook, clock, settings):
    webhook(hook.url)
    opened()
    task = left_running()
    clock(seconds=settings.DELIVERY_SECONDS + 1)
    assert delivery.end_tasks() == 1
    task.set_successful("sent")
    task.refresh_from_db()
    assert (task.status, task.return_value) == ("SUCCESSFUL", "sent")


def test_tasks_of_other_queues_are_left_alone(clock):
    DBTaskResult.objects.create(
        queue_name="default", args_kwargs={}, run_after=timezone.now(), status="RUNNING", started_at=timezone.now()
    )
    clock(days=9)
    assert delivery.end_tasks() == 0


def test_sending_once_clears_old_tasks_too(hook, clock):
    webhook(hook.url)
    opened()
    work()
    clock(days=2)
    call_command("run_deliveries", "--once")
    assert not DBTaskResult.objects.exists()


def test_a_worker_asked_to_stop_finishes_the_current_message_and_takes_no_more(hook):
    command = Command()
    webhook(hook.url)
    webhook(hook.url)
    opened()
    send = tasks._send
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django_tasks_db.management.commands.db_worker.close_old_connections", lambda: None)
        patch.setattr(tasks, "_send", lambda row: (command.stop(), send(row)))
        command.send_due()
    assert sorted(states()) == [("case.opened", "sent", 1), ("case.opened", "waiting", 0)]
