"""Draft rows, documents and versions say the same thing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings

from tests.examples import examples
from tests.graphs import SMALL, graph
from tests.races import racing
from tests.strategies import documents
from tests.versions import publish_draft
from wizards import flow, publishing
from wizards.flow.fields import Part
from wizards.models import Cause, Choice, Node, Procedure, Source, Step, Symptom, Version, Wizard, WizardProcedure

pytestmark = pytest.mark.django_db

TOY = graph(*SMALL)
ROWS = (Wizard, Source, Symptom, Node, Choice, Cause, Procedure, Step)

# Every field of every part, with another value than the default.
TEXTS = {"text": "Text.", "say": "Say.", "note": "Note.", "sources": ["F1", "editorial"]}
CAUSE = {"id": "c", "label": "C", "reason": "R", "weight": 99, "minutes": 98, "procedure": "p", "worked": "q"}
CAUSE |= {"failed": "q", "note": "N", "sources": ["F1"]}
STEP = {"id": "t", "title": "T", "text": "X", "say": "S", "signs": ["a", "b"], "hold_seconds": 1, "wait_seconds": 2}
STEP |= {"caution": "C", "picture": {"name": "card", "alt": "A"}, "note": "N", "sources": ["F1"]}
TARGETS = {"worked": "q", "failed": "d", "blocked": "p", "declined": "o"}
EVERYTHING = {
    "format": 1,
    "slug": "everything",
    "title": "Everything",
    "summary": "Summary",
    "language": "de",
    "sources": [{"id": "F1", "fact": "Fact", "open": True}],
    "symptoms": [{"id": "s", "label": "S", "words": ["a b", "c"], "to": "q", "sources": ["F1"]}],
    "nodes": [
        {
            "id": "q",
            "kind": "question",
            "title": "Q",
            **TEXTS,
            "choices": [{"id": "a", "label": "A", "reason": "R", "to": "d"}],
        },
        {"id": "d", "kind": "diagnosis", "title": "D", **TEXTS, "causes": [CAUSE], "worked": "o", "failed": "p"},
        {"id": "p", "kind": "procedure", "title": "P", **TEXTS, "procedure": "p", **TARGETS},
        {"id": "o", "kind": "outcome", "title": "O", **TEXTS, "result": "advice"},
    ],
    "procedures": [
        {
            "id": "p",
            "title": "P",
            "minutes": 7,
            "text": "T",
            "erases": "E",
            "worked_label": "W",
            "failed_label": "F",
            "steps": [STEP],
            "sources": ["F1"],
        }
    ],
}


def identities() -> dict[str, dict[str, int]]:
    """Return the primary key of every draft row by model and by the row's key."""
    named = {model: "slug" if model is Wizard else "key" for model in ROWS}
    return {model.__name__: dict(model.objects.values_list(name, "pk")) for model, name in named.items()}


def parts(part: Part) -> list[Part]:
    """Return a part of a document and all parts within it."""
    parts_found = [part]
    for name in type(part).model_fields:
        value = getattr(part, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Part):
                parts_found += parts(each)
    return parts_found


# --- load and compile -------------------------------------------------------------------------------------------


def test_the_document_of_everything_leaves_no_field_at_its_default():
    parts_found = parts(flow.Document.model_validate(EVERYTHING))
    assert {type(part) for part in parts_found} >= set(flow.KINDS.values())
    fields = [(part, name, field) for part in parts_found for name, field in type(part).model_fields.items()]
    assert fields
    assert [
        f"{type(part).__name__}.{name}" for part, name, field in fields if getattr(part, name) == field.default
    ] == []


def test_every_field_of_a_document_goes_through_the_rows():
    document = flow.Document.model_validate(EVERYTHING)
    assert publishing.compile_draft(publishing.import_document(document)) == document


@settings(max_examples=examples(20))
@given(document=documents())
def test_an_imported_document_compiles_to_itself(document):
    again = publishing.compile_draft(publishing.import_document(document))
    assert again == document
    assert again.content_hash() == document.content_hash()


@settings(max_examples=examples(20))
@given(document=documents())
def test_a_version_reads_as_the_published_document(document):
    version = publish_draft(document)
    assert publishing.document_of(version.pk) == document
    assert version.content_hash == document.content_hash()


def row_contents():
    """Return what the rows say; `revision` only counts how often they were saved."""
    rows = [list(model.objects.order_by("pk").values()) for model in ROWS]
    return [[{name: value for name, value in row.items() if name != "revision"} for row in each] for each in rows]


def test_importing_again_changes_nothing():
    publishing.import_document(TOY)
    before = identities(), row_contents()
    publishing.import_document(TOY)
    assert (identities(), row_contents()) == before


def test_rows_keep_their_identity_by_their_key_when_all_else_changes():
    publishing.import_document(TOY)
    before = identities()
    plain = TOY.plain()
    plain["nodes"].reverse()
    plain["procedures"].reverse()
    for node in plain["nodes"]:
        node["title"] += ", changed"
        for part in [*node.get("choices", []), *node.get("causes", [])]:
            part["label"] += ", changed"
    changed = flow.Document.model_validate(plain)
    assert publishing.compile_draft(publishing.import_document(changed)) == changed
    assert identities() == before


def test_parts_missing_in_a_new_file_are_deleted():
    publishing.import_document(TOY)
    smaller = graph("q? yes:ok no:ok", "ok = solved")
    assert publishing.compile_draft(publishing.import_document(smaller)) == smaller
    assert not Cause.objects.exists()
    assert not Procedure.objects.exists()
    assert set(Node.objects.values_list("key", flat=True)) == {"q", "ok"}


@pytest.mark.parametrize(
    "node", ["n? a:ok b:ok", "n{a=p/1/1} worked:ok failed:ok", "n[p] worked:ok failed:ok blocked:ok"]
)
@pytest.mark.parametrize("other", ["n? a:ok b:ok", "n{a=r/1/1} worked:ok failed:ok", "n = advice"])
def test_a_node_may_change_its_kind(node, other):
    for line, procedure in ((node, "p: do"), (other, "r: do")):
        needed = [procedure] if any(mark in line for mark in "[{") else []
        document = graph("q? a:n b:ok", line, "ok = solved", *needed)
        assert publishing.compile_draft(publishing.import_document(document)) == document
        assert [procedure.key for procedure in Procedure.objects.all()] == [part.id for part in document.procedures]


def test_leftovers_of_a_node_of_another_kind_are_ignored():
    wizard = publishing.import_document(TOY)
    WizardProcedure.objects.all().delete()
    assert {part.id for part in publishing.compile_draft(wizard).procedures} == {"press", "wipe"}
    wizard.nodes.filter(key="why").update(kind="outcome", result="advice")
    assert {part.id for part in publishing.compile_draft(wizard).procedures} == {"wipe"}
    wizard.nodes.filter(key="fix").update(kind="outcome", result="advice")
    assert publishing.compile_draft(wizard).procedures == ()


def test_an_editors_procedure_that_is_used_but_not_listed_comes_after_those_listed():
    wizard = publishing.import_document(TOY)
    WizardProcedure.objects.filter(procedure__key="press").delete()
    assert [part.id for part in publishing.compile_draft(wizard).procedures] == ["wipe", "press"]


def test_a_draft_with_errors_compiles_and_its_faults_are_found():
    wizard = publishing.import_document(TOY)
    Node.objects.filter(key="ok").delete()
    Choice.objects.filter(key="yes").update(label="")
    codes = {fault.code for fault in flow.find_errors(publishing.compile_draft(wizard))}
    assert codes >= {"no-target", "empty", "no-outcome"}


def test_a_target_in_another_wizard_counts_as_none():
    wizard = publishing.import_document(TOY)
    other = publishing.import_document(graph("elsewhere = advice", slug="other"))
    Choice.objects.filter(key="yes").update(to=other.nodes.get())
    assert publishing.compile_draft(wizard).nodes[0].choices[0].to == ""


def wide(nodes: int) -> flow.Document:
    """Return a document with that many questions and diagnoses, each with a procedure of its own."""
    lines = [f"n{place}? on:n{place + 1} off:d{place}" for place in range(nodes // 2)]
    lines += [f"d{place}{{a=p{place}/1/1}} worked:n{nodes // 2} failed:n{nodes // 2}" for place in range(nodes // 2)]
    procedures = [f"p{place}: one two" for place in range(nodes // 2)]
    return graph(*lines, f"n{nodes // 2} = solved", *procedures, slug=f"wide-{nodes}")


def test_compiling_takes_as_many_queries_for_300_nodes_as_for_10():
    counts = []
    for nodes in (10, 300):
        wizard = publishing.import_document(wide(nodes))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(publishing.compile_draft(wizard).nodes) == nodes + 1
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


# --- shared procedures ------------------------------------------------------------------------------------------

SHARING = ("do[press] worked:ok failed:ok blocked:ok", "ok = solved")


def test_a_procedure_is_shared_by_the_wizards_that_hold_it():
    first = publishing.import_document(graph(*SHARING, "press: hold release", slug="first"))
    second = publishing.import_document(graph(*SHARING, "press: hold release", slug="second"))
    assert Procedure.objects.count() == 1
    assert set(Procedure.objects.get().wizards.all()) == {first, second}


def test_a_changed_shared_procedure_changes_the_drafts_but_no_version():
    first = publish_draft(graph(*SHARING, "press: hold release", slug="first"))
    publishing.import_document(graph(*SHARING, "press: push", slug="second"))
    assert [step.id for step in publishing.compile_draft(first.wizard).procedures[0].steps] == ["push"]
    assert [step.id for step in publishing.document_of(first.pk).procedures[0].steps] == ["hold", "release"]


def test_a_procedure_that_another_wizard_still_holds_stays():
    first = publishing.import_document(graph(*SHARING, "press: hold", slug="first"))
    publishing.import_document(graph(*SHARING, "press: hold", slug="second"))
    publishing.import_document(graph("ok = advice", slug="second"))
    assert [part.id for part in publishing.compile_draft(first).procedures] == ["press"]
    publishing.import_document(graph("ok = advice", slug="first"))
    assert not Procedure.objects.exists()


# --- versions ---------------------------------------------------------------------------------------------------


def test_versions_are_numbered_from_one_for_each_wizard():
    wizard = publishing.import_document(TOY)
    numbers = []
    for title in ("One", "Two", "Three"):
        Wizard.objects.filter(pk=wizard.pk).update(title=title)
        version, is_new = publishing.publish(wizard)
        numbers.append((version.number, is_new))
    assert numbers == [(1, True), (2, True), (3, True)]
    assert publish_draft(graph("ok = advice", slug="other")).number == 1


def test_publishing_an_unchanged_draft_makes_no_version():
    version = publish_draft(TOY)
    assert publishing.publish(version.wizard) == (version, False)
    assert Version.objects.count() == 1


def test_a_draft_changed_back_to_an_older_version_is_a_new_version():
    wizard = publish_draft(TOY).wizard
    for title in ("Other", TOY.title):
        Wizard.objects.filter(pk=wizard.pk).update(title=title)
        publishing.publish(wizard)
    assert list(Version.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


def test_a_draft_with_errors_is_not_published():
    wizard = publish_draft(TOY).wizard
    Node.objects.filter(key="ok").delete()
    with pytest.raises(publishing.NotPublishableError) as refused:
        publishing.publish(wizard)
    assert "no-target" in {fault.code for fault in refused.value.faults}
    assert Version.objects.count() == 1
    assert publishing.current_version("toy").number == 1


def test_a_version_does_not_follow_its_draft():
    version = publish_draft(TOY)
    Node.objects.update(title="Changed")
    publishing.document_of.cache_clear()
    assert publishing.document_of(version.pk) == TOY


def test_only_the_current_version_is_offered():
    wizard = publish_draft(TOY).wizard
    publishing.import_document(graph("ok = advice", slug="draft-only"))
    Wizard.objects.filter(pk=wizard.pk).update(title="Second")
    publishing.publish(wizard)
    assert [(version.wizard.slug, version.number) for version in publishing.published_versions()] == [("toy", 2)]
    assert publishing.current_version("toy").number == 2
    assert publishing.current_version("draft-only") is None


def test_a_version_knows_its_author_and_note(django_user_model):
    editor = django_user_model.objects.create_user("editor")
    version, _ = publishing.publish(publishing.import_document(TOY), author=editor, note="First")
    assert (version.author, version.note) == (editor, "First")


def test_a_document_is_read_once_for_each_process():
    version = publish_draft(TOY)
    publishing.document_of(version.pk)
    with CaptureQueriesContext(connection) as queries:
        publishing.document_of(version.pk)
    assert not queries


@pytest.mark.django_db(transaction=True)
def test_publishing_the_same_draft_twice_at_once_makes_one_version():
    wizard = publishing.import_document(TOY)
    with racing(4) as race:
        for round_ in range(5):
            Wizard.objects.filter(pk=wizard.pk).update(title=f"Round {round_}")
            results: list[Any] = race(*[lambda: publishing.publish(wizard)] * 4)
            assert sorted(is_new for _, is_new in results) == [False, False, False, True]
            assert {version.number for version, _ in results} == {round_ + 1}
    assert list(Version.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5]
