"""The promise: whatever people do, the figures say what the logs say.

25 days of four people, and with HYPOTHESIS_PROFILE=long 1,000.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.analytics.rows import CHANNELS, everything, rows
from tests.analytics.walkers import NOON, Clock, Walker, roll
from tests.examples import examples
from tests.versions import publish
from tests.walks import TOY
from wizards import analytics, flow, journal
from wizards.analytics import Histogram, Place
from wizards.models import Session

pytestmark = pytest.mark.django_db


def page_visits(history: flow.History, moments: list[datetime]):
    """Replay a session: (place, seconds, departure) of each visit, in order."""
    moves = [index for index, event in enumerate(history.events) if event.kind in ("begin", "answer", "back")]
    for start, end in pairwise(moves):
        position = history.pages[start].position
        spent = (moments[end] - moments[start]).total_seconds()
        yield (position.node, position.cause, position.step), spent, str(history.events[end].kind)
    position = history.pages[moves[-1]].position
    yield (position.node, position.cause, position.step), 0, "ended" if history.ended else "open"


def expected(left_since: datetime):
    """Compute reached, moved, ended, left, still, backs and times of each page by replaying every session."""
    figures: dict = defaultdict(Counter)
    times: dict = defaultdict(list)
    for session in Session.objects.exclude(channel="test"):
        history = journal.history_of(session)
        visits = list(page_visits(history, [row.at for row in session.events.order_by("number")]))
        for place in {visit[0] for visit in visits}:
            visits_here = [visit for visit in visits if visit[0] == place]
            key, last = Place(session.version_id, *place), visits_here[-1][2]
            figures[key]["reached"] += 1
            figures[key]["backs"] += any(departure == "back" for *_, departure in visits_here)
            figures[key]["helps"] += any(
                event.kind == "help" and (event.node, event.cause, event.step) == place for event in history.events
            )
            figures[key]["remarks"] += any(
                event.kind == "remark" and (event.node, event.cause, event.step) == place for event in history.events
            )
            open_state = "still" if session.seen_at >= left_since else "left"
            figures[key][{"answer": "moved", "back": "moved", "ended": "ended", "open": open_state}[last]] += 1
            if spent := sum(seconds for _, seconds, _ in visits_here if seconds <= 3600):
                times[key].append(spent)
    return figures, times


ACTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["answer", "answer", "answer", "back", "remark", "ask", "early", "roll", "wait"]),
        st.integers(0, 10),
    ),
    min_size=5,
    max_size=40,
)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_figures_always_add_up_and_say_what_the_logs_say(clock, acts):
    with transaction.atomic():
        clock.now = NOON
        version = publish(TOY)
        walkers = [Walker(clock, version, f"v{number}", channel=CHANNELS[number % 3]) for number in range(4)]
        for who, act, number in acts:
            walker = walkers[who]
            walker.seconds = 1 + number * 700
            if act == "answer" and walker.legal:
                walker.answer(walker.legal[number % len(walker.legal)])
            elif act == "early":
                walker.act(journal.restart, walker.session.count)
            elif act == "roll":
                clock.pass_(minutes=6)
                analytics.roll_up()
            elif act == "wait":
                clock.pass_(hours=number)
            elif act in ("back", "remark", "ask"):
                getattr(walker, act)()
        check_against_replay(clock)
        before = all_figures()
        roll(clock)
        assert all_figures() == before
        incremental = rows()
        analytics.rebuild()
        roll(clock)
        assert rows() == incremental, "a rebuild from the log gives other tallies"
        transaction.set_rollback(True)


def all_figures() -> tuple:
    return (
        analytics.day_figures(everything()),
        analytics.place_figures(everything()),
        analytics.place_figures(everything(), True),
    )


def check_against_replay(clock: Clock) -> None:
    figures, times = expected(clock.now - timedelta(hours=1))
    found = analytics.place_figures(everything())
    assert set(found) == set(figures)
    for place, figure in found.items():
        names = ("reached", "moved", "ended", "left", "still", "backs", "helps", "remarks")
        assert {name: getattr(figure, name) for name in names} == {name: figures[place][name] for name in names}
        assert figure.times == Histogram.of(*times[place])
    for each in (*found.values(), *analytics.place_figures(everything(), whole=True).values()):
        assert each.reached == each.moved + each.ended + each.left + each.still
    statuses = Counter(Session.objects.values_list("status", flat=True))
    for parts in analytics.day_figures(everything())[:2]:
        figure = analytics.EndCounts(
            *(sum(getattr(part, end) for part in parts.values()) for end in analytics.EndCounts._fields)
        )
        assert figure.begun == Session.objects.count()
        assert figure.begun == figure.solved + figure.unsolved + figure.advice + figure.left + figure.still
        assert (figure.solved, figure.unsolved, figure.advice) == tuple(
            statuses[name] for name in ("solved", "unsolved", "advice")
        )
