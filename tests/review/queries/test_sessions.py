"""The list of sessions: filters, order, pagination."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from tests.analytics.walkers import NOON, Walker
from tests.graphs import graph
from tests.versions import publish
from tests.walks import TOY
from wizards.models import Session
from wizards.review.queries import sessions
from wizards.review.queries.sessions import SessionsForm, list_sessions, matching_sessions, parse_cursor

pytestmark = pytest.mark.django_db


def form(**typed) -> SessionsForm:
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in typed.items()})
    return SessionsForm(query)


def matching(**typed) -> set[Session]:
    bound_form = form(**typed)
    assert bound_form.is_valid(), bound_form.errors
    return set(matching_sessions(bound_form.filters))


def at(number: int, **changes) -> Session:
    """Make a session's row that began `number` minutes after noon, as far as a list needs it."""
    begun = NOON + timedelta(minutes=number)
    values = {"code": f"{number:012}".translate(str.maketrans("01", "yz")), "visitor": "v", "symptom": "s", "node": "q"}
    return Session.objects.create(**values | {"begun_at": begun, "seen_at": begun, "count": 1} | changes)


# How it ended


def test_sessions_are_filtered_by_state(clock, toy):
    solved = Walker(clock, toy, "a").answer("yes").session
    unsolved = Walker(clock, toy, "b").answer("no", "lost", "decline").session
    left = Walker(clock, toy, "c").answer("no").session
    clock.pass_(hours=2)
    still_open = Walker(clock, toy, "d").answer("no").session
    assert matching(status="solved") == {solved}
    assert matching(status="left") == {left, unsolved}
    assert matching(status="still") == {still_open}
    assert matching() == {solved, unsolved, left, still_open}


@pytest.mark.parametrize("status", ["unsolved", "advice"])
def test_sessions_are_filtered_by_outcome(clock, toy, status):
    clock.pass_(days=1)
    session = at(1, version=toy, status=status)
    at(2, version=toy, status="solved")
    assert matching(status=status) == {session}


def test_every_session_has_one_state(clock, toy):
    for name, hours in (("a", 0), ("b", 2)):
        Walker(clock, toy, name).answer("yes")
        Walker(clock, toy, name + "x").answer("no")
        clock.pass_(hours=hours)
    matches = [matching(status=status) for status in sessions.STATE_LABELS]
    assert sum(map(len, matches)) == len(matching()) == 4


# Where it stands


@pytest.fixture
def sessions_by_place(clock, toy):
    clock.pass_(days=1)
    places = {
        "list": ("why", "", ""),
        "confirm": ("why", "lost", ""),
        "erase": ("why", "lost", "erase"),
        "open": ("why", "worn", "open"),
        "hold": ("fix", "", "hold"),
        "release": ("fix", "", "release"),
    }
    return {
        name: at(number, version=toy, node=node, cause=cause, step=step)
        for number, (name, (node, cause, step)) in enumerate(places.items(), 1)
    }


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ({"node": "why"}, {"list", "confirm", "erase", "open"}),
        ({"node": "why", "cause": "-"}, {"list"}),
        ({"node": "why", "cause": "lost"}, {"confirm", "erase"}),
        ({"node": "why", "cause": "lost", "step": "-"}, {"confirm"}),
        ({"node": "why", "cause": "lost", "step": "erase"}, {"erase"}),
        ({"node": "fix", "step": "hold"}, {"hold"}),
        ({"node": "fix"}, {"hold", "release"}),
    ],
)
def test_sessions_are_filtered_by_place(sessions_by_place, place, names):
    assert matching(wizard="toy", **place) == {sessions_by_place[name] for name in names}


def test_causes_and_steps_are_offered_only_if_the_node_has_them(toy):
    assert not {"cause", "step"} & set(form(wizard="toy", node="q").fields)
    assert set(dict(form(wizard="toy", node="why").fields["cause"].choices)) >= {"-", "loose", "lost"}
    assert set(dict(form(wizard="toy", node="fix").fields["step"].choices)) >= {"hold", "release"}


def test_a_place_of_an_earlier_version_can_be_selected(clock):
    old = publish(graph("q? yes:ok old:gone", "gone? a:ok b:q", "ok = solved"))
    session = Walker(clock, old).answer("old").session
    publish(graph("q? yes:ok no:ok", "ok = solved"))
    assert matching(wizard="toy", node="gone") == {session}


def test_an_unknown_place_is_reported_and_ignored(toy):
    bound_form = form(wizard="toy", node="nowhere", status="solved")
    assert "There is no place “nowhere”" in bound_form.errors["node"][0]
    assert (bound_form.filters.node, bound_form.filters.status) == ("", "solved")


def test_a_place_without_its_wizard_is_reported_and_ignored(toy):
    bound_form = form(node="why")
    assert "Choose the wizard, too" in bound_form.errors["node"][0]
    assert bound_form.filters.node == ""


# What happened on the way


def test_sessions_are_filtered_by_what_happened(clock, toy):
    went_back = Walker(clock, toy, "a").answer("no").back().session
    remark = Walker(clock, toy, "b").remark().session
    ask = Walker(clock, toy, "c").ask().session
    Walker(clock, toy, "d").answer("no")
    assert matching(backed="on") == {went_back}
    assert matching(remarked="on") == {remark}
    assert matching(helped="on") == {ask}
    assert matching(helped="on", backed="on") == set()


def test_sessions_are_filtered_by_agent(clock, toy):
    agent = User.objects.create(username="ann", is_staff=True)
    clock.pass_(days=1)
    hers = at(1, version=toy, agent=agent, channel="agent")
    at(2, version=toy)
    assert matching(agent=agent.pk) == {hers}


def test_only_staff_are_offered_as_agents(toy):
    somebody = User.objects.create(username="bob")
    assert "agent" in form(agent=somebody.pk).errors


def test_previews_are_never_listed(clock, toy):
    Walker(clock, toy, channel=Session.Channel.TEST)
    assert matching() == set()


def test_the_shared_filter_applies(clock, toy):
    other = publish(graph("q? yes:ok no:ok", "ok = solved", slug="other"))
    mine, theirs = Walker(clock, toy, "a").session, Walker(clock, other, "b").session
    assert matching(wizard="other") == {theirs}
    assert matching(wizard="toy", version="1") == {mine}
    assert matching(channel="agent") == set()
    assert matching(since="2026-03-03", until="2026-03-04") == set()
    assert matching(since="2026-03-02", until="2026-03-02") == {mine, theirs}


# By reference


@pytest.fixture
def referenced(clock, toy):
    clock.pass_(days=400)
    codes = ("abcdefghjkmn", "abcdzzzzzzzz", "abce22222222", "zzzzzzzzzzzz", "zzzyzzzzzzzz", "222222222222")
    return {code: at(number, version=toy, code=code) for number, code in enumerate(codes)}


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("ABCD EFGH JKMN", {"abcdefghjkmn"}),
        ("abcd-efgh-jkmn", {"abcdefghjkmn"}),
        (" Abcd  ", {"abcdefghjkmn", "abcdzzzzzzzz"}),
        ("abcd‑z", {"abcdzzzzzzzz"}),
        ("abc", {"abcdefghjkmn", "abcdzzzzzzzz", "abce22222222"}),
        ("zzz", {"zzzzzzzzzzzz", "zzzyzzzzzzzz"}),
        ("zzzz", {"zzzzzzzzzzzz"}),
        ("zzzzzzzzzzzz", {"zzzzzzzzzzzz"}),
        ("2", {"222222222222"}),
        ("bbb", set()),
    ],
)
def test_a_reference_is_found_in_any_spelling_and_period(referenced, typed, codes):
    assert matching(reference=typed) == {referenced[code] for code in codes}


@pytest.mark.parametrize(
    ("typed", "message"), [("abc1", "“1”"), ("lab", "“L”"), ("a" * 13, "this has 13"), ("%", "“%”")]
)
def test_an_invalid_reference_is_reported_and_ignored(toy, typed, message):
    bound_form = form(reference=typed, status="left")
    assert message in bound_form.errors["reference"][0]
    assert (bound_form.filters.reference, bound_form.filters.status) == ("", "left")


def test_a_reference_is_found_by_an_index(referenced):
    plan = matching_sessions(form(reference="abcd").filters).order_by("-begun_at", "-id").explain()
    assert "LIKE" not in str(matching_sessions(form(reference="abcd").filters).query)
    if connection.vendor == "sqlite":
        assert "code>? AND code<?" in plan


# The choice as a link


def test_a_filter_round_trips_through_a_link(toy):
    typed = {
        "wizard": "toy", "version": "1", "status": "left", "node": "why", "cause": "lost", "step": "-",
        "backed": "on", "since": "2026-01-01", "until": "2026-01-31",
    }  # fmt: skip
    filters = form(**typed).filters
    assert form(**QueryDict(filters.query).dict()).filters == filters
    assert {name: value for name, value in filters.values().items() if value} == typed


def test_invalid_values_are_reported_and_the_rest_is_kept(toy):
    bound_form = form(status="sideways", agent="x", wizard="toy", remarked="on")
    assert set(bound_form.errors) == {"status", "agent"}
    assert (bound_form.filters.wizard, bound_form.filters.remarked, bound_form.filters.status) == ("toy", True, "")
    assert bound_form.normalized.data["status"] == "sideways"


@pytest.mark.parametrize("typed", ["💥", "'; drop", "9" * 400])
@pytest.mark.parametrize("name", ["wizard", "version", "node", "cause", "step", "reference", "agent", "status"])
def test_no_value_of_any_field_breaks_the_form(toy, name, typed):
    bound_form = form(**{"wizard": "toy", "node": "why", name: typed})
    list(matching_sessions(bound_form.filters))
    assert bound_form.errors


# Page by page


@pytest.fixture
def many_sessions(clock, toy, monkeypatch):
    """11 sessions, four of which began at the same moment, on pages of 3."""
    monkeypatch.setattr(sessions, "PAGE_SIZE", 3)
    moments = [1, 2, 3, 3, 3, 3, 4, 5, 6, 7, 8]
    clock.pass_(days=1)
    made = [at(n, version=toy, begun_at=NOON + timedelta(minutes=moment)) for n, moment in enumerate(moments)]
    return [session.pk for session in reversed(made)]


def keys(listing) -> list[int]:
    return [row.session.pk for row in listing.rows]


def test_older_links_reach_every_session_once_newest_first(many_sessions):
    everything, listing = [], list_sessions(form().filters)
    while True:
        everything += keys(listing)
        if not listing.older:
            break
        listing = list_sessions(form().filters, older=parse_cursor(listing.older))
    assert everything == many_sessions


def test_newer_links_lead_back_through_the_same_pages(many_sessions):
    pages = [list_sessions(form().filters)]
    while pages[-1].older:
        pages.append(list_sessions(form().filters, older=parse_cursor(pages[-1].older)))
    went_back = [pages[-1]]
    while went_back[-1].newer:
        went_back.append(list_sessions(form().filters, newer=parse_cursor(went_back[-1].newer)))
    assert [keys(page) for page in went_back[:-1]] == [keys(page) for page in reversed(pages)][: len(went_back) - 1]
    assert keys(went_back[-1]) == keys(pages[0])
    assert went_back[-1].newer == "" == pages[0].newer


def test_new_sessions_do_not_shift_the_older_pages(many_sessions, toy):
    first = list_sessions(form().filters)
    at(30, version=toy)
    assert keys(list_sessions(form().filters, older=parse_cursor(first.older))) == many_sessions[3:6]


def test_the_list_counts_up_to_a_limit(many_sessions, monkeypatch):
    assert (list_sessions(form().filters).count, list_sessions(form().filters).more) == (11, False)
    monkeypatch.setattr(sessions, "MAX_COUNTED", 5)
    assert (list_sessions(form().filters).count, list_sessions(form().filters).more) == (5, True)


@pytest.mark.parametrize(
    "text", ["", "x", "1", "-", "1-", "-1", "1-2-3", "²-1", "1.5-2", "9" * 30 + "-1", "1 -1", "٣-١"]
)
def test_an_invalid_cursor_is_none(text):
    assert parse_cursor(text) is None


def test_a_cursor_is_a_moment_and_a_key():
    assert parse_cursor("1500000-7") == (datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC), 7)
    assert parse_cursor(f"1-{'9' * 20}")[1] < 2**63


# What a row says


def test_a_row_has_the_sessions_place_in_the_words_of_its_version(clock):
    Walker(clock, publish(graph("q? yes:ok no:x", "x? a:ok b:q", "ok = solved"))).answer("no")
    newer = graph("q? yes:ok no:x", "x? a:ok b:q", "ok = solved").plain()
    newer["nodes"][1]["title"] = "Another title"
    publish(type(TOY).model_validate(newer))
    (row,) = list_sessions(form().filters).rows
    assert (row.label.title, row.state, row.session.version.number) == ("Question x?", "still", 1)


def test_a_row_has_the_reference_in_groups_and_how_long_it_lasted(clock, toy):
    walker = Walker(clock, toy, seconds=95).answer("no")
    (row,) = list_sessions(form().filters).rows
    assert row.reference.replace(" ", "").lower() == walker.session.code
    assert row.duration == "1 min 35 s"


def test_the_queries_do_not_grow_with_sessions(clock, toy):
    Walker(clock, toy, "a").answer("no")
    with CaptureQueriesContext(connection) as session:
        list_sessions(form(wizard="toy").filters)
    other = publish(graph("q? yes:ok no:ok", "ok = solved", slug="other"))
    for number in range(20):
        Walker(clock, other if number % 2 else toy, f"v{number}").answer("no")
    with CaptureQueriesContext(connection) as many_sessions:
        list_sessions(form(wizard="toy").filters)
    assert len(many_sessions) == len(session) <= 10
