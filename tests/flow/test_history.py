"""The log: answers to earlier pages, going back, starting over, remarks, and what replaying refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.graphs import graph
from tests.walks import TOY, Walk
from wizards import flow
from wizards.flow import Event, EventKind, Position

# --- answers to earlier pages, going back -----------------------------------------------------------------------


def test_the_same_answer_posted_again_adds_nothing():
    walk = Walk().answer("no", "stuck", "next")
    assert [walk.history.answer(number, given) for number, given in ((1, "no"), (2, "stuck"), (3, "next"))] == [()] * 3


def test_the_same_answer_that_led_to_the_end_adds_nothing():
    assert Walk().answer("yes").history.answer(1, "yes") == ()


def test_the_same_answer_in_a_circle_adds_nothing():
    walk = Walk().answer("again")
    assert walk.history.answer(1, "again") == ()
    assert walk.history.answer(2, "again") == (Event(EventKind.ANSWER, "q", answer="again"),)


def test_another_answer_to_an_earlier_page_goes_back_and_then_answers():
    walk = Walk().answer("no", "stuck")
    walk.add(walk.history.answer(1, "yes"))
    assert walk.history.events[3:] == [
        Event(EventKind.BACK, "why", "stuck", "hold", to=1),
        Event(EventKind.ANSWER, "q", answer="yes"),
        Event(EventKind.END, "ok", answer="solved"),
    ]
    assert walk.history.trail() == [1, 5]


def test_another_answer_after_the_end_resumes_the_walk():
    walk = Walk().answer("yes")
    walk.add(walk.history.answer(1, "no"))
    assert walk.kinds == ["begin", "answer", "end", "back", "answer"]
    assert walk.history.ended == ""


def test_an_answer_that_an_earlier_page_does_not_offer_is_illegal():
    walk = Walk().answer("no", "stuck")
    with pytest.raises(flow.IllegalMoveError):
        walk.history.answer(1, "next")


@pytest.mark.parametrize("number", [0, -1, 4, 5, 10**20])
@pytest.mark.parametrize(
    "move",
    [
        lambda history, number: history.answer(number, "next"),
        lambda history, number: history.back(number),
        lambda history, number: history.back(number, to=1),
        lambda history, number: history.annotate(number, EventKind.REMARK),
    ],
    ids=["answer", "back", "back to the first", "remark"],
)
def test_a_page_not_reached_takes_no_move(number, move):
    history = Walk().answer("no", "stuck").history
    with pytest.raises(flow.IllegalMoveError):
        move(history, number)


def test_back_leads_to_the_page_before():
    walk = Walk().answer("no", "stuck")
    walk.add(walk.history.back(3))
    assert walk.position == Position("why")
    assert walk.history.events[-1] == Event(EventKind.BACK, "why", "stuck", "hold", to=2)
    walk.add(walk.history.back(4))
    assert walk.position == Position("q")
    assert walk.kinds == ["begin", "answer", "answer", "back", "back"]


def test_back_from_the_first_page_is_nothing():
    assert Walk().history.back(1) == ()


def test_back_posted_again_is_nothing():
    walk = Walk().answer("no", "stuck")
    walk.add(walk.history.back(3))
    assert walk.history.back(3) == ()


def test_back_from_an_outcome_leads_to_the_page_that_was_answered():
    walk = Walk().answer("no", "none", "worked")
    walk.add(walk.history.back(len(walk.history)))
    assert walk.position == Position("fix", step="hold")
    assert walk.history.ended == ""


def test_the_answer_given_before_going_back_may_be_given_again():
    walk = Walk().answer("no")
    walk.add(walk.history.back(2)).answer("no")
    assert walk.kinds == ["begin", "answer", "back", "answer"]
    assert walk.history.trail() == [1, 4]


def test_an_abandoned_page_can_be_answered_and_its_branch_is_resumed():
    walk = Walk().answer("no", "stuck")
    walk.add(walk.history.back(3))
    walk.add(walk.history.back(4))
    walk.add(walk.history.answer(2, "worn"))
    assert walk.history.events[-2:] == [
        Event(EventKind.BACK, "q", to=2),
        Event(EventKind.ANSWER, "why", answer="worn", offered=("stuck", "loose", "worn", "lost")),
    ]
    assert walk.position == Position("why", "worn", "open")


def test_a_late_double_click_on_an_abandoned_page_adds_nothing():
    walk = Walk().answer("no", "stuck")
    walk.add(walk.history.answer(1, "again"))
    assert walk.history.answer(2, "stuck") == ()


def test_starting_over_leads_to_the_first_page_and_keeps_the_log():
    walk = Walk().answer("no", "stuck", "next")
    walk.add(walk.history.back(4, to=1))
    assert walk.position == Position("q")
    assert walk.kinds == ["begin", "answer", "answer", "answer", "back"]
    assert walk.history.trail() == [1]
    assert walk.history.back(5, to=1) == ()


def test_the_chosen_answer_of_each_page_is_known():
    walk = Walk().answer("no", "stuck", "next")
    assert [walk.history.chosen_answer(number) for number in (1, 2, 3, 4)] == ["no", "stuck", "next", None]
    walk.add(walk.history.answer(1, "again"))
    assert [walk.history.chosen_answer(number) for number in (1, 2, 3, 4, 5, 6)] == [
        "again",
        "stuck",
        "next",
        None,
        "again",
        None,
    ]


# --- remarks, help, feedback ------------------------------------------------------------------------------------


def test_a_remark_does_not_change_the_position():
    walk = Walk().answer("no")
    walk.add(walk.history.annotate(2, EventKind.REMARK))
    assert walk.history.events[-1] == Event(EventKind.REMARK, "why", to=2)
    assert walk.position == Position("why")
    assert walk.history.trail() == [1, 2]


def test_a_remark_may_concern_an_earlier_page():
    walk = Walk().answer("no", "stuck")
    assert walk.history.annotate(1, EventKind.REMARK) == Event(EventKind.REMARK, "q", to=1)


def test_an_answer_on_a_page_that_was_remarked_on_goes_on():
    walk = Walk()
    walk.add(walk.history.annotate(1, EventKind.REMARK)).add(walk.history.annotate(2, EventKind.HELP))
    assert walk.history.answer(1, "no") == walk.history.answer(3, "no") == (Event(EventKind.ANSWER, "q", answer="no"),)


def test_the_same_answer_again_adds_nothing_with_remarks_in_between():
    walk = Walk().answer("no")
    walk.add(walk.history.annotate(1, EventKind.REMARK)).add(walk.history.annotate(2, EventKind.REMARK))
    assert walk.history.answer(1, "no") == ()
    walk.answer("stuck")
    assert walk.history.answer(2, "stuck") == walk.history.answer(4, "stuck") == ()


def test_going_back_passes_over_remarks():
    walk = Walk().answer("no")
    walk.add(walk.history.annotate(2, EventKind.REMARK))
    walk.add(walk.history.back(3))
    assert walk.position == Position("q")


@pytest.mark.parametrize("given", ["yes", "no"])
def test_feedback_is_given_at_the_end(given):
    walk = Walk().answer("yes")
    event = walk.history.annotate(3, EventKind.FEEDBACK, given)
    assert event == Event(EventKind.FEEDBACK, "ok", answer=given, to=3)
    assert walk.add(event).history.ended == "solved"


@pytest.mark.parametrize(("page", "given"), [(1, "yes"), (3, "maybe"), (3, "")])
def test_feedback_elsewhere_or_with_other_words_is_illegal(page, given):
    with pytest.raises(flow.IllegalMoveError):
        Walk().answer("yes").history.annotate(page, EventKind.FEEDBACK, given)


@pytest.mark.parametrize("kind", [EventKind.BEGIN, EventKind.ANSWER, EventKind.BACK, EventKind.END])
def test_moves_are_no_annotations(kind):
    with pytest.raises(flow.IllegalMoveError):
        Walk().history.annotate(1, kind)


# --- replay -----------------------------------------------------------------------------------------------------

ANNOTATIONS = {EventKind.REMARK, EventKind.HELP, EventKind.NOTE, EventKind.JOIN, EventKind.PART, EventKind.PASSED}
LONG = (
    Walk()
    .answer("no", "stuck", "failed", "lost", "confirm", "next")
    .remark(7)
    .back(8)
    .answer("worked")
    .feedback("no")
    .answer_at(1, "yes")
    .feedback("yes")
    .history.events
)


def test_a_log_replays_to_the_pages_that_were_shown():
    walk = Walk().answer("no", "stuck", "failed")
    again = flow.replay(TOY, walk.history.events)
    assert again.pages == walk.history.pages
    assert len(again) == 4


def test_a_log_survives_every_kind_of_event():
    assert {event.kind for event in LONG} == set(EventKind) - ANNOTATIONS | {EventKind.REMARK}
    assert flow.replay(TOY, LONG).ended == "solved"


@pytest.mark.parametrize("length", range(1, len(LONG)))
def test_the_beginning_of_a_log_replays_unless_it_lacks_its_end(length):
    if LONG[length].kind == EventKind.END:
        with pytest.raises(flow.BrokenLogError, match="no end event follows"):
            flow.replay(TOY, LONG[:length])
    else:
        assert len(flow.replay(TOY, LONG[:length])) == length


def changed() -> Iterator[tuple[int, Event]]:
    """Yield (index, event with one field changed) for every event of the long log."""
    changes = [{"node": "tip"}, {"node": ""}, {"cause": "worn"}, {"step": "open"}, {"answer": "forged"}, {"to": 99}]
    changes += [{"offered": ("worn", "stuck")}, *({"kind": kind} for kind in EventKind)]
    for index, event in enumerate(LONG):
        for change in changes:
            # Annotations differ only in their kind, so a log with another kind of annotation is valid.
            is_same_shape = event.kind in ANNOTATIONS and change.get("kind") in ANNOTATIONS
            if replace(event, **change) != event and not is_same_shape:
                yield pytest.param(index, replace(event, **change), id=f"{index + 1}-{event.kind}-{change}")


@pytest.mark.parametrize(("index", "event"), list(changed()))
def test_a_log_with_one_field_changed_is_broken_at_that_event(index, event):
    with pytest.raises(flow.BrokenLogError) as broken:
        flow.replay(TOY, [*LONG[:index], event, *LONG[index + 1 :]])
    assert broken.value.number == index + 1
    assert broken.value.reason in str(broken.value)


# Later events do not depend on a remark or feedback; `tests/analytics/test_audit.py` finds those by number.
MOVES = [index for index, event in enumerate(LONG) if event.kind not in (EventKind.REMARK, EventKind.FEEDBACK)]


@pytest.mark.parametrize("index", MOVES[:-1])
def test_a_log_with_one_move_removed_is_broken(index):
    with pytest.raises(flow.BrokenLogError):
        flow.replay(TOY, [*LONG[:index], *LONG[index + 1 :]])


@pytest.mark.parametrize("index", MOVES)
def test_a_log_with_one_move_twice_is_broken(index):
    with pytest.raises(flow.BrokenLogError):
        flow.replay(TOY, [*LONG[: index + 1], *LONG[index:]])


@pytest.mark.parametrize("index", [index for index in MOVES[:-1] if index + 1 in MOVES])
def test_a_log_with_two_moves_exchanged_is_broken(index):
    with pytest.raises(flow.BrokenLogError):
        flow.replay(TOY, [*LONG[:index], LONG[index + 1], LONG[index], *LONG[index + 2 :]])


def test_a_log_without_a_begin_event_is_broken():
    with pytest.raises(flow.BrokenLogError) as broken:
        flow.replay(TOY, [Event(EventKind.ANSWER, "q", answer="yes")])
    assert broken.value.number == 1


def test_a_log_over_another_document_is_broken():
    with pytest.raises(flow.BrokenLogError):
        flow.replay(graph("q? yes:ok", "ok = solved"), LONG)


@pytest.mark.parametrize(
    "event",
    [
        Event(EventKind.BACK, "ok", to=0),
        Event(EventKind.BACK, "ok", to=None),
        Event(EventKind.BACK, "ok", to=-1),
        Event(EventKind.BACK, "ok", to=4),
        Event(EventKind.REMARK, "ok", to=4),
        Event(EventKind.REMARK, "ok", to=None),
        Event(EventKind.REMARK, "ok", answer="words", to=3),
        Event(EventKind.REMARK, "q", to=3),
        Event(EventKind.HELP, "ok", to=0),
        Event(EventKind.FEEDBACK, "ok", answer="maybe", to=3),
        Event(EventKind.FEEDBACK, "q", answer="yes", to=1),
        Event(EventKind.END, "ok", answer="solved"),
        Event(EventKind.BEGIN, answer="s"),
        Event(EventKind.ANSWER, "ok", answer="yes"),
    ],
    ids=str,
)
def test_a_log_with_an_impossible_event_appended_is_broken_there(event):
    events = Walk().answer("yes").history.events
    with pytest.raises(flow.BrokenLogError) as broken:
        flow.replay(TOY, [*events, event])
    assert broken.value.number == 4


def test_an_empty_log_is_valid():
    assert flow.replay(TOY, []).complete
