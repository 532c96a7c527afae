"""`audit.breaks` finds every promise of the log that a hand in the database has broken."""

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
    """A long session in good order, with another one beside it that nobody touches."""
    version = publish(TOY)
    journal.answer(Session.objects.filter(pk=journal.begin(version, "s", "other").pk), 1, "yes")
    session = journal.begin(version, "s", "visitor")
    mine = Session.objects.filter(pk=session.pk)
    for given in ("no", "stuck", "failed", "lost", "confirm"):
        session = journal.answer(mine, session.count, given)
    journal.remark(mine, 2, "Words.")
    journal.back(mine, 7)
    journal.request_help(mine)
    session = journal.answer(mine, 1, "yes")
    return journal.feedback(mine, session.count, "no", "Nothing helped.")


def found() -> str:
    """Return what the audit finds, and hold that the command ends with an error that says the first of it."""
    lines = list(audit.find_violations())
    if lines:
        with pytest.raises(CommandError) as ended:
            call_command("audit_log")
        assert str(ended.value) == f"The log is broken. {lines[0]}"
    return "\n".join(lines)


def events(session: Session):
    return Event.objects.filter(session=session)


def test_a_sound_log_has_no_breaks(session, capsys):
    assert found() == ""
    call_command("audit_log")
    assert capsys.readouterr().out == "2 sessions, 16 events: every promise holds\n"


def test_an_empty_database_has_no_breaks(capsys):
    call_command("audit_log")
    assert capsys.readouterr().out == "0 sessions, 0 events: every promise holds\n"


@pytest.mark.parametrize("number", range(1, 14))
def test_an_event_taken_out_is_found(session, number):
    assert session.count == 13
    events(session).get(number=number).delete()
    assert session.code in found()


def test_an_event_taken_out_leaves_a_gap_which_is_told(session):
    events(session).get(number=3).delete()
    assert f"session {session.code}: 12 events are numbered 1 to 13, which leaves a gap" in found()


def test_the_whole_log_taken_out_is_found(session):
    events(session).delete()
    assert f"session {session.code}: event 1: the log is empty" in found()


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
    assert session.code in found()


def test_the_first_broken_event_is_named(session):
    events(session).filter(number=4).update(answer="forged")
    assert f"session {session.code}: event 4: illegal move" in found()


def test_an_event_added_at_the_end_is_found(session):
    Event.objects.create(session=session, number=14, at=session.seen_at, kind="back", node="ok", to=1)
    assert f"session {session.code}: its row says count is 13, its log says 14" in found()


def test_an_event_earlier_than_the_one_before_is_found(session):
    events(session).filter(number=5).update(at=session.begun_at - timedelta(seconds=1))
    assert f"session {session.code}: an event is earlier than the one before it" in found()


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
def test_a_row_that_says_something_else_than_its_log_is_found(session, change):
    Session.objects.filter(pk=session.pk).update(**change)
    [name] = change
    assert f"session {session.code}: its row says {name} is {change[name]!r}, its log says" in found()


@pytest.mark.parametrize("name", ["begun_at", "seen_at"])
def test_a_row_with_another_time_than_its_log_is_found(session, name):
    Session.objects.filter(pk=session.pk).update(**{name: session.begun_at - timedelta(days=1)})
    assert f"session {session.code}: its row says {name} is" in found()


def test_a_version_with_another_hash_is_found(session):
    Version.objects.update(content_hash="0" * 64)
    assert "version toy v1: the document does not match its content hash" in found()


CHANGES = [("Question q?", "Question r?"), ('"format":1', '"format": 1'), ("{", ""), ("1", "2")]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_version_with_another_document_is_found(session, change):
    text = Version.objects.get().document
    assert change[0] in text
    Version.objects.update(document=text.replace(*change, 1))
    publishing.document_of.cache_clear()  # as in a process that starts anew
    assert "version toy v1: the document does not match its content hash" in found()


def test_erased_words_break_nothing(session):
    assert Words.objects.count() == 2
    Words.objects.all().delete()
    assert found() == ""


def test_one_broken_session_does_not_hide_another(session):
    Session.objects.update(count=1)
    assert found().count("its row says count is 1") == 2


def test_whoever_goes_on_while_the_audit_reads_breaks_nothing(session, monkeypatch):
    real, waiting = journal.rebuild_row, [session]

    def rebuilt(one):
        if waiting:
            journal.back(Session.objects.filter(pk=waiting.pop().pk), session.count)
        return real(one)

    monkeypatch.setattr(journal, "rebuild_row", rebuilt)
    assert list(audit.find_violations()) == []
    assert not waiting


def test_a_session_that_is_deleted_while_the_audit_reads_breaks_nothing(session, monkeypatch):
    real = journal.rebuild_row

    def rebuilt(one):
        journal.delete_sessions(Session.objects.filter(pk=session.pk))
        return real(one)

    monkeypatch.setattr(journal, "rebuild_row", rebuilt)
    assert session.code not in "\n".join(audit.find_violations())
    assert not Session.objects.filter(pk=session.pk).exists()


def test_a_version_with_another_language_than_its_document_is_found(session):
    Version.objects.filter(pk=session.version_id).update(language="de")
    assert "its row says language is 'de', its document says 'en'" in found()


def test_the_languages_of_the_versions_that_are_there_are_read_by_the_migration(db):
    version = publish(TOY.model_copy(update={"language": "de"}))
    Version.objects.update(language="en")
    import_module("wizards.migrations.0015_version_languages").read(apps, None)
    version.refresh_from_db()
    assert version.language == "de"
