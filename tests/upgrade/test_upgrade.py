"""The upgrade itself: main's migrations on yesterday's tables, with yesterday's settings, commands and backups."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command, get_commands, load_command_class
from django.db import connection
from django.db.models import Sum

from wizards.models import DayTally, Event, Session

from . import yesterday
from .test_sessions import WAYS_ON, walk_on
from .yesterday import applied, planned

ROOT = Path(__file__).resolve().parent.parent.parent
# What is about people, and what people made: no upgrade may lose any of it.
KEPT = (
    *("auth_user", "mfa_authenticator", "wizards_version", "wizards_session", "wizards_event", "wizards_words"),
    *("wizards_call", "wizards_handling", "wizards_handoffcode", "wizards_join", "wizards_guest", "wizards_case"),
    *(
        "wizards_webhook",
        "wizards_delivery",
        "wizards_finding",
        "wizards_search",
        "wizards_disclosure",
        "wizards_picture",
    ),
)


def rows() -> dict[str, int]:
    return {
        each._meta.db_table: each._default_manager.count() for each in apps.get_models() if each._meta.db_table in KEPT
    }


def audit() -> None:
    """Fail at the first promise of the log that is broken."""
    call_command("audit_log")


def everybody_walks_on(site) -> None:
    for name, (answers, _) in WAYS_ON.items():
        walk_on(site.customer(name), answers)


def test_the_upgrade_begins_with_yesterdays_migrations_and_ends_with_all_of_mains(site, copies):
    had, new = copies.before[site.name]
    assert had == site.told["migrations"]
    assert planned() == []
    assert [each for each in applied() if each not in had] == new


def test_the_upgrade_loses_nothing_that_people_made(site):
    assert rows() == {table: site.told["rows"][table] for table in rows()}
    assert set(rows()) == set(KEPT)


def test_every_session_stands_as_it_stood_with_the_log_that_it_had(site):
    stand = {}
    for each in Session.objects.order_by("pk"):
        log = [f"{row.kind} {row.answer or row.to or ''}".strip() for row in each.events.order_by("number")]
        stand[each.code] = [each.status, each.node, each.cause, each.step, each.tried, ", ".join(log)]
    assert stand == site.told["sessions"]


def test_the_upgraded_log_keeps_every_promise(site, capsys):
    audit()
    assert f"{len(site.told['sessions'])} sessions" in capsys.readouterr().out


def test_the_log_keeps_every_promise_when_everybody_has_walked_on(committed):
    everybody_walks_on(committed)
    committed.clock.shift(10 * 60)
    call_command("roll_up")
    audit()


def test_the_figures_go_on_from_where_they_were(site):
    names = ("begun", "solved", "unsolved", "advice")
    figures = DayTally.objects.filter(span="month")
    assert figures.aggregate(**{name: Sum(name) for name in names}) == site.told["tallied"]
    site.clock.shift(10 * 60)  # until the sessions of the last minutes are quiet, and counted too
    call_command("roll_up")
    now = figures.aggregate(**{name: Sum(name) for name in names})
    real = Session.objects.exclude(channel="test")
    assert now == {"begun": real.count()} | {name: real.filter(status=name).count() for name in names[1:]}


def test_the_review_pages_show_yesterdays_figures(site):
    ravi = site.staff("ravi")
    for address in ("/review/", "/review/stuck/?wizard=zosi-camera", "/review/map/", "/review/sessions/"):
        assert ravi.open(address)["status"] == 200


# --- Settings, commands, backups ----------------------------------------------------------------------------------

SERVED = """
import io, os, sys
from helpdesk.wsgi import application

status = []
environ = {
    "REQUEST_METHOD": "GET", "PATH_INFO": sys.argv[1], "QUERY_STRING": "", "SERVER_NAME": "localhost",
    "SERVER_PORT": "80", "HTTP_HOST": "help.example.org", "HTTP_X_FORWARDED_PROTO": "https", "HTTP_COOKIE": sys.argv[2],
    "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
}
page = b"".join(application(environ, lambda line, headers: status.append(line)))
print(status[0], page.decode())
"""


def address_of_database() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user = values["USER"] + (f":{values['PASSWORD']}" if values["PASSWORD"] else "")
    return f"postgres://{user}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def started(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the site's folder with nothing but yesterday's settings and the database under test."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    own = {"ENV_FILE": str(yesterday.DATA / "env"), "DATABASE_URL": address_of_database(), "STATIC_PLAIN": "true"}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=kept | own, capture_output=True, text=True)


def test_yesterdays_settings_start_the_site_and_its_visitors_are_known(site):
    browser = site.customer("a question")
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    done = started("-c", SERVED, browser.page["address"], cookies)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("200 OK")
    assert browser.page["heading"].replace("'", "&#x27;") in done.stdout


def test_every_setting_of_yesterdays_file_means_what_it_meant(yesterdays_settings):
    assert yesterdays_settings == yesterdays_settings | {
        "SECRET_KEY": "made-up-for-tests-of-the-upgrade-7d1b4e9c0a5f48c2b6e3-XkQvTz",
        "SECRET_KEY_FALLBACKS": ["made-up-for-tests-and-older-than-that-3f8a6c1d9e2b4705-PwLrYm"],
        "SITE_URL": "https://help.example.org",
        "VISITOR_COOKIE_NAME": "__Host-visitor",
        "SESSION_COOKIE_NAME": "__Host-staff",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "STAFF_MFA": True,
        "PROCESSES": 2,
        "SUPPORT_PHONE": "020 7946 0123",
        "SUPPORT_CASES_TO": ["cases@example.org"],
        "MAIL_FROM": "help-desk@example.org",
        "MAIL_WORDS": True,
        "WEBHOOKS_WORDS": True,
        "WEBHOOKS_HTTP_ALLOWED": True,
        "WEBHOOKS_PRIVATE_ALLOWED": True,
        "DELIVERY_SECONDS": 170,
        "KEEP_ABANDONED_DAYS": 40,
        "KEEP_FINISHED_DAYS": 300,
        "KEEP_WORDS_DAYS": 35,
        "KEEP_SEARCHES_DAYS": 80,
    }


@pytest.mark.parametrize("name", yesterday.told("sqlite")["commands"])
def test_a_command_that_yesterdays_timers_and_people_call_is_still_there(name):
    assert name in get_commands()
    load_command_class(get_commands()[name], name)


def test_yesterdays_daily_commands_run(site, capsys):
    code = site.told["ended"]["solved, and it helped"]["code"]
    for command in (
        ["roll_up"],
        ["keep"],
        ["person", "find", code],
        ["person", "export", code],
        ["check_wizards", "fixtures"],
    ):
        call_command(*command)
    assert "It was in my made-up notebook." in capsys.readouterr().out


def test_the_metrics_are_shown_to_whoever_brings_yesterdays_token(site, yesterdays_settings):
    token = yesterdays_settings["METRICS_TOKEN"]
    answer = site.visit().get("/metrics", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200


@pytest.mark.only("sqlite")
def test_a_backup_that_yesterdays_site_made_is_put_back(standing, copies, tmp_path):
    (tmp_path / "manifest.json").write_bytes((yesterday.DATA / "sqlite.backup.json").read_bytes())
    (tmp_path / "data.sqlite3").write_bytes(yesterday.content("sqlite.sqlite3.xz"))
    with standing("sqlite", copies.as_it_was) as site:
        Event.objects.all().delete()
        call_command("restore", str(tmp_path), "--replace")
        assert Event.objects.count() == site.told["rows"]["wizards_event"]


# --- The log in partitions ----------------------------------------------------------------------------------------


@pytest.mark.only("postgresql")
def test_a_site_whose_log_is_in_partitions_is_upgraded_and_everybody_walks_on(standing, copies):
    with standing("partitioned", copies.shared) as site, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_inherits WHERE inhparent = 'wizards_event'::regclass")
        assert cursor.fetchone()[0] > 3
        audit()
        everybody_walks_on(site)
        site.clock.shift(10 * 60)
        call_command("roll_up")
        audit()
