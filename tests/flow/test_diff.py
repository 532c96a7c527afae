"""What changed between two documents, in words."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.graphs import graph
from tests.strategies import broken_documents, documents, texts
from wizards import flow

BEFORE = graph("q? yes:ok no:fix", "fix[press] worked:ok failed:q blocked:q", "ok = solved", "press: hold release")


def changed(**fields) -> list[str]:
    """Return what differs from BEFORE in a document with these fields of its plain form."""
    after = flow.Document.model_validate(BEFORE.plain() | fields)
    return [str(change) for change in flow.diff(BEFORE, after)]


def nodes(**changes) -> list[dict]:
    """Return BEFORE's nodes with fields of some of them changed, by id."""
    return [node | changes.get(node["id"], {}) for node in BEFORE.plain()["nodes"]]


CHOICES = BEFORE.plain()["nodes"][0]["choices"]


def test_nothing_changed_between_a_document_and_itself():
    assert changed() == []


def test_a_reworded_title_is_shown_with_both_wordings():
    changes = changed(nodes=nodes(ok={"title": "It works"}))
    assert changes == ["node “It works” › title reworded from “End ok” to “It works”"]


def test_a_new_target_is_described_by_the_titles_of_the_nodes():
    choices = [CHOICES[0], CHOICES[1] | {"to": "ok"}]
    assert changed(nodes=nodes(q={"choices": choices})) == [
        "node “Question q?” › choice “Choose no” › leads to re-targeted from “Do fix” to “End ok”"
    ]


def test_a_cleared_target_is_shown_as_nothing():
    assert "from “End ok” to “nothing”" in changed(nodes=nodes(fix={"worked": ""}))[0]


def test_targets_with_the_same_title_are_distinguished_by_their_ids():
    before = graph("q? yes:a", "a = solved", "b = solved")
    twins = [node | {"title": "The end"} for node in before.plain()["nodes"]]
    first = flow.Document.model_validate(before.plain() | {"nodes": twins})
    choice = twins[0]["choices"][0] | {"to": "b"}
    second = flow.Document.model_validate(first.plain() | {"nodes": [twins[0] | {"choices": [choice]}, *twins[1:]]})
    assert "from “The end (a)” to “The end (b)”" in str(flow.diff(first, second)[0])


def test_added_and_removed_parts_are_named_by_their_titles():
    spare = {"id": "new", "kind": "outcome", "title": "A new end", "result": "advice"}
    assert changed(nodes=[*nodes()[1:], spare]) == ["node “A new end” added", "node “Question q?” removed"]


def test_an_added_part_shows_the_texts_of_its_parts():
    after = graph("q? yes:ok", "ok = solved", "press: hold")
    added = next(change for change in flow.diff(graph("ok = solved"), after) if change.where == ("node “Question q?”",))
    assert added.after == "Question q? · Choose yes"


def test_a_new_order_names_only_the_parts_that_moved():
    first, *rest = nodes()
    assert changed(nodes=[*rest, first]) == ["nodes reordered: “Question q?” now comes after “End ok”"]


def test_a_new_order_changes_no_parts():
    assert {change.kind for change in flow.diff(BEFORE, reversed_graph())} == {flow.ChangeKind.REORDERED}


def reversed_graph() -> flow.Document:
    return flow.Document.model_validate(BEFORE.plain() | {"nodes": nodes()[::-1]})


def test_a_changed_number_is_no_rewording():
    procedure = BEFORE.plain()["procedures"][0] | {"minutes": 9}
    assert changed(procedures=[procedure]) == ["procedure “Procedure press” › minutes changed from “5” to “9”"]


def test_a_changed_result_is_no_rewording():
    assert flow.diff(BEFORE, graph_with_advice())[0].kind == flow.ChangeKind.CHANGED


def graph_with_advice() -> flow.Document:
    return flow.Document.model_validate(BEFORE.plain() | {"nodes": nodes(ok={"result": "advice"})})


def test_a_node_of_another_kind_is_removed_and_added():
    outcome = {"id": "fix", "kind": "outcome", "title": "Do fix", "result": "advice"}
    after = [outcome if node["id"] == "fix" else node for node in nodes()]
    assert changed(nodes=after) == ["node “Do fix” removed", "node “Do fix” added"]


def test_a_text_is_compared_word_by_word():
    runs = flow.diff_words("Press the small button twice.", "Press the red button twice.")
    assert [(run.mark, run.text) for run in runs] == [
        ("same", "Press the "),
        ("removed", "small "),
        ("added", "red "),
        ("same", "button twice."),
    ]


def test_texts_with_little_in_common_are_shown_whole():
    runs = flow.diff_words("One two three four.", "Press the red button.")
    assert [run.mark for run in runs] == ["removed", "added"]


def test_a_new_paragraph_is_a_change_and_another_blank_is_none():
    assert [run.mark for run in flow.diff_words("a b c d", "a  b c d")] == ["same"]
    assert "added" in {run.mark for run in flow.diff_words("a b c d", "a b\n\nc d")}


@given(before=texts(), after=texts())
def test_the_runs_that_were_not_removed_make_the_new_text(before, after):
    kept = "".join(run.text for run in flow.diff_words(before, after) if run.mark != "removed")
    assert kept == after or not after.strip()


@given(before=broken_documents(), after=broken_documents())
def test_any_two_documents_can_be_compared_in_words(before, after):
    changes = flow.diff(before, after)
    assert changes == [] or before != after
    assert all(str(change) and change.runs is not None for change in changes)


@given(before=documents(), after=documents())
def test_two_documents_without_faults_differ_where_there_are_changes(before, after):
    assert bool(flow.diff(before, after)) == (before != after)


@given(document=broken_documents())
def test_a_document_differs_from_its_change_and_not_from_its_copy(document):
    copied = flow.Document.model_validate(document.plain())
    assert flow.diff(document, copied) == []
    assert flow.diff(document, copied.model_copy(update={"title": f"{document.title} now"}))


@pytest.mark.parametrize("word", ["a ", "a b ", "word{} "])
def test_the_longest_texts_are_compared_quickly(word):
    before = "".join(word.format(n) for n in range(8000 // len(word)))
    after = before[4000:] + "new " + before[:3990]
    kept = "".join(run.text for run in flow.diff_words(before, after) if run.mark != "removed")
    assert kept == after
