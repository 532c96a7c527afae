"""What a change of the document means for a walk that somebody took."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graphs import TOY, graph
from tests.strategies import broken_documents, documents
from wizards import flow

SAME, OTHER, BROKEN = flow.Fate.SAME, flow.Fate.OTHER, flow.Fate.BROKEN
OLD = graph(*TOY)


def walk_over(document: flow.Document, *answers: str) -> flow.History:
    """Return the history of a walk from the symptom “s” by these answers; “back” goes back a page."""
    history = flow.History(document, flow.begin_events(document, "s"))
    for given_answer in answers:
        page = len(history)
        moves = history.back(page) if given_answer == "back" else history.answer(page, given_answer)
        for event in moves:
            history.append(event)
    return history


def toy(**lines: str) -> flow.Document:
    """Return TOY with some of its lines replaced, by how they begin; an empty one is left out."""
    lines_used = [lines.pop(next((name for name in lines if line.startswith(name)), ""), line) for line in TOY]
    assert not lines
    return graph(*filter(None, lines_used))


def fate(history: flow.History, document: flow.Document) -> tuple[flow.Fate, str]:
    impact = flow.replay_against(history, document)
    return impact.fate, impact.node


def test_over_the_same_document_a_walk_keeps_its_path():
    assert fate(walk_over(OLD, "no", "next", "worked"), OLD) == (SAME, "")


def test_an_answer_with_a_new_target_changes_the_path_there():
    assert fate(walk_over(OLD, "yes"), toy(q="q? yes:human no:fix list:why clean:wiping tip:tip")) == (OTHER, "q")


def test_a_walk_without_that_answer_keeps_its_path():
    assert fate(walk_over(OLD, "no"), toy(q="q? yes:human no:fix list:why clean:wiping tip:tip")) == (SAME, "")


def test_a_removed_answer_breaks_the_walk_there():
    assert fate(walk_over(OLD, "tip"), toy(q="q? yes:ok no:fix list:why clean:wiping")) == (BROKEN, "q")


def test_a_removed_symptom_breaks_the_walk_at_its_first_node():
    gone = flow.Document.model_validate(OLD.plain() | {"symptoms": []})
    assert fate(walk_over(OLD, "yes"), gone) == (BROKEN, "q")


def test_a_symptom_with_a_new_target_changes_the_path_from_the_start():
    moved = OLD.model_copy(update={"symptoms": (OLD.symptoms[0].model_copy(update={"to": "tip"}),)})
    assert fate(walk_over(OLD, "yes"), moved) == (OTHER, "q")


def test_branches_abandoned_by_going_back_do_not_count():
    assert fate(walk_over(OLD, "tip", "back", "yes"), toy(q="q? yes:ok no:fix list:why clean:wiping")) == (SAME, "")


@pytest.mark.parametrize("steps", ["press: hold", "press: hold more release", "press: other"])
def test_other_steps_do_not_change_the_path(steps):
    assert fate(walk_over(OLD, "no", "next", "worked"), toy(press=steps)) == (SAME, "")


def test_a_new_confirmation_does_not_change_the_path():
    fixing = "fix[press] worked:ok failed:why blocked:human declined:q"
    assert fate(walk_over(OLD, "no", "next", "worked"), toy(fix=fixing, press="press!: hold release")) == (SAME, "")


def test_a_removed_confirmation_does_not_change_the_path():
    assert fate(walk_over(OLD, "clean", "confirm", "worked"), toy(wipe="wipe: open shut")) == (SAME, "")


def test_declining_a_removed_confirmation_breaks_the_walk():
    assert fate(walk_over(OLD, "clean", "decline"), toy(wipe="wipe: open shut")) == (BROKEN, "wiping")


def test_a_removed_procedure_breaks_the_walk_where_it_was_used():
    assert fate(walk_over(OLD, "no", "worked"), toy(fix="fix? worked2:ok")) == (BROKEN, "fix")


def test_a_walk_that_left_a_list_stays_there_if_the_list_has_another_cause():
    fewer = toy(why="why{loose=press/50/2} worked:ok failed:human")
    history = walk_over(fewer, "list", "loose", "failed")
    assert fate(history, OLD) == (OTHER, "why")


def test_another_order_of_the_causes_does_not_change_the_path():
    turned = toy(why="why{worn=press/10/5 old=wipe/50/1 loose=press/1/600} worked:ok failed:human")
    assert fate(walk_over(OLD, "list", "loose", "failed", "worn", "worked"), turned) == (SAME, "")


def test_a_choice_with_the_id_next_is_an_answer():
    old = graph("q? next:ok confirm:human", "ok = solved", "human = unsolved")
    new = graph("q? next:human confirm:human", "ok = solved", "human = unsolved")
    assert fate(walk_over(old, "next"), new) == (OTHER, "q")


def test_another_result_at_the_end_is_another_path():
    assert fate(walk_over(OLD, "yes"), toy(ok="ok = advice")) == (OTHER, "ok")


@given(data=st.data(), document=documents(), other=st.one_of(documents(), broken_documents()))
def test_any_walk_has_a_fate_over_any_document_and_stays_the_same_over_its_own(data, document, other):
    history = flow.History(document, flow.begin_events(document, "s"))
    for _ in range(8):
        offered = flow.node_at(document, history.pages[-1].position).answers(document, history.pages[-1].position)
        if not offered:
            break
        for event in history.answer(len(history), data.draw(st.sampled_from(offered))):
            history.append(event)
    assert flow.replay_against(history, document).fate == SAME
    assert flow.replay_against(history, other).fate in flow.Fate
