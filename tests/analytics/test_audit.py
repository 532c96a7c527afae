"""`audit.find_violations` finds every broken promise of the log that a change in the database can cause."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from tests.versions import publish
from tests.walks import TOY
from wizards import journal, publishing
from wizards.analytics import audit
from wizards.models import Event, Session, Version, Words

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    """A long session in good order, beside another one that no test changes."""
    version = publish(TOY)
    journal.answer(Session.objects.filter(pk=journal.begin(version, "s", "other").pk), 1, "yes")
    session = journal.begin(version, "s", "visitor")
    mine = Session.objects.filter(pk=session.pk)
    for answer_id in ("no", "stuck", "failed", "lost", "confirm"):
        session = journal.answer(mine, session.count, answer_id)
    journal.remark(mine, 2, "Words.")
    journal.back(mine, 7)
    journal.request_help(mine)
    session = journal.answer(mine, 1, "yes")
    return journal.feedback(mine, session.count, "no", "Nothing helped.")


def run_audit() -> str:
    """Run the audit, and check that the command fails with its first violation."""
    lines = list(audit.find_violations())
    if lines:
        with pytest.raises(CommandError) as ended:
            call_command("audit_log")
        assert str(ended.value) == f"The log is broken. {lines[0]}"
    return "\n".join(lines)


def events(session: Session):
    return Event.objects.filter(session=session)


def test_a_sound_log_has_no_violations(session, capsys):
    assert run_audit() == ""
    call_command("audit_log")
    assert capsys.readouterr().out == "2 sessions, 16 events: no violations found\n"


def test_an_empty_database_has_no_violations(capsys):
    call_command("audit_log")
    assert capsys.readouterr().out == "0 sessions, 0 events: no violations found\n"


@pytest.mark.parametrize("number", range(1, 14))
def test_a_missing_event_is_found(session, number):
    assert session.count == 13
    events(session).get(number=number).delete()
    assert session.code in run_audit()


def test_a_missing_event_is_reported_as_a_gap(session):
    events(session).get(number=3).delete()
    assert f"session {session.code}: 12 events are numbered 1 to 13, which leaves a gap" in run_audit()


def test_a_missing_log_is_found(session):
    events(session).delete()
    assert f"session {session.code}: event 1: the log is empty" in run_audit()


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (1, {"answer": "t"}),
        (2, {"answer": "yes"}),
        (2, {"answer": "forged"}),
        (2, {"node": "why"}),
        (3, {"offered": ["stuck", "worn", "loose", "lost"]}),
        (3, {"offered": []}),
        (3, {"offered": 7}),
        (4, {"cause": "loose"}),
        (4, {"step": "release"}),
        (4, {"kind": "back"}),
        (4, {"kind": "nonsense"}),
        (7, {"to": 3}),
        (7, {"to": None}),
        (8, {"to": 99}),
        (8, {"kind": "remark"}),
        (11, {"kind": "help"}),
        (12, {"answer": "unsolved"}),
        (13, {"answer": "maybe"}),
        (13, {"number": 14}),
        (13, {"number": 0}),
    ],
    ids=str,
)
def test_an_event_changed_is_found(session, number, change):
    assert events(session).filter(number=number).update(**change)
    assert session.code in run_audit()


def test_the_first_broken_event_is_named(session):
    events(session).filter(number=4).update(answer="forged")
    assert f"session {session.code}: event 4: illegal move" in run_audit()


def test_an_event_appended_is_found(session):
    Event.objects.create(session=session, number=14, at=session.seen_at, kind="back", node="ok", to=1)
    assert f"session {session.code}: its row says count is 13, its log says 14" in run_audit()


def test_an_event_earlier_than_the_one_before_is_found(session):
    events(session).filter(number=5).update(at=session.begun_at - timedelta(seconds=1))
    assert f"session {session.code}: an event is earlier than the one before it" in run_audit()


@pytest.mark.parametrize(
    "change",
    [
        {"count": 11},
        {"status": "open"},
        {"status": "unsolved"},
        {"node": "why"},
        {"cause": "stuck"},
        {"step": "hold"},
        {"tried": [["stuck", "failed"]]},
        {"symptom": "t"},
    ],
    ids=str,
)
def test_a_row_that_differs_from_its_log_is_found(session, change):
    Session.objects.filter(pk=session.pk).update(**change)
    [name] = change
    assert f"session {session.code}: its row says {name} is {change[name]!r}, its log says" in run_audit()


@pytest.mark.parametrize("name", ["begun_at", "seen_at"])
def test_a_row_with_a_wrong_time_is_found(session, name):
    Session.objects.filter(pk=session.pk).update(**{name: session.begun_at - timedelta(days=1)})
    assert f"session {session.code}: its row says {name} is" in run_audit()


def test_a_version_with_a_wrong_hash_is_found(session):
    Version.objects.update(content_hash="0" * 64)
    assert "version toy v1: the document does not match its content hash" in run_audit()


CHANGES = [("Question q?", "Question r?"), ('"format":1', '"format": 1'), ("{", ""), ("1", "2")]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_version_with_a_changed_document_is_found(session, change):
    text = Version.objects.get().document
    assert change[0] in text
    Version.objects.update(document=text.replace(*change, 1))
    publishing.document_of.cache_clear()  # as in a new process
    assert "version toy v1: the document does not match its content hash" in run_audit()


def test_erased_words_are_no_violation(session):
    assert Words.objects.count() == 2
    Words.objects.all().delete()
    assert run_audit() == ""


def test_one_broken_session_does_not_hide_another(session):
    Session.objects.update(count=1)
    assert run_audit().count("its row says count is 1") == 2


def test_a_session_that_continues_during_the_audit_is_no_violation(session, monkeypatch):
    real, waiting = journal.rebuild_row, [session]

    def rebuilt(row):
        if waiting:
            journal.back(Session.objects.filter(pk=waiting.pop().pk), session.count)
        return real(row)

    monkeypatch.setattr(journal, "rebuild_row", rebuilt)
    assert list(audit.find_violations()) == []
    assert not waiting


def test_a_session_deleted_during_the_audit_is_no_violation(session, monkeypatch):
    real = journal.rebuild_row

    def rebuilt(row):
        journal.delete_sessions(Session.objects.filter(pk=session.pk))
        return real(row)

    monkeypatch.setattr(journal, "rebuild_row", rebuilt)
    assert session.code not in "\n".join(audit.find_violations())
    assert not Session.objects.filter(pk=session.pk).exists()


def test_a_version_row_with_a_wrong_language_is_found(session):
    Version.objects.filter(pk=session.version_id).update(language="de")
    assert "its row says language is 'de', its document says 'en'" in run_audit()


def test_the_migration_reads_the_languages_of_existing_versions(db):
    version = publish(TOY.model_copy(update={"language": "de"}))
    Version.objects.update(language="en")
    import_module("wizards.migrations.0015_version_languages").read(apps, None)
    version.refresh_from_db()
    assert version.language == "de"
