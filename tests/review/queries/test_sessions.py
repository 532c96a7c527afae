"""The list of sessions: which are chosen, in which order, page by page."""

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
    asked = form(**typed)
    assert asked.is_valid(), asked.errors
    return set(matching_sessions(asked.filters))


def at(number: int, **changes) -> Session:
    """Make a session's row that began `number` minutes after noon, as far as a list needs it."""
    begun = NOON + timedelta(minutes=number)
    values = {"code": f"{number:012}".translate(str.maketrans("01", "yz")), "visitor": "v", "symptom": "s", "node": "q"}
    return Session.objects.create(**values | {"begun_at": begun, "seen_at": begun, "count": 1} | changes)


# How it ended


def test_sessions_are_chosen_by_how_they_ended(clock, toy):
    solved = Walker(clock, toy, "a").answer("yes").session
    unsolved = Walker(clock, toy, "b").answer("no", "lost", "decline").session
    left = Walker(clock, toy, "c").answer("no").session
    clock.pass_(hours=2)
    still = Walker(clock, toy, "d").answer("no").session
    assert matching(status="solved") == {solved}
    assert matching(status="left") == {left, unsolved}
    assert matching(status="still") == {still}
    assert matching() == {solved, unsolved, left, still}


@pytest.mark.parametrize("status", ["unsolved", "advice"])
def test_each_outcome_is_a_way_to_end(clock, toy, status):
    clock.pass_(days=1)
    one = at(1, version=toy, status=status)
    at(2, version=toy, status="solved")
    assert matching(status=status) == {one}


def test_every_session_has_one_state(clock, toy):
    for name, hours in (("a", 0), ("b", 2)):
        Walker(clock, toy, name).answer("yes")
        Walker(clock, toy, name + "x").answer("no")
        clock.pass_(hours=hours)
    parts = [matching(status=status) for status in sessions.STATE_LABELS]
    assert sum(map(len, parts)) == len(matching()) == 4


# Where it stands


@pytest.fixture
def stood(clock, toy):
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
def test_sessions_are_chosen_by_the_place_where_they_stand(stood, place, names):
    assert matching(wizard="toy", **place) == {stood[name] for name in names}


def test_causes_and_steps_can_be_chosen_only_where_there_are_some(toy):
    assert not {"cause", "step"} & set(form(wizard="toy", node="q").fields)
    assert set(dict(form(wizard="toy", node="why").fields["cause"].choices)) >= {"-", "loose", "lost"}
    assert set(dict(form(wizard="toy", node="fix").fields["step"].choices)) >= {"hold", "release"}


def test_a_place_that_only_an_earlier_version_has_can_still_be_chosen(clock):
    old = publish(graph("q? yes:ok old:gone", "gone? a:ok b:q", "ok = solved"))
    there = Walker(clock, old).answer("old").session
    publish(graph("q? yes:ok no:ok", "ok = solved"))
    assert matching(wizard="toy", node="gone") == {there}


def test_a_place_that_nobody_knows_is_said_and_left_out(toy):
    asked = form(wizard="toy", node="nowhere", status="solved")
    assert "There is no place “nowhere”" in asked.errors["node"][0]
    assert (asked.filters.node, asked.filters.status) == ("", "solved")


def test_a_place_without_its_wizard_is_said_and_left_out(toy):
    asked = form(node="why")
    assert "Choose the wizard, too" in asked.errors["node"][0]
    assert asked.filters.node == ""


# What happened on the way


def test_sessions_are_chosen_by_what_happened_on_the_way(clock, toy):
    back = Walker(clock, toy, "a").answer("no").back().session
    remark = Walker(clock, toy, "b").remark().session
    ask = Walker(clock, toy, "c").ask().session
    Walker(clock, toy, "d").answer("no")
    assert matching(backed="on") == {back}
    assert matching(remarked="on") == {remark}
    assert matching(helped="on") == {ask}
    assert matching(helped="on", backed="on") == set()


def test_sessions_are_chosen_by_their_agent(clock, toy):
    agent = User.objects.create(username="ann", is_staff=True)
    clock.pass_(days=1)
    hers = at(1, version=toy, agent=agent, channel="agent")
    at(2, version=toy)
    assert matching(agent=agent.pk) == {hers}


def test_only_staff_can_be_chosen_as_agents(toy):
    somebody = User.objects.create(username="bob")
    assert "agent" in form(agent=somebody.pk).errors


def test_tests_by_editors_are_never_listed(clock, toy):
    Walker(clock, toy, channel=Session.Channel.TEST)
    assert matching() == set()


def test_the_shared_filter_counts_as_well(clock, toy):
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
def test_a_reference_is_found_as_it_is_read_out_from_any_time(referenced, typed, codes):
    assert matching(reference=typed) == {referenced[code] for code in codes}


@pytest.mark.parametrize(("typed", "said"), [("abc1", "“1”"), ("lab", "“L”"), ("a" * 13, "this has 13"), ("%", "“%”")])
def test_what_can_be_no_reference_is_said_and_left_out(toy, typed, said):
    asked = form(reference=typed, status="left")
    assert said in asked.errors["reference"][0]
    assert (asked.filters.reference, asked.filters.status) == ("", "left")


def test_a_reference_is_looked_for_by_an_index(referenced):
    plan = matching_sessions(form(reference="abcd").filters).order_by("-begun_at", "-id").explain()
    assert "LIKE" not in str(matching_sessions(form(reference="abcd").filters).query)
    if connection.vendor == "sqlite":
        assert "code>? AND code<?" in plan


# The choice as a link


def test_a_choice_survives_being_a_link(toy):
    typed = {
        "wizard": "toy", "version": "1", "status": "left", "node": "why", "cause": "lost", "step": "-",
        "backed": "on", "since": "2026-01-01", "until": "2026-01-31",
    }  # fmt: skip
    once = form(**typed).filters
    assert form(**QueryDict(once.query).dict()).filters == once
    assert {name: value for name, value in once.values().items() if value} == typed


def test_bad_values_are_said_beside_their_fields_and_the_rest_is_kept(toy):
    asked = form(status="sideways", agent="x", wizard="toy", remarked="on")
    assert set(asked.errors) == {"status", "agent"}
    assert (asked.filters.wizard, asked.filters.remarked, asked.filters.status) == ("toy", True, "")
    assert asked.normalized.data["status"] == "sideways"


@pytest.mark.parametrize("typed", ["💥", "'; drop", "9" * 400])
@pytest.mark.parametrize("name", ["wizard", "version", "node", "cause", "step", "reference", "agent", "status"])
def test_no_value_of_any_field_breaks_the_form(toy, name, typed):
    asked = form(**{"wizard": "toy", "node": "why", name: typed})
    list(matching_sessions(asked.filters))
    assert asked.errors


# Page by page


@pytest.fixture
def many(clock, toy, monkeypatch):
    """Make 11 sessions, four of which began at the same moment, on pages of 3."""
    monkeypatch.setattr(sessions, "PAGE_SIZE", 3)
    moments = [1, 2, 3, 3, 3, 3, 4, 5, 6, 7, 8]
    clock.pass_(days=1)
    made = [at(n, version=toy, begun_at=NOON + timedelta(minutes=moment)) for n, moment in enumerate(moments)]
    return [session.pk for session in reversed(made)]


def keys(listing) -> list[int]:
    return [row.session.pk for row in listing.rows]


def test_older_leads_through_every_session_once_newest_first(many):
    everything, listing = [], list_sessions(form().filters)
    while True:
        everything += keys(listing)
        if not listing.older:
            break
        listing = list_sessions(form().filters, older=parse_cursor(listing.older))
    assert everything == many


def test_newer_leads_back_the_same_way(many):
    pages = [list_sessions(form().filters)]
    while pages[-1].older:
        pages.append(list_sessions(form().filters, older=parse_cursor(pages[-1].older)))
    back = [pages[-1]]
    while back[-1].newer:
        back.append(list_sessions(form().filters, newer=parse_cursor(back[-1].newer)))
    assert [keys(page) for page in back[:-1]] == [keys(page) for page in reversed(pages)][: len(back) - 1]
    assert keys(back[-1]) == keys(pages[0])
    assert back[-1].newer == "" == pages[0].newer


def test_sessions_that_begin_meanwhile_do_not_shift_the_older_pages(many, toy):
    first = list_sessions(form().filters)
    at(30, version=toy)
    assert keys(list_sessions(form().filters, older=parse_cursor(first.older))) == many[3:6]


def test_the_list_counts_up_to_a_limit(many, monkeypatch):
    assert (list_sessions(form().filters).count, list_sessions(form().filters).more) == (11, False)
    monkeypatch.setattr(sessions, "MAX_COUNTED", 5)
    assert (list_sessions(form().filters).count, list_sessions(form().filters).more) == (5, True)


@pytest.mark.parametrize(
    "text", ["", "x", "1", "-", "1-", "-1", "1-2-3", "²-1", "1.5-2", "9" * 30 + "-1", "1 -1", "٣-١"]
)
def test_what_is_no_place_in_the_list_is_none(text):
    assert parse_cursor(text) is None


def test_a_place_in_the_list_is_a_moment_and_a_key():
    assert parse_cursor("1500000-7") == (datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC), 7)
    assert parse_cursor(f"1-{'9' * 20}")[1] < 2**63


# What a row says


def test_a_row_says_where_the_session_stands_in_the_words_of_its_version(clock):
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


def test_the_list_takes_as_many_queries_for_one_session_as_for_many(clock, toy):
    Walker(clock, toy, "a").answer("no")
    with CaptureQueriesContext(connection) as one:
        list_sessions(form(wizard="toy").filters)
    other = publish(graph("q? yes:ok no:ok", "ok = solved", slug="other"))
    for number in range(20):
        Walker(clock, other if number % 2 else toy, f"v{number}").answer("no")
    with CaptureQueriesContext(connection) as many:
        list_sessions(form(wizard="toy").filters)
    assert len(many) == len(one) <= 10
