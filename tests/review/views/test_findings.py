"""The queue of findings by HTTP: take up, assign, close, and who may."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.analytics.walkers import Clock, Walker
from tests.graphs import graph
from tests.reading import read
from tests.staff import staff
from tests.versions import publish_draft
from tests.visitor import rows
from tests.walks import TOY
from wizards.models import Finding, Node, Session, format_code
from wizards.review import findings

pytestmark = pytest.mark.django_db

QUEUE = "/review/queue/"
NEW = f"{QUEUE}new/?wizard=toy&node=q"
LINES = ("q? go:ok", "ok = solved")


@pytest.fixture
def toy():
    return publish_draft(graph(*LINES))


@pytest.fixture
def reviewer(toy):
    return staff(groups="reviewers")


@pytest.fixture
def finding(toy) -> Finding:
    author = User.objects.create(username="author")
    return findings.open_finding(toy.wizard, ("q", "", ""), author, "Nobody reads this question.", None)


def me() -> User:
    return User.objects.get(username="rev")


def text_of(response) -> str:
    return read(response).text


def test_a_stuck_point_is_taken_up_with_a_note_and_an_assignee(reviewer):
    assert "Question q?" in text_of(reviewer.get(NEW))
    response = reviewer.post(NEW, {"note": "Reword it.", "assignee": me().pk}, follow=True)
    finding = Finding.objects.get()
    assert (finding.node, finding.note, finding.assignee, finding.author) == ("q", "Reword it.", me(), me())
    assert "Reword it." in text_of(response)
    assert "Added to the queue." in text_of(response)
    assert "Reword it." in text_of(reviewer.get(QUEUE))


def test_a_session_is_taken_up(reviewer, toy, monkeypatch):
    session = Walker(Clock(monkeypatch), toy).session
    reviewer.post(f"{QUEUE}new/?session={session.code}", {"note": "Look."})
    assert Finding.objects.get().session == session
    assert format_code(session.code) in text_of(reviewer.get(QUEUE))


def test_a_finding_leads_editors_to_the_form_of_its_place(finding, reviewer):
    node = Node.objects.get(wizard=finding.wizard, key="q")
    form = f"/admin/wizards/node/{node.pk}/change/"
    assert form not in read(reviewer.get(f"{QUEUE}{finding.pk}/")).links
    editor = staff("change_node", "view_session", "view_finding", name="both")
    assert form in read(editor.get(f"{QUEUE}{finding.pk}/")).links
    node.delete()
    assert f"/admin/wizards/wizard/{finding.wizard.pk}/map/#q" in read(editor.get(f"{QUEUE}{finding.pk}/")).links


def test_without_sessions_before_the_version_no_overlap_is_mentioned(finding, reviewer):
    reviewer.post(f"{QUEUE}{finding.pk}/close/", {"version": 1, "revision": finding.revision})
    assert "Too early to tell whether version 1 helped: no sessions reached this page before it." in text_of(
        reviewer.get(f"{QUEUE}{finding.pk}/")
    )


def test_a_preview_cannot_be_taken_up(reviewer, toy, monkeypatch):
    session = Walker(Clock(monkeypatch), toy, channel=Session.Channel.TEST).session
    assert reviewer.get(f"{QUEUE}new/?session={session.code}").status_code == 404


def test_without_a_note_nothing_is_taken_up(reviewer):
    response = reviewer.post(NEW, {"note": " "})
    assert "Write a line" in text_of(response)
    assert not Finding.objects.exists()


def test_an_earlier_finding_at_the_same_place_is_shown(reviewer, finding):
    assert "Already in the queue" in text_of(reviewer.get(NEW))


@pytest.mark.parametrize(
    "query",
    ["", "?wizard=none&node=q", "?wizard=toy&node=none", "?wizard=toy", "?session=abc"],
)
def test_an_unknown_place_or_session_cannot_be_taken_up(reviewer, query):
    for response in (reviewer.get(f"{QUEUE}new/{query}"), reviewer.post(f"{QUEUE}new/{query}", {"note": "Look."})):
        assert response.status_code == 404
    assert not Finding.objects.exists()


def test_a_finding_is_changed_closed_with_a_version_and_reopened(reviewer, finding, toy):
    page = f"{QUEUE}{finding.pk}/"
    reviewer.post(page, {"note": "Reword it.", "assignee": me().pk, "revision": 0})
    closed = reviewer.post(
        f"{page}close/", {"version": toy.number, "closing_note": "Done.", "revision": 1}, follow=True
    )
    assert "fixed in version 1" in text_of(closed)
    finding.refresh_from_db()
    assert (finding.note, finding.mended_by, finding.closing_note) == ("Reword it.", toy, "Done.")
    assert "Reword it." in text_of(reviewer.get(f"{QUEUE}?state=closed"))
    assert "Reword it." not in text_of(reviewer.get(QUEUE))
    reviewer.post(f"{page}reopen/", {"revision": 2})
    finding.refresh_from_db()
    assert finding.closed_at is None


def test_of_two_reviewers_at_once_the_second_is_told_and_nothing_is_overwritten(reviewer, finding):
    page = f"{QUEUE}{finding.pk}/"
    reviewer.post(page, {"note": "First.", "revision": 0})
    for address, form in ((page, {"note": "Second."}), (f"{page}close/", {}), (f"{page}reopen/", {})):
        response = reviewer.post(address, {**form, "revision": 0}, follow=True)
        assert "Somebody else saved this finding meanwhile" in text_of(response)
    finding.refresh_from_db()
    assert (finding.note, finding.closed_at) == ("First.", None)


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 40, "²"])
def test_a_forged_revision_changes_nothing(reviewer, finding, revision):
    reviewer.post(f"{QUEUE}{finding.pk}/", {"note": "Forged.", "revision": revision})
    finding.refresh_from_db()
    assert finding.note == "Nobody reads this question."


def test_a_version_of_another_wizard_cannot_mend_it(reviewer, finding):
    publish_draft(graph(*LINES, slug="other"))
    publish_draft(graph("q? go:ok stay:ok", "ok = solved", slug="other"))
    response = reviewer.post(f"{QUEUE}{finding.pk}/close/", {"version": 2, "revision": 0})
    assert response.status_code == 422
    finding.refresh_from_db()
    assert finding.closed_at is None


def test_the_list_can_show_only_ones_own_findings(reviewer, finding):
    assert "Nobody reads this question." in text_of(reviewer.get(QUEUE))
    assert "Nobody reads this question." not in text_of(reviewer.get(f"{QUEUE}?whose=mine"))


def test_reading_changes_nothing(reviewer, finding):
    before = rows()
    for address in (QUEUE, f"{QUEUE}?state=closed", NEW, f"{QUEUE}{finding.pk}/"):
        assert reviewer.get(address).status_code == 200
    assert rows() == before


def test_a_note_is_escaped_everywhere(reviewer, finding):
    reviewer.post(f"{QUEUE}{finding.pk}/", {"note": "<script>alert(1)</script>", "revision": 0})
    pages = [reviewer.get(address).content.decode() for address in (QUEUE, NEW, f"{QUEUE}{finding.pk}/")]
    assert ["<script>alert" in page for page in pages] == [False, False, False]
    assert "&lt;script&gt;alert" in pages[-1]


def test_a_reader_without_the_right_to_change_gets_no_forms(finding):
    reader = staff("view_session", "view_finding", name="onlooker")
    assert "Close it" not in text_of(reader.get(f"{QUEUE}{finding.pk}/"))
    for address in (f"{QUEUE}{finding.pk}/", f"{QUEUE}{finding.pk}/close/", f"{QUEUE}{finding.pk}/reopen/", NEW):
        assert reader.post(address, {"note": "Mine.", "revision": 0}).status_code == 404
    finding.refresh_from_db()
    assert finding.revision == 0


def test_the_queries_do_not_grow_with_findings(reviewer, finding, toy):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert reviewer.get(QUEUE).status_code == 200
        return len(caught)

    queries()
    query_count = queries()
    for number in range(20):
        wizard = publish_draft(graph(*LINES, slug=f"w{number}")).wizard
        findings.open_finding(wizard, ("q", "", ""), me(), "Look.", me())
    assert queries() == query_count


def test_the_sessions_link_matches_the_findings_figure(clock, reviewer):
    toy = publish_draft(TOY)
    for answers in (("no",), ("no", "stuck")):
        Walker(clock, toy, name=str(answers)).answer(*answers)
    clock.pass_(hours=2)
    finding = findings.open_finding(toy.wizard, ("why", "", ""), User.objects.get(), "Note", None)
    (address,) = {link for link in read(reviewer.get(f"/review/queue/{finding.pk}/")).links if "status=left" in link}
    assert "cause=-" in address
