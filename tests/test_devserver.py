"""The start of the site: what it creates once, what it keeps, and what stops it."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError

from helpdesk import devserver
from tests.graphs import graph
from wizards.models import Version, Wizard

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def environment(monkeypatch):
    """Restore the environment and the umask after the test."""
    before, mask = dict(os.environ), os.umask(0o022)
    yield os.environ
    os.environ.clear()
    os.environ.update(before)
    os.umask(mask)


@pytest.fixture
def static(settings, tmp_path):
    """Return the only static file of the site."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "site.css").write_text("a { color: red }")
    settings.STATIC_PLAIN, settings.VAR_DIR, settings.STATIC_ROOT = False, tmp_path, tmp_path / "static"
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    return source / "site.css"


@pytest.mark.parametrize("words", ["", "0", "65536", "-1", "http", "8000 ", "²", "8000.0"])
def test_an_invalid_port_is_refused(words):
    with pytest.raises(devserver.CannotStartError, match="PORT should be a number from 1 to 65535"):
        devserver.parse_port(words)


def test_a_port_in_use_stops_the_start_before_anything_is_prepared(tmp_path):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        command = [sys.executable, "-m", "helpdesk.devserver", "--port", str(port)]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert (
        result.stderr == f"Port {port} is in use. Stop what listens there, or use another: make run PORT={port + 1}\n"
    )
    assert result.stdout == ""


def test_the_first_start_makes_a_key_that_only_its_owner_reads(tmp_path, environment):
    devserver.prepare_environment(tmp_path / "var", 8123)
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "var" / "env").stat().st_mode & 0o777 == 0o600
    name, _, key = (tmp_path / "var" / "env").read_text().splitlines()[-1].partition("=")
    assert name == "SECRET_KEY"
    assert len(key) >= 50


def test_the_next_start_keeps_the_key(tmp_path, environment):
    devserver.prepare_environment(tmp_path / "var", 8123)
    before = (tmp_path / "var" / "env").read_bytes()
    devserver.prepare_environment(tmp_path / "var", 8123)
    assert (tmp_path / "var" / "env").read_bytes() == before


def test_a_folder_that_others_could_read_is_made_private(tmp_path, environment):
    (tmp_path / "var").mkdir(mode=0o755)
    devserver.prepare_environment(tmp_path / "var", 8123)
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_the_address_follows_from_the_port_unless_one_is_set(tmp_path, environment):
    environment.pop("SITE_URL")
    devserver.prepare_environment(tmp_path / "var", 8123)
    assert (environment["SITE_URL"], environment["HOST"], environment["PORT"]) == (
        "http://127.0.0.1:8123",
        "127.0.0.1",
        "8123",
    )
    environment["SITE_URL"] = "https://help.example.org"
    devserver.prepare_environment(tmp_path / "var", 8124)
    assert environment["SITE_URL"] == "https://help.example.org"


def test_the_address_can_stand_in_the_file(tmp_path, environment):
    environment.pop("SITE_URL")
    (tmp_path / "env").write_text("SITE_URL=http://localhost:8123\n")
    devserver.prepare_environment(tmp_path, 8123)
    assert environment["SITE_URL"] == "http://localhost:8123"


def test_static_files_are_collected_compressed_and_hashed(static, settings):
    static.write_text("a { color: red }" * 100)
    devserver.collect_static()
    collected = {re.sub(r"[0-9a-f]{12}", "HASH", file.name) for file in settings.STATIC_ROOT.iterdir()}
    assert collected == {"staticfiles.json", "site.HASH.css", "site.HASH.css.br", "site.HASH.css.gz"}


def test_static_files_are_not_collected_again_unless_one_changed(static, settings, monkeypatch):
    devserver.collect_static()
    calls = []
    monkeypatch.setattr("django.core.management.call_command", lambda *words, **options: calls.append(words))
    devserver.collect_static()
    assert calls == []
    static.write_text("a { color: rebeccapurple }")
    devserver.collect_static()
    assert calls == [("collectstatic",)]


def test_compressing_is_announced_only_when_it_happens(static, capsys):
    devserver.collect_static()
    assert capsys.readouterr().out == "Compressing the static files\n"
    devserver.collect_static()
    assert capsys.readouterr().out == ""


def test_static_files_that_were_deleted_are_collected_again(static, settings):
    devserver.collect_static()
    (settings.STATIC_ROOT / "staticfiles.json").unlink()
    devserver.collect_static()
    assert (settings.STATIC_ROOT / "staticfiles.json").exists()


@pytest.fixture
def fixtures(settings, tmp_path, monkeypatch, db):
    """Return a function that writes a wizard into a folder of fixtures, which starts empty."""
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(devserver, "ROOT", tmp_path)
    (tmp_path / "fixtures").mkdir()

    def write(name, title):
        document = graph("q? yes:ok no:ok", "ok = solved", slug=name).model_dump(mode="json", exclude_defaults=True)
        (tmp_path / "fixtures" / f"{name}.yaml").write_text(json.dumps({"format": 1} | document | {"title": title}))

    return write


def titles():
    return dict(Wizard.objects.values_list("slug", "title"))


def test_the_first_start_publishes_the_wizards(fixtures):
    fixtures("one", "First")
    devserver.load_fixtures()
    assert [wizard.current.number for wizard in Wizard.objects.all()] == [1]


def test_the_next_start_keeps_what_editors_changed(fixtures):
    fixtures("one", "First")
    devserver.load_fixtures()
    Wizard.objects.update(title="Edited")
    devserver.load_fixtures()
    assert titles() == {"one": "Edited"}


def test_the_next_start_loads_only_the_files_that_changed(fixtures):
    fixtures("one", "First")
    fixtures("two", "Second")
    devserver.load_fixtures()
    Wizard.objects.filter(slug="two").update(title="Edited")
    fixtures("one", "Mended")
    devserver.load_fixtures()
    assert titles() == {"one": "Mended", "two": "Edited"}


def test_a_new_database_gets_the_wizards_again(fixtures):
    fixtures("one", "First")
    devserver.load_fixtures()
    Wizard.objects.update(current=None)
    Version.objects.all().delete()
    Wizard.objects.all().delete()
    devserver.load_fixtures()
    assert titles() == {"one": "First"}


def test_a_bad_file_stops_the_start_and_is_tried_again(fixtures, tmp_path):
    fixtures("one", "First")
    devserver.load_fixtures()
    (tmp_path / "fixtures" / "bad.yaml").write_text("format: 1\nslug: [\n")
    for _ in range(2):
        with pytest.raises(CommandError, match=r"bad\.yaml"):
            devserver.load_fixtures()


def test_a_stamp_remembers_its_lines(tmp_path):
    stamp = devserver.Stamp(tmp_path / "stamp")
    assert stamp.read() == set()
    stamp.write({"b", "a"})
    assert stamp.read() == {"a", "b"}


def test_a_fingerprint_changes_with_what_a_file_holds(tmp_path):
    file = tmp_path / "file"
    file.write_text("a")
    before = devserver.fingerprint([file]), devserver.fingerprint([file], content=False)
    file.write_text("bb")
    assert devserver.fingerprint([file]) != before[0]
    assert devserver.fingerprint([file], content=False) != before[1]
