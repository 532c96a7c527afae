"""Bulk loading gives the same rows as the commands, and refuses logs that the commands cannot produce."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from tests.versions import publish
from tests.walks import TOY, Walk
from wizards import flow, journal
from wizards.analytics import audit
from wizards.models import CODE_LENGTH, Event, Session, Words

pytestmark = pytest.mark.django_db

BEGUN = datetime(2026, 3, 28, 23, 59, 59, 250_000, tzinfo=UTC)
# Columns that differ between a session and the same session loaded in bulk.
EXPECTED_TO_DIFFER = {"id", "code", "begun_at", "seen_at"}


def walked(version):
    """A session through the commands: every kind of event, words, and a diagnosis with causes tried."""
    session = journal.begin(version, "s", "visitor")
    query = Session.objects.filter(pk=session.pk)
    for given in ("no", "stuck", "failed", "lost", "confirm"):
        session = journal.answer(query, session.count, given)
    journal.remark(query, 2, "The lamp\tis\ngreen: C:\\N \\. “ü” 100 %s")
    journal.remark(query, 2, "")
    journal.back(query, 7)
    journal.request_help(query)
    return query, journal.answer(query, 1, "yes")


def past(version, history, *, code="a" * CODE_LENGTH, **other):
    times = [BEGUN + timedelta(seconds=number) for number in range(len(history))]
    return journal.PastSession(
        **{"version": version.pk, "history": history, "times": times, "code": code, "visitor": "v", **other}
    )


def columns(row, excluded):
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in excluded
    }


def test_a_loaded_session_is_what_the_journal_would_have_written():
    version = publish(TOY)
    query, session = walked(version)
    session = journal.feedback(query, session.count, "no", "It did not help.")
    words = {each.event.number: each.text for each in Words.objects.select_related("event")}
    assert len(words) == 2
    loaded = past(version, journal.history_of(session), visitor="visitor", words=words)
    assert journal.load_sessions([loaded]) == (1, session.count)
    loaded_row = Session.objects.get(code=loaded.code)
    assert columns(loaded_row, EXPECTED_TO_DIFFER) == columns(query.get(), EXPECTED_TO_DIFFER)
    assert (loaded_row.begun_at, loaded_row.seen_at) == (loaded.times[0], loaded.times[-1])
    excluded = {"id", "session_id", "at"}
    events = [columns(event, excluded) for event in session.events.all()]
    assert [columns(event, excluded) for event in loaded_row.events.all()] == events
    assert list(loaded_row.events.values_list("at", flat=True)) == list(loaded.times)
    assert {each.event.number: each.text for each in Words.objects.filter(event__session=loaded_row)} == words
    assert list(audit.find_violations()) == []


def test_a_session_that_is_open_is_loaded_as_open():
    version = publish(TOY)
    journal.load_sessions([past(version, Walk().answer("no", "stuck").history)])
    session = Session.objects.get()
    assert (session.status, session.node, session.cause, session.step, session.tallied) == (
        "open",
        "why",
        "stuck",
        "hold",
        0,
    )


def test_sessions_with_the_same_log_share_a_history_and_nothing_else():
    version, history = publish(TOY), Walk().answer("no").history
    first = past(version, history, code="a" * 12)
    later = [at + timedelta(days=1) for at in first.times]
    second = past(version, history, code="b" * 12, times=later, channel="embed")
    assert journal.load_sessions(iter([first, second])) == (2, 4)
    rows = Session.objects.order_by("begun_at").values_list("code", "channel", "begun_at", "count")
    assert list(rows) == [("a" * 12, "self", BEGUN, 2), ("b" * 12, "embed", BEGUN + timedelta(days=1), 2)]
    assert list(audit.find_violations()) == []


def test_events_of_an_agents_session_are_the_agents():
    agent = User.objects.create_user("agent")
    journal.load_sessions([past(publish(TOY), Walk().history, channel="agent", agent=agent.pk)])
    assert Session.objects.get().agent == agent
    assert Event.objects.get().actor == "agent"


def test_times_of_any_zone_are_converted_to_utc():
    version, history = publish(TOY), Walk().history
    elsewhere = BEGUN.astimezone(tz=datetime.strptime("+0530", "%z").tzinfo)
    journal.load_sessions([past(version, history, times=[elsewhere])])
    assert Session.objects.get().begun_at == Event.objects.get().at == BEGUN


def test_primary_keys_continue_after_a_load():
    version = publish(TOY)
    journal.begin(version, "s", "before")
    journal.load_sessions([past(version, Walk().history)])
    journal.begin(version, "s", "after")
    assert Session.objects.count() == Event.objects.count() == 3
    assert list(audit.find_violations()) == []


def test_a_loaded_session_can_be_continued():
    version = publish(TOY)
    journal.load_sessions([past(version, Walk().answer("no").history)])
    assert journal.answer(Session.objects.all(), 2, "none").node == "fix"
    assert list(audit.find_violations()) == []


def test_more_sessions_than_one_transaction_holds_are_all_written(monkeypatch):
    monkeypatch.setattr("wizards.journal.bulk_load.BATCH_SIZE", 3)
    version, history = publish(TOY), Walk().history
    assert journal.load_sessions(past(version, history, code=f"code-{number}") for number in range(7)) == (7, 7)
    assert Session.objects.count() == 7


def test_no_sessions_load_nothing():
    assert journal.load_sessions([]) == (0, 0)


def cut_before_its_end():
    whole = Walk().answer("yes").history
    return flow.History(TOY, whole.events[:-1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"history": flow.History(TOY)},
        {"history": cut_before_its_end()},
        {"history": flow.History(TOY.model_copy(update={"title": "Another"}), Walk().history.events)},
        {"times": [BEGUN]},
        {"times": [BEGUN, BEGUN - timedelta(seconds=1)]},
        {"words": {3: "Of no event."}},
        {"words": {0: "Of no event."}},
    ],
    ids=["empty", "no end", "another document", "a time missing", "backwards", "words after", "words before"],
)
def test_an_invalid_log_is_refused_and_nothing_is_written(wrong):
    version = publish(TOY)
    good = past(version, Walk().answer("no").history, code="good")
    history = wrong.pop("history", good.history)
    with pytest.raises(ValueError, match="session bad"):
        journal.load_sessions([good, past(version, history, code="bad", **wrong)])
    assert not Session.objects.exists()
    assert not Event.objects.exists()
