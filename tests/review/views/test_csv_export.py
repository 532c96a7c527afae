"""The export by HTTP: a file of the filtered sessions, recorded before its first line."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.analytics.walkers import Walker
from tests.reading import read
from tests.staff import staff
from tests.visitor import rows
from wizards.models import Disclosure
from wizards.review.views.csv_export import note_export

pytestmark = pytest.mark.django_db

LIST, EXPORT = "/review/sessions/", "/review/export/"


def export(client, what="sessions", query="", **form):
    response = client.post(f"{EXPORT}?{query}", {"what": what, **form})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_export_streams_the_filtered_sessions_as_a_file(clock, toy, reviewer):
    Walker(clock, toy, "a").answer("yes")
    Walker(clock, toy, "b").answer("no")
    response = reviewer.post(f"{EXPORT}?status=solved", {"what": "sessions"})
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="sessions-2026-03-02.csv"'
    assert response["Cache-Control"] == "no-store"
    assert [line["state"] for line in export(reviewer, query="status=solved")] == ["solved"]


def test_every_export_is_recorded_before_its_first_line(clock, toy, reviewer):
    Walker(clock, toy).answer("yes").remark("hello")
    reviewer.post(f"{EXPORT}?status=solved", {"what": "sessions"})
    reviewer.post(f"{EXPORT}?status=solved", {"what": "events", "words": "on"})
    first, second = Disclosure.objects.order_by("pk")
    assert (first.what, first.user.username, first.count) == ("export", "rev", 1)
    assert first.where.startswith("sessions: ")
    assert "status=solved" in first.where
    assert second.where.startswith("events with words: ")
    assert second.count == 4


def test_the_record_of_a_long_export_gets_its_number_of_lines_at_the_end(clock, toy, reviewer, monkeypatch):
    monkeypatch.setattr("wizards.review.queries.csv_export.MAX_COUNTED", 1)
    for name in "abc":
        Walker(clock, toy, name)
    response = reviewer.post(EXPORT, {"what": "sessions"})
    assert Disclosure.objects.get().count == 2
    assert len(b"".join(response.streaming_content).splitlines()) == 4
    assert Disclosure.objects.get().count == 3


def test_the_record_of_an_export_that_is_cut_off_keeps_the_minimum(rf, reviewer):
    request = rf.post(EXPORT)
    request.user = User.objects.get()
    note_count = note_export(request, "sessions: ", minimum=5)
    note_count(3)
    assert Disclosure.objects.get().count == 5
    note_count(7)
    assert Disclosure.objects.get().count == 7


def test_a_long_filter_is_truncated_in_the_record(clock, toy, reviewer):
    Walker(clock, toy)
    query = "wizard=toy&version=1&channel=self&language=en&status=still&node=why&cause=lost&step=erase"
    query += "&remarked=on&helped=on&backed=on&since=2026-01-01&until=2026-12-31"
    assert export(reviewer, query=query) == []
    assert len(Disclosure.objects.get().where) <= 200


def test_words_are_exported_only_with_the_right_to_read_them(clock, toy, reviewer):
    Walker(clock, toy).remark("my name is Ann")
    assert "words" not in export(reviewer, "events")[0]
    assert export(reviewer, "events", words="on")[1]["words"] == "my name is Ann"
    client = staff("view_session", name="other")
    assert client.post(EXPORT, {"what": "events", "words": "on"}).status_code == 404
    assert "words" not in export(client, "events")[0]


def test_an_invalid_filter_exports_nothing_and_is_reported(clock, toy, reviewer):
    response = reviewer.post(f"{EXPORT}?status=sideways", {"what": "sessions"})
    assert response.status_code == 422
    assert "“sideways” is not a valid choice" in read(response).text
    assert not Disclosure.objects.exists()


def test_an_unknown_export_is_a_404(clock, toy, reviewer):
    assert reviewer.post(EXPORT, {"what": "everything"}).status_code == 404


def test_only_reviewers_export_and_only_by_post(clock, toy, reviewer):
    assert reviewer.get(EXPORT).status_code == 405
    assert Client().post(EXPORT, {"what": "sessions"}).status_code == 302
    assert staff("view_wizard", name="other").post(EXPORT, {"what": "sessions"}).status_code == 404


def test_the_columns_are_described_beside_the_button(clock, toy, reviewer):
    Walker(clock, toy)
    text = read(reviewer.get(LIST)).text
    assert "The session’s reference, in groups" in text
    assert "What was written with it" in text


def test_an_export_does_not_write_the_log(clock, toy, reviewer):
    Walker(clock, toy).answer("no")
    before = rows()
    export(reviewer, "events")
    assert rows() == before
