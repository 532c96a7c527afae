"""The settings file: which line stops the start, and which cookies and headers follow from the address."""

import os
import re
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
    """Return a function that reads the settings file with only the given environment."""

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
    ({"SECRET_KEY": f"django-insecure-{'abcdefghij0123456789' * 3}"}, "SECRET_KEY is too short or too simple."),
    ({"DEBUG": "true", "SITE_URL": "https://help.example.org"}, "DEBUG shows the site's internals to everybody. Set"),
    ({"SITE_URL": "help.example.org"}, "SITE_URL should be an address such as https://help.example.org"),
    ({"SITE_URL": "ftp://help.example.org"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://help.example.org/help"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://help.example.org:99999"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://[::1"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://me:secret@help.example.org"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "http://help.example.org"}, "SITE_URL is http://help.example.org, but plain http is only for"),
    ({"SITE_URL": "http://192.168.1.5:8000"}, "SITE_URL is http://192.168.1.5:8000, but plain http is only for"),
    ({"SITE_URL": "https://*"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://*.example.org"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "https://.example.org"}, "SITE_URL should be an address such as"),
    ({"SITE_URL": "http://0.0.0.0:8000"}, "SITE_URL is http://0.0.0.0:8000, but plain http is only for"),
    ({"EXTRA_HOSTS": "*"}, "EXTRA_HOSTS should be host names separated by commas"),
    ({"EXTRA_HOSTS": "www.example.org,*"}, "EXTRA_HOSTS should be host names separated by commas"),
    ({"EXTRA_HOSTS": ".example.org"}, "EXTRA_HOSTS should be host names separated by commas"),
    ({"EXTRA_HOSTS": "*.example.org"}, "EXTRA_HOSTS should be host names separated by commas"),
    ({"EXTRA_HOSTS": "www.example.org:8443"}, "EXTRA_HOSTS should be host names separated by commas"),
    ({"EXTRA_HOSTS": "www example.org"}, "EXTRA_HOSTS should be host names separated by commas"),
    ({"EXTRA_HOSTS": "https://www.example.org"}, "EXTRA_HOSTS should be host names separated by commas"),
    ({"DATABASE_URL": "mysql://localhost/help"}, "DATABASE_URL should be an address such as postgres://"),
    ({"DATABASE_URL": "nothing"}, "DATABASE_URL should be an address such as postgres://"),
    ({"CACHE_URL": "memcached://localhost"}, "CACHE_URL should be locmem:// or an address such as redis://"),
    (
        {"DATABASE_URL": "sqlite:////data/db?init_command=PRAGMA synchronous=OFF"},
        "DATABASE_URL should name a file and no",
    ),
    ({"DATABASE_URL": "sqlite:////data/db?timeout=1"}, "DATABASE_URL should name a file and no options"),
    ({"DATABASE_URL": "sqlite://:memory:"}, "DATABASE_URL should name a file: a database in memory keeps nothing."),
    ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL should name a file: a database in memory keeps nothing."),
    ({"DATABASE_URL": "postgres://"}, "DATABASE_URL should name a database after the host"),
    ({"DATABASE_URL": "postgres://me@db:5432/"}, "DATABASE_URL should name a database after the host"),
    (
        {"DATABASE_URL": "postgres://db/help?options=-c synchronous_commit%3Doff"},
        "DATABASE_URL should leave synchronous_commit to the server",
    ),
    ({"CACHE_URL": "redis://"}, "CACHE_URL should be locmem:// or an address such as redis://"),
    ({"CACHE_URL": "redis://cache:port/0"}, "CACHE_URL should be locmem:// or an address such as redis://"),
    ({"CACHE_URL": "redis://cache:6379/first"}, "CACHE_URL should be locmem:// or an address such as redis://"),
    ({"CACHE_URL": "unix://"}, "CACHE_URL should be locmem:// or an address such as redis://"),
    ({"CACHE_URL": ""}, "CACHE_URL should be locmem:// or an address such as redis://"),
    ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN should be at least 20 random characters without spaces"),
    ({"METRICS_TOKEN": "twenty characters and spaces"}, "METRICS_TOKEN should be at least 20 random characters"),
    ({"RATE_BEGIN": "often"}, "RATE_BEGIN should be a rate such as “60 per hour”."),
    ({"KEEP_WORDS_DAYS": "0"}, "KEEP_WORDS_DAYS should be a number of days, at least 1."),
    ({"KEEP_FINISHED_DAYS": "long"}, "KEEP_FINISHED_DAYS should be a number of days, at least 1."),
    ({"TIME_ZONE": "Londinium"}, "TIME_ZONE should be a name such as Europe/London."),
    ({"PORT": "http"}, "PORT should be a number from 0 to 65535."),
    ({"PORT": "65536"}, "PORT should be a number from 0 to 65535."),
    ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY should be a number of processes, at least 1."),
    ({"LOG_FORMAT": "xml"}, "LOG_FORMAT should be line or json."),
    ({"ACCESS_LOG": "-"}, "ACCESS_LOG should be true or false."),
    (
        {"SUPORT_EMAIL": "a@example.org"},
        "SUPORT_EMAIL in the environment looks like a misspelling of SUPPORT",
    ),
    ({"SITE_URI": "https://help.example.org"}, "SITE_URI in the environment looks like a misspelling of SITE_URL."),
    ({"TRUST_PROXY": "true"}, "TRUST_PROXY in the environment looks like a misspelling of TRUSTED_PROXY."),
    ({"KEEP_WORD_DAYS": "1"}, "KEEP_WORD_DAYS in the environment looks like a misspelling of KEEP_WORDS_DAYS."),
    ({"debug": "true"}, "debug in the environment looks like a misspelling of DEBUG."),
    ({"ENV_FILE": "/nowhere/env"}, "ENV_FILE is /nowhere/env, and that file cannot be read."),
    ({"ENV_FILE": "/"}, "ENV_FILE is /, and that file cannot be read."),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL should be DEBUG, INFO, WARNING, ERROR or CRITICAL."),
]


@pytest.mark.parametrize(("environment", "line"), BAD, ids=[" ".join(map("=".join, bad.items())) for bad, _ in BAD])
def test_a_bad_setting_stops_the_start_with_its_line(read, environment, line):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(**environment)
    assert str(refusal.value).startswith(line)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "environment",
    [
        {"SECRET_KEY": "hunter2"},
        {"DATABASE_URL": "mysql://me:hunter2@localhost/help"},
        {"DATABASE_URL": "postgres://me:hunter2@db/help?options=-c synchronous_commit%3Doff"},
        {"CACHE_URL": "redis://:hunter2@cache:port/0"},
        {"METRICS_TOKEN": "hunter2"},
        {"SECRET_KEYS": "hunter2"},
    ],
)
def test_no_line_repeats_a_secret(read, environment):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(**environment)
    assert "hunter2" not in str(refusal.value)


BAD_FILES = [
    (
        "SUPORT_EMAIL=a@example.org",
        "SUPORT_EMAIL in the settings file is not a setting. Did you mean SUPPORT_EMAIL?",
    ),
    ("ALLOWED_HOST=help.example.org", "ALLOWED_HOST in the settings file is not a setting."),
    (
        "NEVER_HEARD_OF=1",
        "NEVER_HEARD_OF in the settings file is not a setting. docs/",
    ),
    ("DEBUG", "{file}, line 2, should be NAME=value."),
    ("what is this?", "{file}, line 2, should be NAME=value."),
    ("SUPPORT_PHONE='020 7946", "{file}, line 2, should be NAME=value."),
]


@pytest.mark.parametrize(("line", "message"), BAD_FILES, ids=[line for line, _ in BAD_FILES])
def test_an_unknown_name_or_an_invalid_line_in_the_file_stops_the_start(read, tmp_path, line, message):
    file = tmp_path / "env"
    file.write_text(f"LOG_LEVEL=INFO\n{line}\n")
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(ENV_FILE=str(file))
    assert str(refusal.value).startswith(message.format(file=file))
    assert "\n" not in str(refusal.value)


def test_for_a_name_from_other_projects_the_line_suggests_ours(read, tmp_path):
    file = tmp_path / "env"
    file.write_text("ALLOWED_HOSTS=help.example.org\n")
    with pytest.raises(ImproperlyConfigured, match="Did you mean EXTRA_HOSTS"):
        read(ENV_FILE=str(file))


def test_the_file_may_hold_comments_and_every_setting(read, tmp_path):
    file = tmp_path / "env"
    file.write_text("# A comment\n\nexport LOG_FORMAT=json\n")
    assert read(ENV_FILE=str(file))["LOG_FORMAT"] == "json"


def test_the_file_sets_the_address_and_the_processes_of_gunicorn(tmp_path):
    (tmp_path / "env").write_text(f"SECRET_KEY={KEY}\nHOST=127.0.0.2\nPORT=8123\nWEB_CONCURRENCY=3\n")
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": str(tmp_path / "env"), "STATIC_PLAIN": "true"}
    command = [sys.executable, "-m", "gunicorn", "--print-config", "helpdesk.wsgi"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    config = dict(re.findall(r"^(bind|workers) += (.*)$", result.stdout, re.MULTILINE))
    assert config == {"bind": "['127.0.0.2:8123']", "workers": "3"}


@pytest.mark.parametrize("name", ["GUNICORN_CMD_ARGS", "DJANGO_SETTINGS_MODULE"])
def test_a_variable_that_is_read_before_the_file_is_refused_in_it(read, tmp_path, name):
    (tmp_path / "env").write_text(f"{name}=x\n")
    with pytest.raises(ImproperlyConfigured, match=f"{name} in the settings file is not a setting"):
        read(ENV_FILE=str(tmp_path / "env"))


OTHER_NAMES = (
    "PATH HOME HOSTNAME USER MAIL EMAIL LANG TERM SHELL TZ PWD CI EDITOR DISPLAY LOGNAME INVOCATION_ID DATABASE"
)
OTHER_NAMES += (
    " REDIS_URL PGHOST POSTGRES_PASSWORD DATABASE_HOST SECRET_KEY_BASE LOG_DIR STATIC_ROOT MAIL_HOST MAIL_PORT"
)
OTHER_NAMES += " KUBERNETES_SERVICE_HOST SUPPORT_SERVICE_HOST CACHE_PORT HTTP_PROXY NO_PROXY DEBUGINFOD_URLS SITE"
OTHER_NAMES += " PORTS PORT0 METRICS_TOKEN_FILE SECRET_KEY_FILE"


def test_names_of_other_programs_in_the_environment_are_not_misspellings(read):
    assert read(**dict.fromkeys(OTHER_NAMES.split(), "x"))["DEBUG"] is False


# --- Every way to start it -------------------------------------------------------------------------------------------

STARTS = {
    "manage": ["manage.py", "check"],
    "gunicorn": ["-m", "gunicorn", "helpdesk.wsgi"],
    "another server": ["-c", "import helpdesk.wsgi"],
    "run": ["-m", "helpdesk.devserver", "--port", "8971"],
}


@pytest.mark.parametrize("start", STARTS)
def test_however_the_site_starts_a_bad_setting_is_one_line_without_a_traceback(start, tmp_path):
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": "", "SECRET_KEY": "hunter2"}
    result = subprocess.run([sys.executable, *STARTS[start]], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == (4 if start == "another server" else 1)  # with 4 gunicorn starts no new worker
    assert result.stderr.startswith("The settings are not right: SECRET_KEY is too short or too simple. Set it to")
    assert len(result.stderr.splitlines()) == 1


def test_gunicorn_stops_without_our_configuration_too():
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": ""}
    command = [sys.executable, "-m", "gunicorn", "-c", os.devnull, "--bind", "127.0.0.1:0", "helpdesk.wsgi"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
    assert result.returncode != 0
    assert "The settings are not right: SECRET_KEY is not set." in result.stderr
    assert "Traceback" not in result.stderr


# --- The values of settings ------------------------------------------------------------------------------------------


def test_every_setting_is_documented():
    from helpdesk import settings

    manual = "".join(file.read_text() for file in (ROOT / "docs").glob("*.md"))
    names = settings.env.dump()
    assert len(names) > 20
    assert [name for name in names if f"`{name}`" not in manual] == []


def test_a_key_in_the_file_is_enough_and_the_environment_wins(read, tmp_path):
    file = tmp_path / "env"
    file.write_text(f"SECRET_KEY={KEY}-file\nSUPPORT_PHONE=1\n")
    settings = read(ENV_FILE=str(file), SUPPORT_PHONE="2")
    assert settings["SUPPORT_PHONE"] == "2"
    assert settings["SECRET_KEY"] == KEY  # which `read` puts into the environment


def test_debug_is_off_by_default(read):
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


def test_staff_need_a_second_step_unless_the_site_is_a_demonstration(read):
    assert read(SITE_URL="https://help.example.org")["STAFF_MFA"] is True
    assert read()["STAFF_MFA"] is False
    assert read(STAFF_MFA="true")["STAFF_MFA"] is True


def test_former_keys_are_separated_by_commas(read):
    assert read()["SECRET_KEY_FALLBACKS"] == []
    assert read(SECRET_KEY_FALLBACKS="one,other,")["SECRET_KEY_FALLBACKS"] == ["one", "other"]


def test_the_header_of_a_proxy_for_https_counts_only_if_it_is_trusted(read):
    assert read(SITE_URL="https://help.example.org")["SECURE_PROXY_SSL_HEADER"] is None
    trusted = read(SITE_URL="https://help.example.org", TRUSTED_PROXY="true")
    assert trusted["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_sqlite_waits_for_locks_and_writes_synchronously(read):
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
    assert read(CACHE_URL="LOCMEM://")["CACHES"] == read()["CACHES"]
    assert read(CACHE_URL="Redis://cache:6379/0")["CACHES"]["default"]["LOCATION"] == "redis://cache:6379/0"
    assert read(CACHE_URL="redis://cache:6379/0")["CACHES"]["default"]["LOCATION"] == "redis://cache:6379/0"


def test_scripts_and_styles_come_from_this_site_only(read):
    directives = read()["CONTENT_SECURITY_POLICY"]
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert not any("unsafe" in sources for sources in directives.values())


BAD_MAIL = [
    ({"EMAIL_URL": "mail.example.org"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "http://mail.example.org"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "smtp://"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "smtp://mail.example.org:99999"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "smtp://mail.example.org/inbox"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "file://mail"}, "EMAIL_URL should be an address such as smtp+tls://"),
    ({"EMAIL_URL": "file:///"}, "EMAIL_URL should be an address such as smtp+tls://"),
    (
        {"SUPPORT_CASES_TO": "one@example.org, nobody"},
        "SUPPORT_CASES_TO should be e-mail addresses separated by commas.",
    ),
    ({"SUPPORT_EMAIL": "notmail"}, "SUPPORT_EMAIL should be e-mail addresses separated by commas."),
    (
        {"SUPPORT_EMAIL": "notmail", "SUPPORT_CASES_TO": "a@example.org", "MAIL_FROM": "a@example.org"},
        "SUPPORT_EMAIL should be e-mail addresses separated by commas.",
    ),
    ({"MAIL_FROM": "Help desk"}, "MAIL_FROM should be e-mail addresses separated by commas."),
    ({"MAIL_FROM": "a@example.org\nBcc: b@example.org"}, "MAIL_FROM should be e-mail addresses separated by commas."),
    ({"MAIL_WORDS": "some"}, "MAIL_WORDS should be true or false."),
    ({"WEBHOOKS_WORDS": "some"}, "WEBHOOKS_WORDS should be true or false."),
    ({"WEBHOOKS_HTTP_ALLOWED": "some"}, "WEBHOOKS_HTTP_ALLOWED should be true or false."),
    ({"WEBHOOKS_PRIVATE_ALLOWED": "some"}, "WEBHOOKS_PRIVATE_ALLOWED should be true or false."),
    ({"DELIVERY_SECONDS": "soon"}, "DELIVERY_SECONDS should be a number of seconds, at least 1."),
    ({"DELIVERY_SECONDS": "0"}, "DELIVERY_SECONDS should be a number of seconds, at least 1."),
]


@pytest.mark.parametrize(
    ("environment", "line"), BAD_MAIL, ids=[" ".join(map("=".join, bad.items())) for bad, _ in BAD_MAIL]
)
def test_a_bad_setting_of_mail_or_webhooks_stops_the_start_with_its_line(read, environment, line):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(**environment)
    assert str(refusal.value).startswith(line)


def test_a_mail_server_is_read_from_its_address(read):
    settings = read(EMAIL_URL="smtp+tls://me%40example.org:p%3Ass@mail.example.org")
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    values = [settings[f"EMAIL_{name}"] for name in names]
    assert values == ["mail.example.org", 587, "me@example.org", "p:ss", True, False]
    assert settings["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert read(EMAIL_URL="smtps://mail.example.org")["EMAIL_USE_SSL"] is True


def test_no_line_repeats_the_mail_servers_password(read):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(EMAIL_URL="smtp://me:hunter2@mail.example.org:x")
    assert "hunter2" not in str(refusal.value)


def test_without_a_mail_server_mails_are_written_to_var(read):
    settings = read()
    assert settings["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    assert settings["EMAIL_FILE_PATH"] == str(ROOT / "var" / "mail")


def test_cases_go_to_the_support_address_by_default(read):
    assert read(SUPPORT_EMAIL="a@example.org")["SUPPORT_CASES_TO"] == ["a@example.org"]
    settings = read(SUPPORT_CASES_TO="b@example.org, c@example.org")
    assert settings["SUPPORT_CASES_TO"] == ["b@example.org", "c@example.org"]
    assert read(SUPPORT_EMAIL="", SUPPORT_CASES_TO="")["SUPPORT_CASES_TO"] == []


def test_by_default_no_personal_data_is_sent_and_no_internal_address_is_called(read):
    settings = read()
    names = ("MAIL_WORDS", "WEBHOOKS_WORDS", "WEBHOOKS_HTTP_ALLOWED", "WEBHOOKS_PRIVATE_ALLOWED")
    assert [settings[name] for name in names] == [False] * 4
