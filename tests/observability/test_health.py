"""What load balancers and monitors request: whether the site is alive, whether it can serve, and its metrics."""

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
def monitored(settings):
    """Serve https, with metrics for a monitor."""
    settings.METRICS_TOKEN = TOKEN
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]


def scrape(client=None, token=TOKEN):
    """Return the metrics: name and label values -> number."""
    response = (client or Client()).get("/metrics", headers={"authorization": f"Bearer {token}"})
    assert response.status_code == 200
    return parse(response.content.decode())


def parse(text):
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sorted(sample.labels.values())): sample.value for sample in samples}


# --- /healthz and /readyz -------------------------------------------------------------------------------------------


def test_healthz_does_not_query_the_database():
    response = Client().get("/healthz")  # without the mark for it, a test that asks the database fails
    assert (response.status_code, response.content) == (200, b"alive\n")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_answered_over_plain_http_with_any_host(monitored, path):
    response = Client(headers={"host": "10.1.2.3:8000", "authorization": f"Bearer {TOKEN}"}).get(path)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_accept_get_and_head_only(monitored, path):
    response = Client().post(path)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.django_db
def test_a_site_that_can_serve_is_ready():
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.content.decode() == "ready\ndatabase: ok\nmigrations: ok\ncache: ok\n"


@pytest.mark.django_db
def test_readyz_takes_three_queries(django_assert_max_num_queries):
    Client().get("/readyz")
    with django_assert_max_num_queries(3):
        Client().get("/readyz")


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_without_its_database_a_site_is_not_ready_and_gives_no_details(monkeypatch, caplog, kind):
    def down(*args, **kwargs):
        raise kind("password=hunter2 host=db.example.org")

    monkeypatch.setattr(connection, "cursor", down)
    monkeypatch.setattr(connection, "close", lambda: None)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert "database: does not answer" in response.content.decode()
    assert "hunter2" not in response.content.decode() + caplog.text


@pytest.mark.django_db
def test_an_unapplied_migration_makes_a_site_not_ready(monkeypatch):
    Client().get("/readyz")
    MigrationRecorder.Migration.objects.filter(app="wizards").order_by("-name").first().delete()
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert "migrations: 1 not applied: run manage.py migrate" in response.content.decode()


@pytest.mark.django_db
def test_a_site_is_ready_without_its_cache_and_says_so(settings, caplog):
    settings.RATE_STORAGE = "redis://:hunter2@127.0.0.1:1/0"  # where nobody listens
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert "cache: does not answer; the site goes on without it" in response.content.decode()
    assert "hunter2" not in response.content.decode() + caplog.text


# --- /metrics -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_without_a_configured_token_there_are_no_metrics(settings):
    assert settings.METRICS_TOKEN == ""
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer größe"])
def test_nobody_reads_the_metrics_without_the_token(monitored, header):
    response = Client().get("/metrics", headers={"authorization": header})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert b"helpdesk_" not in response.content


def test_a_token_in_the_query_is_not_accepted(monitored):
    assert Client().get("/metrics", {"token": TOKEN, "access_token": TOKEN}).status_code == 401


@pytest.fixture
def visitor_and_growth(monitored, settings):
    """Give a visitor to a monitored site, and a function that returns by how much the metrics have grown since."""
    settings.SECURE_SSL_REDIRECT = False
    publish()
    visitor = Visitor()
    before = scrape()
    return visitor, lambda: {key: value - before.get(key, 0) for key, value in scrape().items()}


@pytest.mark.django_db
def test_requests_are_counted_by_route_never_by_address(visitor_and_growth):
    visitor, growth = visitor_and_growth
    visitor.begin().walk("no", "worked")
    visitor.client.get("/nowhere/")
    samples = growth()
    assert samples["helpdesk_request_seconds_count", "3xx", "POST", "step"] == 2
    assert samples["helpdesk_request_seconds_count", "3xx", "POST", "begin"] == 1
    assert samples["helpdesk_request_seconds_count", "4xx", "GET", "none"] == 1
    labels = " ".join(" ".join(key) for key in samples)
    assert visitor.code not in labels
    assert "nowhere" not in labels


@pytest.mark.django_db
def test_acknowledged_answers_are_counted_and_refused_ones_are_not(visitor_and_growth):
    visitor, growth = visitor_and_growth
    visitor.begin()
    visitor.answer("never offered")
    assert growth()["helpdesk_answers_total",] == 0
    visitor.answer("no")
    assert growth()["helpdesk_answers_total",] == 1


@pytest.mark.django_db
def test_forged_methods_make_no_more_series(visitor_and_growth):
    visitor, growth = visitor_and_growth
    for number in range(20):
        visitor.client.generic(f"BREW{number}", "/")
    assert growth()["helpdesk_request_seconds_count", "4xx", "home", "other"] == 20
    assert "BREW" not in repr(metrics._series_by_key)


@pytest.mark.django_db
def test_sessions_are_counted_by_outcome(monitored, settings):
    settings.SECURE_SSL_REDIRECT = False
    publish()
    Visitor().begin().walk("no", "worked")
    Visitor().begin()
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=10))
    assert 600 <= scrape()["helpdesk_roll_up_lag_seconds",] < 700
    analytics.roll_up()
    samples = scrape()
    assert samples["helpdesk_sessions_begun",] == 2
    ended = {outcome: samples["helpdesk_sessions_ended", outcome] for outcome in analytics_metrics.ENDED}
    assert sum(ended.values()) == Session.objects.exclude(status="open").count() == 1
    assert samples["helpdesk_roll_up_lag_seconds",] == 0


@pytest.mark.django_db
def test_the_outbox_is_counted_with_the_age_of_its_oldest_delivery(monitored, settings):
    settings.SECURE_SSL_REDIRECT = False
    publish()
    session = Visitor().begin().session
    case = Case.objects.create(session=session)
    for state, minutes in (("waiting", 5), ("waiting", 3), ("failed", 60), ("sent", 90)):
        made = timezone.now() - timedelta(minutes=minutes)
        Delivery.objects.create(case=case, event="case.opened", body={}, state=state, made_at=made, address="a@b.org")
    samples = scrape()
    assert samples["helpdesk_deliveries", "waiting"] == 2
    assert samples["helpdesk_deliveries", "failed"] == 1
    assert 300 <= samples["helpdesk_delivery_oldest_seconds",] < 400


def test_a_database_that_is_down_is_a_metric_and_no_error(monitored, monkeypatch):
    def down():
        raise OperationalError("password=hunter2")

    monkeypatch.setattr(analytics_metrics, "session_counts", down)
    samples = scrape()
    assert samples["helpdesk_database_up",] == 0
    assert not any(name.startswith("helpdesk_sessions") for name, *_ in samples)


def test_without_a_token_nothing_is_measured(settings):
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


def test_a_start_removes_what_a_killed_master_left_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(multiprocess, "MEMORY", tmp_path)
    monkeypatch.delenv(multiprocess.FOLDER, raising=False)
    for name in ("999999999-a", f"{os.getppid()}-b", "odd-c"):
        (tmp_path / f"{multiprocess.PREFIX}{name}").mkdir()
    monkeypatch.setenv(multiprocess.FOLDER, "")
    multiprocess.make_folder()
    left = sorted(path.name.removeprefix(multiprocess.PREFIX).split("-")[0] for path in tmp_path.iterdir())
    assert left == sorted([str(os.getppid()), "odd", str(os.getpid())])
    multiprocess.make_folder()  # the settings are read again
    assert len(list(tmp_path.iterdir())) == 3
    multiprocess.remove_folder()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_the_environment_named_is_not_removed(monkeypatch, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    monkeypatch.setenv(multiprocess.FOLDER, str(theirs))
    multiprocess.remove_folder()
    assert theirs.exists()


@pytest.fixture
def two_workers(tmp_path):
    """Serve the site with two processes and no database; give the master and the file of its output."""
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


def listening_address(output):
    """Return the address that gunicorn listens on."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if "Listening at: " in (text := output.read_text()):
            return text.partition("Listening at: ")[2].split(" ")[0]
        time.sleep(0.05)
    raise AssertionError(output.read_text())


def fetch(address, token=""):
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


def children(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def access_log_lines(output, number):
    """Return the access log's lines about /healthz once there are `number`: each is written after its response."""
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
def test_two_processes_report_one_sum_that_never_falls(two_workers):
    process, output = two_workers
    address = listening_address(output)
    for _ in range(20):
        fetch(f"{address}/healthz")
    access_log_lines(output, 20)  # a line is written after its response: that of the killed worker could be lost
    killed = children(process.pid)[0]
    os.kill(killed, signal.SIGKILL)
    for _ in range(20):
        fetch(f"{address}/healthz")
    healthz = ("helpdesk_request_seconds_count", "2xx", "GET", "healthz")
    sums = {parse(fetch(f"{address}/metrics", TOKEN))[healthz] for _ in range(4)}
    assert sums == {40}
    assert len({line["request"] for line in access_log_lines(output, 40)}) == 40
    parents = multiprocess.MEMORY, output.parent
    [folder] = [path for parent in parents for path in parent.glob(f"{multiprocess.PREFIX}{process.pid}-*")]
    files = {path.name for path in folder.iterdir()}
    assert set() < files <= {"histogram_0.db", "histogram_1.db"}  # a worker that served nothing has none
