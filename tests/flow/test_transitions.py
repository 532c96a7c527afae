"""The walk: what each answer leads to and what is logged, one rule of the design in each test."""

from __future__ import annotations

import pytest

from tests.graphs import graph
from tests.walks import TOY, Walk
from wizards import flow
from wizards.flow import Event, EventKind, Position


def test_a_session_begins_at_the_node_of_its_symptom():
    walk = Walk()
    assert walk.history.events == [Event(EventKind.BEGIN, answer="s")]
    assert walk.position == Position("q")


def test_an_unknown_symptom_starts_no_session():
    with pytest.raises(flow.IllegalMoveError, match="no such way in"):
        flow.begin_events(TOY, "t")


def test_a_symptom_may_lead_straight_to_an_outcome_and_the_end_is_logged():
    events = flow.begin_events(graph("ok = advice"), "s")
    assert events == (Event(EventKind.BEGIN, answer="s"), Event(EventKind.END, node="ok", answer="advice"))


@pytest.mark.parametrize("lines", [["q[none-such] worked:ok", "ok = solved"], ["q[p] worked:ok", "ok = solved", "p: "]])
def test_a_symptom_of_an_incomplete_procedure_starts_no_session(lines):
    with pytest.raises(flow.IllegalMoveError, match="not ready"):
        flow.begin_events(graph(*lines), "s")


# --- questions --------------------------------------------------------------------------------------------------


def test_a_question_offers_its_choices_in_order():
    assert Walk().legal == ("yes", "no", "again")


def test_a_choice_leads_to_its_node_and_is_logged_where_it_was_made():
    walk = Walk().answer("no")
    assert walk.position == Position("why")
    assert walk.history.events[-1] == Event(EventKind.ANSWER, node="q", answer="no")


def test_a_choice_may_lead_back_to_its_own_question():
    walk = Walk().answer("again", "again", "no")
    assert walk.position == Position("why")
    assert walk.kinds == ["begin", "answer", "answer", "answer"]


@pytest.mark.parametrize("forged", ["maybe", "", "YES", "yes ", "next", "confirm", "\0", "\ud800", "x" * 100_000])
def test_an_answer_that_is_not_offered_is_illegal(forged):
    walk = Walk()
    with pytest.raises(flow.IllegalMoveError):
        walk.history.answer(1, forged)


def test_a_choice_that_leads_nowhere_yet_is_illegal():
    walk = Walk(graph("q? a:missing b:ok", "ok = solved"))
    with pytest.raises(flow.IllegalMoveError, match="leads nowhere yet"):
        walk.answer("a")


@pytest.mark.parametrize("act", [flow.answer_events, flow.next_position])
def test_a_position_at_a_missing_node_takes_no_answer(act):
    with pytest.raises(flow.IllegalMoveError, match="no longer there"):
        act(TOY, Position("gone"), "yes")


def test_the_wording_of_an_answer_is_its_label():
    question, diagnosis, fix = (TOY.node(name) for name in ("q", "why", "fix"))
    assert question.wording(TOY, Position("q"), "yes") == "Choose yes"
    assert diagnosis.wording(TOY, Position("why"), "worn") == "Cause worn"
    assert diagnosis.wording(TOY, Position("why"), "none") == "None of these fits"
    assert diagnosis.wording(TOY, Position("why", "stuck", "hold"), "failed") == "It did not work"
    assert fix.wording(TOY, Position("fix", step="hold"), "blocked") == "I can’t do this"


# --- procedures -------------------------------------------------------------------------------------------------


def test_a_procedure_goes_step_by_step():
    walk = Walk().answer("no", "none")
    assert walk.position == Position("fix", step="hold")
    assert walk.legal == ("next", "worked", "failed", "blocked")
    walk.answer("next")
    assert walk.position == Position("fix", step="release")
    assert walk.legal == ("worked", "failed", "blocked")


@pytest.mark.parametrize(("result", "target"), [("worked", "ok"), ("failed", "q"), ("blocked", "ask")])
@pytest.mark.parametrize("before", [[], ["next"]], ids=["on the first step", "on the last step"])
def test_each_result_of_a_procedure_leads_where_the_node_says(before, result, target):
    assert Walk().answer("no", "none", *before, result).position.node == target


def test_there_is_nothing_next_on_the_last_step():
    with pytest.raises(flow.IllegalMoveError):
        Walk().answer("no", "none", "next", "next")


def test_the_log_knows_the_step_at_which_a_person_stopped():
    walk = Walk().answer("no", "none", "next", "blocked")
    assert walk.history.events[-1] == Event(EventKind.ANSWER, node="fix", step="release", answer="blocked")


def test_a_procedure_that_erases_asks_before_its_first_step():
    walk = Walk().answer("no", "none", "blocked")
    assert walk.position == Position("ask")
    assert walk.legal == ("confirm", "decline")
    assert flow.node_at(TOY, walk.position).screen(walk.position) == "confirm"
    walk.answer("confirm")
    assert walk.position == Position("ask", step="erase")
    assert flow.node_at(TOY, walk.position).screen(walk.position) == "procedure"


def test_declining_leads_to_the_alternative():
    assert Walk().answer("no", "none", "blocked", "decline").position == Position("tip")


@pytest.mark.parametrize("given", ["next", "worked", "failed", "blocked"])
def test_nothing_is_erased_without_a_confirmation(given):
    with pytest.raises(flow.IllegalMoveError):
        Walk().answer("no", "none", "blocked", given)


@pytest.mark.parametrize("given", ["confirm", "decline"])
def test_what_erases_nothing_takes_no_confirmation(given):
    with pytest.raises(flow.IllegalMoveError):
        Walk().answer("no", "none", given)


# --- diagnoses --------------------------------------------------------------------------------------------------


def test_causes_are_offered_by_weight_for_minutes_and_those_that_erase_last():
    walk = Walk().answer("no")
    assert walk.legal == ("stuck", "loose", "worn", "lost", "none")


def test_the_order_that_was_offered_is_logged_with_the_choice():
    walk = Walk().answer("no", "worn")
    assert walk.history.events[-1].offered == ("stuck", "loose", "worn", "lost")
    walk.answer("next")
    assert walk.history.events[-1] == Event(EventKind.ANSWER, "why", "worn", "open", "next")


def test_skipping_the_whole_list_is_logged_with_what_was_offered():
    walk = Walk().answer("no", "none")
    assert walk.history.events[-1] == Event(
        EventKind.ANSWER, "why", answer="none", offered=("stuck", "loose", "worn", "lost")
    )


def test_a_cause_leads_into_its_procedure():
    assert Walk().answer("no", "stuck").position == Position("why", "stuck", "hold")


def test_a_cause_whose_procedure_erases_asks_first():
    walk = Walk().answer("no", "lost")
    assert walk.position == Position("why", "lost", "")
    assert walk.legal == ("confirm", "decline")


def test_a_cause_that_worked_leads_on():
    assert Walk().answer("no", "stuck", "worked").position == Position("ok")


def test_a_cause_may_override_where_success_leads():
    document = graph("why{a=p/1/1 b=p/1/1} worked:ok failed:ok", "more? x:ok", "ok = solved", "p: do")
    plain = document.plain()
    plain["nodes"][0]["causes"][0]["worked"] = "more"
    document = flow.Document.model_validate(plain)
    assert Walk(document).answer("a", "worked").position == Position("more")
    assert Walk(document).answer("b", "worked").position == Position("ok")


@pytest.mark.parametrize(
    ("answers", "result"),
    [(["stuck", "failed"], "failed"), (["stuck", "next", "blocked"], "blocked"), (["lost", "decline"], "declined")],
)
def test_a_cause_that_did_not_help_leads_back_to_the_list_as_tried(answers, result):
    walk = Walk().answer("no", *answers)
    assert walk.position == Position("why", tried=((answers[0], result),))
    assert walk.legal[-2:] == (answers[0], "none")


def test_causes_already_tried_come_last_in_their_own_order():
    walk = Walk().answer("no", "lost", "decline", "stuck", "failed")
    assert walk.legal == ("loose", "worn", "stuck", "lost", "none")
    assert walk.position.tried == (("lost", "declined"), ("stuck", "failed"))


def test_a_cause_may_be_tried_again():
    walk = Walk().answer("no", "stuck", "failed", "stuck", "next", "blocked")
    assert walk.position.tried == (("stuck", "blocked"),)
    assert Walk().answer("no", "stuck", "failed", "stuck", "worked").position == Position("ok")


def test_a_cause_may_override_where_failure_leads():
    plain = TOY.plain()
    for cause in plain["nodes"][1]["causes"]:
        cause["failed"] = "tip"
    document = flow.Document.model_validate(plain)
    assert Walk(document).answer("no", "stuck", "failed").position == Position("tip")
    assert Walk(document).answer("no", "stuck", "blocked").position == Position("why", tried=(("stuck", "blocked"),))


def test_causes_tried_are_still_known_while_another_is_tried():
    assert Walk().answer("no", "stuck", "failed", "loose").position == Position(
        "why", "loose", "turn", (("stuck", "failed"),)
    )


def test_when_every_cause_was_tried_the_diagnosis_has_failed():
    walk = Walk().answer("no", "stuck", "failed", "loose", "failed", "worn", "blocked", "lost", "decline")
    assert walk.position == Position("fix", step="hold")


def test_none_of_these_leads_where_the_diagnosis_failed():
    assert Walk().answer("no", "stuck", "failed", "none").position == Position("fix", step="hold")


def test_coming_to_a_diagnosis_again_starts_its_list_afresh():
    walk = Walk().answer("no", "stuck", "failed", "none", "failed", "no")
    assert walk.position == Position("why")


def test_a_cause_without_a_procedure_cannot_be_chosen():
    walk = Walk(graph("why{a=missing/1/1 b=p/1/1} worked:ok failed:ok", "ok = solved", "p: do"))
    with pytest.raises(flow.IllegalMoveError, match="not ready"):
        walk.answer("a")
    assert walk.answer("b").position.cause == "b"


# --- the end ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "node", "result"),
    [
        (["yes"], "ok", "solved"),
        (["no", "none", "blocked", "confirm", "failed"], "human", "unsolved"),
        (["no", "none", "blocked", "decline"], "tip", "advice"),
    ],
)
def test_the_answer_that_reaches_an_outcome_is_followed_by_the_end(answers, node, result):
    walk = Walk().answer(*answers)
    assert walk.history.events[-1] == Event(EventKind.END, node=node, answer=result)
    assert walk.kinds[-2] == "answer"
    assert walk.history.ended == result
    assert walk.history.complete


def test_an_outcome_takes_no_answer():
    walk = Walk().answer("yes")
    assert walk.legal == ()
    with pytest.raises(flow.IllegalMoveError):
        walk.history.answer(3, "yes")


def test_the_end_is_the_same_page_as_the_outcome_before_it():
    history = Walk().answer("yes").history
    assert history.pages[1] == history.pages[2]
    assert history.trail() == [1, 2]
