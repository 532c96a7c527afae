"""The commands that read, check and write wizards."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import connection
from hypothesis import HealthCheck, given, settings

from tests.examples import examples
from tests.graphs import graph
from tests.strategies import documents
from wizards import flow, publishing
from wizards.models import Choice, Node, Procedure, Version, Wizard

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[1]
FIXTURES = sorted((ROOT / "fixtures").glob("*.yaml"))
TOY = graph("q? yes:ok no:do", "do[press] worked:ok failed:q blocked:ok", "ok = solved", "press: hold release")


@pytest.fixture
def run(capsys):
    """Give a function that runs a command and returns what it prints."""
    publishing.document_of.cache_clear()

    def call(name: str, *arguments: object) -> str:
        capsys.readouterr()
        call_command(name, *map(str, arguments))
        return capsys.readouterr().out

    return call


@pytest.fixture
def save(tmp_path):
    """Give a function that saves a document (or any text) as a file and returns its path."""

    def write(name: str, content: flow.Document | str) -> Path:
        path = tmp_path / name
        form = "json" if name.endswith(".json") else "yaml"
        path.write_text(content if isinstance(content, str) else flow.dump_document(content, form), encoding="utf-8")
        return path

    return write


def all_rows() -> list[list[tuple]]:
    """Return every row of every table of wizards."""
    tables = [table for table in connection.introspection.table_names() if table.startswith("wizards_")]
    with connection.cursor() as cursor:
        rows = []
        for table in sorted(tables):
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            rows.append(cursor.fetchall())
        return rows


# --- load_wizards -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["toy.yaml", "toy.yml", "toy.json"])
def test_a_good_file_is_loaded_and_published(run, save, name):
    assert run("load_wizards", save(name, TOY)) == f"toy: published as version 1, {TOY.content_hash()[:12]}\n"
    version = publishing.current_version("toy")
    assert publishing.document_of(version.pk) == TOY
    assert Version.objects.get().note == f"Loaded from {name}"


def test_the_same_files_again_change_nothing(run, save):
    path = save("toy.yaml", TOY)
    run("load_wizards", path)
    before = all_rows()
    assert run("load_wizards", path) == f"toy: unchanged, version 1, {TOY.content_hash()[:12]}\n"
    assert all_rows() == before


def test_the_fixtures_load_and_load_again_unchanged(run):
    assert run("load_wizards", ROOT / "fixtures").count("published as version 1") == len(FIXTURES) == 3
    before = all_rows()
    assert run("load_wizards", *reversed(FIXTURES)).count("unchanged, version 1") == 3
    assert all_rows() == before


def test_a_changed_file_is_published_as_the_next_version(run, save):
    run("load_wizards", save("toy.yaml", TOY))
    changed = graph("q? yes:ok no:ok", "ok = solved")
    assert "published as version 2" in run("load_wizards", save("toy.yaml", changed))
    assert publishing.compile_draft(Wizard.objects.get()) == changed


def test_a_changed_draft_is_overwritten_by_the_file(run, save):
    path = save("toy.yaml", TOY)
    run("load_wizards", path)
    Choice.objects.filter(key="yes").update(label="Changed in the admin")
    assert "unchanged, version 1" in run("load_wizards", path)
    assert publishing.compile_draft(Wizard.objects.get()) == TOY


def test_an_invalid_file_is_reported_with_its_line_and_nothing_is_changed(run, save):
    run("load_wizards", save("toy.yaml", TOY))
    before = all_rows()
    good = save("good.yaml", graph("ok = advice", slug="good"))
    bad = save("toy.yaml", flow.dump_document(TOY).replace("to: ok", "to: gone", 1))
    line = bad.read_text().splitlines().index("        to: gone") + 1
    with pytest.raises(CommandError) as refused:
        run("load_wizards", good, bad)
    assert str(refused.value).splitlines() == [
        f"{bad}:{line}: node q: “Choose yes” leads to “gone”, and there is no such node."
        " Correct the id, or add the node.",
        "Nothing was changed.",
    ]
    assert all_rows() == before


@pytest.mark.parametrize("content", ["", "a: [", "format: 1\nformat: 1", "\x00", "- 1"])
def test_every_invalid_file_is_reported_with_its_name(run, save, content):
    path = save("bad.yaml", content)
    with pytest.raises(CommandError, match=r"bad\.yaml:\d+: .*\nNothing was changed\."):
        run("load_wizards", path)
    assert not Wizard.objects.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.yaml", "missing.yaml: there is no such file."),
        ("notes.txt", "notes.txt: is neither .yaml, .yml nor .json."),
        ("empty", "empty: contains no .yaml, .yml or .json file."),
    ],
)
def test_a_path_without_a_wizard_is_reported(run, tmp_path, name, message):
    (tmp_path / "notes.txt").write_text("Notes.")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError) as refused:
        run("load_wizards", tmp_path / name)
    assert message in str(refused.value)


def test_two_files_with_one_slug_are_refused(run, save):
    first, second = save("a.yaml", TOY), save("b.json", TOY)
    with pytest.raises(CommandError, match=r"b\.json: the slug “toy” is also that of .*a\.yaml"):
        run("load_wizards", first, second)
    assert not Wizard.objects.exists()


def test_two_files_that_word_a_shared_procedure_differently_are_refused(run, save):
    lines = ("do[press] worked:ok failed:ok blocked:ok", "ok = solved")
    first = save("a.yaml", graph(*lines, "press: hold", slug="a"))
    second = save("b.yaml", graph(*lines, "press: push", slug="b"))
    with pytest.raises(CommandError, match=r"b\.yaml: procedure “press” is worded differently in .*a\.yaml"):
        run("load_wizards", first, second)
    assert not Procedure.objects.exists()


def test_a_failure_halfway_changes_nothing_at_all(run, save, monkeypatch):
    publish = publishing.publish

    def fail(wizard, **arguments):
        if wizard.slug == "b":
            raise RuntimeError("the disk is full")
        return publish(wizard, **arguments)

    monkeypatch.setattr(publishing, "publish", fail)
    paths = [save(f"{slug}.yaml", graph("ok = advice", slug=slug)) for slug in "ab"]
    with pytest.raises(RuntimeError):
        run("load_wizards", *paths)
    assert not Wizard.objects.exists()


# --- dump_wizard ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_load_dump_load_gives_the_same_hash(run, save, path, form):
    run("load_wizards", path)
    version = Version.objects.get()
    dumped = save(f"dumped.{form}", run("dump_wizard", path.stem, "--format", form))
    assert flow.parse_valid_document(dumped.read_bytes(), form).content_hash() == version.content_hash
    assert run("load_wizards", dumped) == f"{path.stem}: unchanged, version 1, {version.content_hash[:12]}\n"


@settings(max_examples=examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=documents())
def test_load_dump_load_gives_the_same_hash_for_any_document(run, save, document):
    publishing.import_document(document)
    dumped = {form: run("dump_wizard", "toy", "--format", form) for form in ("yaml", "json")}
    assert {flow.parse_document(text, form).content_hash() for form, text in dumped.items()} == {
        document.content_hash()
    }


def test_the_draft_is_dumped_and_with_version_the_version(run, save):
    run("load_wizards", save("toy.yaml", TOY))
    Node.objects.filter(key="ok").update(title="Changed")
    assert "Changed" in run("dump_wizard", "toy")
    assert flow.parse_document(run("dump_wizard", "toy", "--version", "1")) == TOY
    assert json.loads(run("dump_wizard", "toy", "--version", 1, "--format", "json")) == TOY.plain()


def test_a_missing_wizard_or_version_is_reported(run, save):
    with pytest.raises(CommandError, match=r"There is no wizard “toy”\. Available: none yet\."):
        run("dump_wizard", "toy")
    run("load_wizards", save("toy.yaml", TOY))
    with pytest.raises(CommandError, match=r"There is no wizard “tyo”\. Available: toy\."):
        run("dump_wizard", "tyo")
    with pytest.raises(CommandError, match=r"toy has no version 2\. Available: 1\."):
        run("dump_wizard", "toy", "--version", "2")


def test_previews_are_no_versions_to_choose_from(run, save):
    run("load_wizards", save("toy.yaml", TOY))
    publishing.create_preview(Wizard.objects.get(), "q")
    with pytest.raises(CommandError, match=r"Available: 1\."):
        run("dump_wizard", "toy", "--version", "2")


def test_a_wizard_that_was_never_published_has_no_version(run):
    Wizard.objects.create(slug="draft", title="Draft")
    with pytest.raises(CommandError, match=r"draft has no version 1\. Available: none yet\."):
        run("dump_wizard", "draft", "--version", "1")


# --- check_wizards ----------------------------------------------------------------------------------------------

GOOD = """\
format: 1
slug: toy
title: Toy
sources:
  - {id: F1, fact: It has a lamp}
symptoms:
  - {id: s, label: It does not work, to: why}
nodes:
  - id: why
    kind: diagnosis
    title: Why
    causes:
      - {id: loose, label: Loose, procedure: press}
      - {id: worn, label: Worn, procedure: press}
    worked: ok
    failed: ok
  - id: ok
    kind: outcome
    result: solved
    title: It works
procedures:
  - id: press
    title: Press
    steps:
      - {id: hold, title: Hold}
"""
LOOSE, WORN = GOOD.splitlines(keepends=True)[12:14]


def test_files_without_errors_pass(run, save):
    assert run("check_wizards", save("toy.yaml", GOOD), save("other.yaml", TOY)) == "2 wizards, no errors\n"


def test_the_fixtures_have_no_faults_at_all(run):
    assert run("check_wizards", ROOT / "fixtures") == "3 wizards, no errors\n"


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("    worked: ok\n", "    worked: gone\n", 15, "“It worked” leads to “gone”, and there is no such node."),
        ("    failed: ok\n", "", 9, "leads nowhere."),
        ("to: why", "to: who", 7, "“It does not work” leads to “who”"),
        ("    worked: ok\n    failed: ok\n", "    worked: why\n    failed: why\n", 9, "nobody can reach an outcome."),
        ("label: Worn", "label: loose", 14, "Two entries are both labelled “loose”"),
        ("title: Why", "title: ''", 11, "This node has no title."),
        ("label: Worn, ", "", 14, "A cause has no label."),
        ("title: Toy", "title: ' '", 3, "The wizard has no title."),
        (f"{LOOSE}{WORN}", "      []\n", 12, "This diagnosis has no causes."),
        ("label: Worn, procedure: press", "label: Worn, procedure: gone", 14, "There is no procedure “gone”."),
        ("title: It works", "title: It works\n    sources: [F1, F2]", 21, "It cites “F2”"),
        ("{id: hold, title: Hold}", "{id: hold, title: Hold, sources: [F2]}", 25, "procedure press: It cites “F2”"),
        ("result: solved", "result: done", 19, "nodes › 2 (ok) › result"),
    ],
    ids=lambda value: value if isinstance(value, int) else "",
)  # fmt: skip
def test_each_fault_is_reported_with_its_line(run, save, old, new, line, expected):
    assert GOOD.count(old) == 1
    path = save("toy.yaml", GOOD.replace(old, new))
    with pytest.raises(CommandError) as refused:
        run("check_wizards", path)
    assert any(each.startswith(f"{path}:{line}: ") and expected in each for each in str(refused.value).splitlines())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "procedures:",
            "  - {id: x, kind: outcome, result: advice, title: X}\nprocedures:",
            "node x: No symptom and no",
        ),
        (
            "{id: hold, title: Hold}",
            "{id: a, title: A}\n  - {id: b, title: B, steps: [{id: c, title: C}]}",
            "procedure b: N",
        ),
    ],
    ids=["unreachable", "unused"],
)
def test_a_warning_is_reported_and_passes(run, save, old, new, expected):
    path = save("toy.yaml", GOOD.replace(old, new))
    assert f"{path}: warning: {expected}" in run("check_wizards", path)


def test_without_a_path_the_drafts_are_checked(run, save):
    run("load_wizards", save("toy.yaml", TOY))
    assert run("check_wizards") == "1 wizards, no errors\n"
    Node.objects.filter(key="ok").delete()
    with pytest.raises(CommandError, match=r"toy: error: node q: “Choose yes” leads nowhere\."):
        run("check_wizards")


def test_checking_changes_nothing(run, save):
    before = all_rows()
    run("check_wizards", save("toy.yaml", GOOD))
    assert all_rows() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tend", "run_maintenance"),
        ("keep", "purge_expired"),
        ("deliver", "run_deliveries"),
        ("person", "personal_data"),
        ("make_sessions", "create_demo_sessions"),
        ("seal_secrets", "reencrypt_secrets"),
    ],
)
def test_a_command_under_its_old_name_works_and_names_the_new_one(old, new, capsys, monkeypatch):
    done = []
    command = load_command_class(get_commands()[old], old)
    assert isinstance(command, type(load_command_class(get_commands()[new], new)))
    monkeypatch.setattr(type(command), "handle", lambda self, *args, **options: done.append(options))
    arguments = ["find", "abcd"] if old == "person" else ["1"] if old == "make_sessions" else []
    call_command(command, *arguments)
    assert len(done) == 1
    assert capsys.readouterr().err == f"{old} is called {new} now. The old name works until version 2.\n"


@pytest.mark.once
def test_a_closed_error_output_leaves_the_output_of_an_old_name_clean():
    command = f"exec {shlex.quote(sys.executable)} manage.py person --help 2>&-"
    result = subprocess.run(["sh", "-c", command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert result.stdout.startswith("usage: manage.py person")
    script = "import sys; sys.stderr = None; from django.core.management import call_command; import django; "
    script += "django.setup(); from wizards.management.commands import keep; "
    script += "keep.Command.handle = lambda self, **options: None; call_command('keep')"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert result.stdout == ""
