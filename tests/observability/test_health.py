"""What load balancers and monitors ask: whether the site lives, whether it can serve, and how it does."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from helpdesk.observability import metrics, multiprocess
from tests.test_devserver import ROOT
from tests.visitor import Visitor, publish
from wizards import analytics
from wizards.analytics import metrics as analytics_metrics
from wizards.models import Case, Delivery, Session

TOKEN = "a-token-of-more-than-twenty-characters"


@pytest.fixture
def watched(settings):
    """Give a site for https on which a monitor may read the figures."""
    settings.METRICS_TOKEN = TOKEN
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]


def told(client=None, token=TOKEN):
    """Return the figures: name and labels -> number."""
    response = (client or Client()).get("/metrics", headers={"authorization": f"Bearer {token}"})
    assert response.status_code == 200
    return read(response.content.decode())


def read(text):
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sorted(sample.labels.values())): sample.value for sample in samples}


# --- /healthz and /readyz -------------------------------------------------------------------------------------------


def test_the_process_says_that_it_lives_without_asking_the_database():
    response = Client().get("/healthz")  # without the mark for it, a test that asks the database fails
    assert (response.status_code, response.content) == (200, b"alive\n")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_machine_is_answered_over_plain_http_under_any_host(watched, path):
    response = Client(headers={"host": "10.1.2.3:8000", "authorization": f"Bearer {TOKEN}"}).get(path)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_machines_only_look(watched, path):
    response = Client().post(path)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.django_db
def test_a_site_that_can_serve_is_ready():
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.content.decode() == "ready\ndatabase: ok\nmigrations: ok\ncache: ok\n"


@pytest.mark.django_db
def test_being_ready_costs_three_questions_to_the_database(django_assert_max_num_queries):
    Client().get("/readyz")
    with django_assert_max_num_queries(3):
        Client().get("/readyz")


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_without_its_database_a_site_is_not_ready_and_says_no_more(monkeypatch, caplog, kind):
    def away(*args, **kwargs):
        raise kind("password=hunter2 host=db.example.org")

    monkeypatch.setattr(connection, "cursor", away)
    monkeypatch.setattr(connection, "close", lambda: None)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert "database: does not answer" in response.content.decode()
    assert "hunter2" not in response.content.decode() + caplog.text


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_makes_a_site_not_ready(monkeypatch):
    Client().get("/readyz")
    MigrationRecorder.Migration.objects.filter(app="wizards").order_by("-name").first().delete()
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert "migrations: 1 not applied: run manage.py migrate" in response.content.decode()


@pytest.mark.django_db
def test_a_site_goes_on_without_its_cache_and_says_so(settings, caplog):
    settings.RATE_STORAGE = "redis://:hunter2@127.0.0.1:1/0"  # where nobody listens
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert "cache: does not answer; the site goes on without it" in response.content.decode()
    assert "hunter2" not in response.content.decode() + caplog.text


# --- /metrics -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_without_a_token_of_ones_own_there_are_no_figures(settings):
    assert settings.METRICS_TOKEN == ""
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer größe"])
def test_nobody_reads_the_figures_without_the_token(watched, header):
    response = Client().get("/metrics", headers={"authorization": header})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert b"helpdesk_" not in response.content


def test_a_token_in_the_address_is_no_token(watched):
    assert Client().get("/metrics", {"token": TOKEN, "access_token": TOKEN}).status_code == 401


@pytest.fixture
def counted(watched, settings):
    """Give a visitor to a watched site, and a function that says by how much the figures have grown since."""
    settings.SECURE_SSL_REDIRECT = False
    publish()
    visitor = Visitor()
    before = told()
    return visitor, lambda: {key: value - before.get(key, 0) for key, value in told().items()}


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_never_by_address(counted):
    visitor, grown = counted
    visitor.begin().walk("no", "worked")
    visitor.client.get("/nowhere/")
    figures = grown()
    assert figures["helpdesk_request_seconds_count", "3xx", "POST", "step"] == 2
    assert figures["helpdesk_request_seconds_count", "3xx", "POST", "begin"] == 1
    assert figures["helpdesk_request_seconds_count", "4xx", "GET", "none"] == 1
    labels = " ".join(" ".join(key) for key in figures)
    assert visitor.code not in labels
    assert "nowhere" not in labels


@pytest.mark.django_db
def test_acknowledged_answers_are_counted_and_refused_ones_are_not(counted):
    visitor, grown = counted
    visitor.begin()
    visitor.answer("never offered")
    assert grown()["helpdesk_answers_total",] == 0
    visitor.answer("no")
    assert grown()["helpdesk_answers_total",] == 1


@pytest.mark.django_db
def test_forged_methods_make_no_more_figures(counted):
    visitor, grown = counted
    for number in range(20):
        visitor.client.generic(f"BREW{number}", "/")
    assert grown()["helpdesk_request_seconds_count", "4xx", "home", "other"] == 20
    assert "BREW" not in repr(metrics._series_by_key)


@pytest.mark.django_db
def test_sessions_are_told_by_outcome(watched, settings):
    settings.SECURE_SSL_REDIRECT = False
    publish()
    Visitor().begin().walk("no", "worked")
    Visitor().begin()
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=10))
    assert 600 <= told()["helpdesk_roll_up_lag_seconds",] < 700
    analytics.roll_up()
    figures = told()
    assert figures["helpdesk_sessions_begun",] == 2
    ended = {outcome: figures["helpdesk_sessions_ended", outcome] for outcome in analytics_metrics.ENDED}
    assert sum(ended.values()) == Session.objects.exclude(status="open").count() == 1
    assert figures["helpdesk_roll_up_lag_seconds",] == 0


@pytest.mark.django_db
def test_the_outbox_is_told_with_the_age_of_what_waits_longest(watched, settings):
    settings.SECURE_SSL_REDIRECT = False
    publish()
    session = Visitor().begin().session
    case = Case.objects.create(session=session)
    for state, minutes in (("waiting", 5), ("waiting", 3), ("failed", 60), ("sent", 90)):
        made = timezone.now() - timedelta(minutes=minutes)
        Delivery.objects.create(case=case, event="case.opened", body={}, state=state, made_at=made, address="a@b.org")
    figures = told()
    assert figures["helpdesk_deliveries", "waiting"] == 2
    assert figures["helpdesk_deliveries", "failed"] == 1
    assert 300 <= figures["helpdesk_delivery_oldest_seconds",] < 400


def test_a_database_that_is_away_is_a_figure_and_no_fault(watched, monkeypatch):
    def away():
        raise OperationalError("password=hunter2")

    monkeypatch.setattr(analytics_metrics, "session_counts", away)
    figures = told()
    assert figures["helpdesk_database_up",] == 0
    assert not any(name.startswith("helpdesk_sessions") for name, *_ in figures)


def test_nothing_is_measured_where_nobody_may_read_it(settings):
    with pytest.raises(metrics.MiddlewareNotUsed):
        metrics.latency_middleware(lambda request: None)


# --- Several processes ----------------------------------------------------------------------------------------------


def test_a_new_worker_takes_the_lowest_free_slot():
    server = SimpleNamespace(WORKERS={})
    first, second, third = SimpleNamespace(), SimpleNamespace(), SimpleNamespace()
    for pid, worker in enumerate((first, second)):
        multiprocess.assign_slot(server, worker)
        server.WORKERS[pid] = worker
    del server.WORKERS[0]
    multiprocess.assign_slot(server, third)
    assert (first.slot, second.slot, third.slot) == (0, 1, 0)


def test_a_start_removes_what_a_killed_one_left_and_nothing_of_others(tmp_path, monkeypatch):
    monkeypatch.setattr(multiprocess, "MEMORY", tmp_path)
    monkeypatch.delenv(multiprocess.FOLDER, raising=False)
    for name in ("999999999-a", f"{os.getppid()}-b", "odd-c"):
        (tmp_path / f"{multiprocess.PREFIX}{name}").mkdir()
    monkeypatch.setenv(multiprocess.FOLDER, "")
    multiprocess.make_folder()
    left = sorted(path.name.removeprefix(multiprocess.PREFIX).split("-")[0] for path in tmp_path.iterdir())
    assert left == sorted([str(os.getppid()), "odd", str(os.getpid())])
    multiprocess.make_folder()  # settings read anew
    assert len(list(tmp_path.iterdir())) == 3
    multiprocess.remove_folder()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_the_environment_named_before_is_not_ours_to_remove(monkeypatch, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    monkeypatch.setenv(multiprocess.FOLDER, str(theirs))
    multiprocess.remove_folder()
    assert theirs.exists()


@pytest.fixture
def two_workers(tmp_path):
    """Serve the site, without a database, by two processes; give its address and the process that leads them."""
    environment = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(tmp_path),
        "ENV_FILE": "",
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "STATIC_PLAIN": "true",
        "METRICS_TOKEN": TOKEN,
        "ACCESS_LOG": "true",
        "LOG_FORMAT": "json",
        "WEB_CONCURRENCY": "2",
        "HOST": "127.0.0.1",
        "PORT": "0",
    }
    with (tmp_path / "output").open("w") as output:
        command = [sys.executable, "-W", "ignore", "-m", "gunicorn", "--log-level", "info", "helpdesk.wsgi"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process, tmp_path / "output"
        finally:
            process.send_signal(signal.SIGQUIT)  # at once
            process.wait(15)


def address_in(output):
    """Return the address that gunicorn says it listens at."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if "Listening at: " in (text := output.read_text()):
            return text.partition("Listening at: ")[2].split(" ")[0]
        time.sleep(0.05)
    raise AssertionError(output.read_text())


def ask(address, token=""):
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


def children(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def logged(output, number):
    """Return the log's lines about /healthz once there are so many: each is written after its answer."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        whole = output.read_text().rpartition("\n")[0].splitlines()
        lines = [line for line in map(json.loads, whole) if line.get("path") == "/healthz"]
        if len(lines) >= number:
            assert len(lines) == number
            return lines
        time.sleep(0.05)
    raise AssertionError(output.read_text())


@pytest.mark.once
def test_two_processes_tell_one_sum_that_a_killed_one_does_not_shrink(two_workers):
    process, output = two_workers
    address = address_in(output)
    for _ in range(20):
        ask(f"{address}/healthz")
    logged(output, 20)  # a line is written after its answer: that of the killed one could be lost
    killed = children(process.pid)[0]
    os.kill(killed, signal.SIGKILL)
    for _ in range(20):
        ask(f"{address}/healthz")
    healthz = ("helpdesk_request_seconds_count", "2xx", "GET", "healthz")
    sums = {read(ask(f"{address}/metrics", TOKEN))[healthz] for _ in range(4)}
    assert sums == {40}
    assert len({line["request"] for line in logged(output, 40)}) == 40
    parents = multiprocess.MEMORY, output.parent
    [folder] = [path for parent in parents for path in parent.glob(f"{multiprocess.PREFIX}{process.pid}-*")]
    assert sorted(path.name for path in folder.iterdir()) == ["histogram_0.db", "histogram_1.db"]
