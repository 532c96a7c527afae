"""The settings file: what stops the start, with which line, and what an address makes of cookies and headers."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
KEY = "k3y-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2


@pytest.fixture
def read(monkeypatch):
    """Give a function that reads the settings file in an environment of only the given names."""

    def read_settings(**environment):
        for name in list(os.environ):
            monkeypatch.delenv(name)
        for name, value in ({"ENV_FILE": "", "SECRET_KEY": KEY} | environment).items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "helpdesk" / "settings.py"))

    return read_settings


BAD = [
    ({"SECRET_KEY": ""}, "SECRET_KEY is not set. Set it to at least 50 random characters"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY is too short or too simple. Set it to at least 50 random characters"),
    ({"SECRET_KEY": "a" * 80}, "SECRET_KEY is too short or too simple."),
    ({"DEBUG": "perhaps"}, "DEBUG should be true or false."),
    ({"TRUSTED_PROXY": "nginx"}, "TRUSTED_PROXY should be true or false."),
    ({"STAFF_MFA": "perhaps"}, "STAFF_MFA should be true or false."),
    ({"STATIC_PLAIN": "2"}, "STATIC_PLAIN should be true or false."),
    ({"SITE_URL": "help.example.org"}, "SITE_URL should be an address such as https://help.example.org"),
    ({"SITE_URL": "ftp://help.example.org"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://help.example.org/help"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://help.example.org:99999"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://[::1"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://me:secret@help.example.org"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "http://help.example.org"}, "SITE_URL is http://help.example.org, but plain http is only for"),
    ({"SITE_URL": "http://192.168.1.5:8000"}, "SITE_URL is http://192.168.1.5:8000, but plain http is only for"),
    ({"EXTRA_HOSTS": "*"}, "EXTRA_HOSTS should be host names separated by commas"),
    ({"EXTRA_HOSTS": "https://www.example.org"}, "EXTRA_HOSTS should be host names separated by commas"),
    ({"DATABASE_URL": "mysql://localhost/help"}, "DATABASE_URL should be an address such as postgres://"),
    ({"DATABASE_URL": "nothing"}, "DATABASE_URL should be an address such as postgres://"),
    ({"CACHE_URL": "memcached://localhost"}, "CACHE_URL should be locmem:// or an address such as redis://"),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL should be DEBUG, INFO, WARNING, ERROR or CRITICAL."),
]


@pytest.mark.parametrize(("environment", "line"), BAD, ids=[" ".join(map("=".join, bad.items())) for bad, _ in BAD])
def test_a_bad_setting_stops_the_start_with_its_line(read, environment, line):
    with pytest.raises(ImproperlyConfigured) as stopped:
        read(**environment)
    assert str(stopped.value).startswith(line)
    assert "\n" not in str(stopped.value)


def test_no_line_repeats_a_secret(read):
    for environment in ({"SECRET_KEY": "hunter2"}, {"DATABASE_URL": "mysql://me:hunter2@localhost/help"}):
        with pytest.raises(ImproperlyConfigured) as stopped:
            read(**environment)
        assert "hunter2" not in str(stopped.value)


@pytest.mark.parametrize(
    "command", [["manage.py", "check"], ["-m", "gunicorn", "helpdesk.wsgi"]], ids=["manage", "gunicorn"]
)
def test_without_a_key_a_command_prints_one_line_and_no_trace(command):
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": ""}
    result = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("The settings are not right: SECRET_KEY is not set.")
    assert len(result.stderr.splitlines()) == 1


def test_a_key_in_the_file_is_enough_and_the_environment_wins(read, tmp_path):
    file = tmp_path / "env"
    file.write_text(f"SECRET_KEY={KEY}-file\nSUPPORT_PHONE=1\n")
    settings = read(ENV_FILE=str(file), SUPPORT_PHONE="2")
    assert settings["SUPPORT_PHONE"] == "2"
    assert settings["SECRET_KEY"] == KEY  # which `read` puts into the environment


def test_debug_is_off_unless_asked_for(read):
    assert read()["DEBUG"] is False


def test_plain_http_on_loopback_needs_no_tls(read):
    settings = read()
    assert settings["SITE_URL"] == "http://127.0.0.1:8000"
    assert settings["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert not settings["SESSION_COOKIE_SECURE"]
    assert not settings["CSRF_COOKIE_SECURE"]
    assert not settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] == 0
    names = [settings[name] for name in ("VISITOR_COOKIE_NAME", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME")]
    assert names == ["visitor", "staff", "csrf"]


@pytest.mark.parametrize("address", ["http://localhost:8001", "http://[::1]:8000", "http://127.0.0.1"])
def test_every_loopback_name_may_use_plain_http(read, address):
    assert read(SITE_URL=address)["HTTPS"] is False


def test_https_makes_cookies_secure_and_bound_to_the_host(read):
    settings = read(SITE_URL="https://help.example.org/", EXTRA_HOSTS="www.help.example.org")
    assert settings["SITE_URL"] == "https://help.example.org"
    assert settings["ALLOWED_HOSTS"] == ["help.example.org", "www.help.example.org"]
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://help.example.org", "https://www.help.example.org"]
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    names = [settings[name] for name in ("VISITOR_COOKIE_NAME", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME")]
    assert names == ["__Host-visitor", "__Host-staff", "__Host-csrf"]


def test_staff_need_a_second_step_wherever_the_site_is_no_demonstration(read):
    assert read(SITE_URL="https://help.example.org")["STAFF_MFA"] is True
    assert read()["STAFF_MFA"] is False
    assert read(STAFF_MFA="true")["STAFF_MFA"] is True


def test_a_proxys_word_for_https_counts_only_where_it_is_trusted(read):
    assert read(SITE_URL="https://help.example.org")["SECURE_PROXY_SSL_HEADER"] is None
    trusted = read(SITE_URL="https://help.example.org", TRUSTED_PROXY="true")
    assert trusted["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_sqlite_waits_for_its_turn_and_writes_through(read):
    database = read()["DATABASES"]["default"]
    assert database["NAME"] == str(ROOT / "var" / "db.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        assert pragma in database["OPTIONS"]["init_command"]


def test_postgresql_connections_are_kept_and_checked(read):
    database = read(DATABASE_URL="postgres://me:secret@db.example.org:5433/help")["DATABASES"]["default"]
    assert (database["ENGINE"], database["HOST"], database["PORT"]) == (
        "helpdesk.postgresql",
        "db.example.org",
        5433,
    )
    assert database["CONN_MAX_AGE"] == 600
    assert database["CONN_HEALTH_CHECKS"] is True


def test_a_redis_address_makes_the_cache_shared(read):
    assert read()["CACHES"]["default"]["BACKEND"].endswith("LocMemCache")
    assert read(CACHE_URL="redis://cache:6379/0")["CACHES"]["default"]["LOCATION"] == "redis://cache:6379/0"


def test_scripts_and_styles_come_from_this_site_only(read):
    directives = read()["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == directives["style-src"] == ["'self'"]
    assert directives["frame-ancestors"] == directives["base-uri"] == ["'none'"]
    assert not any("unsafe" in source for sources in directives.values() for source in sources)


BAD_MAIL = [
    ({"EMAIL_URL": "mail.example.org"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "http://mail.example.org"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "smtp://"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "smtp://mail.example.org:99999"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "smtp://mail.example.org/inbox"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "file://mail"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "file:///"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"SUPPORT_CASES_TO": "one@example.org, nobody"}, "SUPPORT_CASES_TO should hold e-mail addresses"),
    ({"MAIL_FROM": "Help desk"}, "MAIL_FROM should hold e-mail addresses"),
    ({"MAIL_FROM": "a@example.org\nBcc: b@example.org"}, "MAIL_FROM should hold e-mail addresses"),
    ({"MAIL_WORDS": "some"}, "MAIL_WORDS should be true or false."),
    ({"WEBHOOKS_WORDS": "some"}, "WEBHOOKS_WORDS should be true or false."),
    ({"WEBHOOKS_HTTP_ALLOWED": "some"}, "WEBHOOKS_HTTP_ALLOWED should be true or false."),
    ({"WEBHOOKS_PRIVATE_ALLOWED": "some"}, "WEBHOOKS_PRIVATE_ALLOWED should be true or false."),
    ({"DELIVERY_SECONDS": "soon"}, "DELIVERY_SECONDS should be a number of seconds."),
    ({"DELIVERY_SECONDS": "0"}, "DELIVERY_SECONDS should be at least 1."),
]


@pytest.mark.parametrize(
    ("environment", "line"), BAD_MAIL, ids=[" ".join(map("=".join, bad.items())) for bad, _ in BAD_MAIL]
)
def test_a_bad_setting_of_mail_or_webhooks_stops_the_start_with_its_line(read, environment, line):
    with pytest.raises(ImproperlyConfigured) as stopped:
        read(**environment)
    assert str(stopped.value).startswith(line)


def test_a_mail_server_is_read_from_its_address(read):
    settings = read(EMAIL_URL="smtp+tls://me%40example.org:p%3Ass@mail.example.org")
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    found = [settings[f"EMAIL_{name}"] for name in names]
    assert found == ["mail.example.org", 587, "me@example.org", "p:ss", True, False]
    assert settings["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert read(EMAIL_URL="smtps://mail.example.org")["EMAIL_USE_SSL"] is True


def test_no_line_repeats_the_mail_servers_password(read):
    with pytest.raises(ImproperlyConfigured) as stopped:
        read(EMAIL_URL="smtp://me:hunter2@mail.example.org:x")
    assert "hunter2" not in str(stopped.value)


def test_without_a_mail_server_mails_are_files_in_var(read):
    settings = read()
    assert settings["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    assert settings["EMAIL_FILE_PATH"] == str(ROOT / "var" / "mail")


def test_cases_go_to_the_support_address_unless_told_otherwise(read):
    assert read(SUPPORT_EMAIL="a@example.org")["SUPPORT_CASES_TO"] == ["a@example.org"]
    settings = read(SUPPORT_CASES_TO="b@example.org, c@example.org")
    assert settings["SUPPORT_CASES_TO"] == ["b@example.org", "c@example.org"]
    assert read(SUPPORT_EMAIL="", SUPPORT_CASES_TO="")["SUPPORT_CASES_TO"] == []


def test_nothing_personal_is_sent_and_nothing_inside_is_called_unless_told_so(read):
    settings = read()
    names = ("MAIL_WORDS", "WEBHOOKS_WORDS", "WEBHOOKS_HTTP_ALLOWED", "WEBHOOKS_PRIVATE_ALLOWED")
    assert [settings[name] for name in names] == [False] * 4
