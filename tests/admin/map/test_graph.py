"""What the map shows: the drawing, the outline, the panels, and the form in the side panel."""

import pytest

from tests.admin.forms.editing import Form, address, editor, node, toy
from tests.admin.map.test_views import PART, choice, edge_path, map_url
from tests.graphs import graph
from wizards import flow
from wizards.admin.map.graph import MAX_DEPTH, draft_graph, outline
from wizards.models import Cause, Choice, Wizard

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def flatten(branches):
    """Return all branches below these, and the depth of the deepest."""
    found, depth = list(branches), 0
    below = list(branches)
    while below:
        depth += 1
        below = [each for branch in below for each in branch.branches]
        found += below
    return found, depth


# --- the drawing and the list ----------------------------------------------------------------------------------------


def test_each_symptom_node_and_edge_is_drawn_once():
    drawn = editor().get(map_url(toy(), "graph.json")).json()
    assert [each["kind"] for each in drawn["nodes"]] == [
        "symptom", "question", "diagnosis", "procedure", "solved", "unsolved",
    ]  # fmt: skip
    assert sorted((edge["from"], edge["to"], edge["label"]) for edge in drawn["edges"]) == [
        ("fix", "human", "I can’t do this"),
        ("fix", "ok", "It worked"),
        ("fix", "why", "It did not work"),
        ("q", "ok", "Choose yes"),
        ("q", "why", "Choose no"),
        ("symptom s", "q", ""),
        ("why", "human", "None of these fits"),
        ("why", "ok", "It worked"),
    ]


def test_the_drawing_carries_the_urls_of_the_panels():
    client = editor()
    nodes = client.get(map_url(toy(), "graph.json")).json()["nodes"]
    opened = {each["id"]: client.get(each["url"]).status_code for each in nodes}
    assert opened == dict.fromkeys(("symptom s", "q", "why", "fix", "ok", "human"), 200)


def test_an_edge_without_a_target_ends_in_a_stub():
    drawn = draft_graph(graph("q? yes:ok no:", "ok = solved"))
    [stub] = [each for each in drawn["nodes"] if each["kind"] == "nowhere"]
    assert stub["of"] == "q"
    assert [edge["label"] for edge in drawn["edges"] if edge["to"] == stub["id"]] == ["Choose no"]


def test_a_node_carries_its_worst_fault():
    drawn = draft_graph(graph("q? yes:ok no:", "ok = solved", "far? back:", "alone = solved"))
    faults = {each["id"]: each["fault"] for each in drawn["nodes"] if each["kind"] not in ("nowhere", "symptom")}
    assert faults == {"q": "error", "ok": "", "far": "error", "alone": "warning"}


def test_a_symptom_that_leads_nowhere_is_marked_too():
    document = graph("q? yes:ok no:ok", "ok = solved")
    lost = document.symptoms[0].model_copy(update={"to": ""})
    drawn = draft_graph(document.model_copy(update={"symptoms": (lost,)}))
    assert drawn["nodes"][0]["fault"] == "error"


def test_the_outline_expands_each_node_once():
    document = graph("q? a:b b:c", "b? x:c y:q", "c? z:ok", "ok = solved")
    found, _ = flatten(outline(document))
    unfolded = [each.key for each in found if each.key and not each.repeated and each.style != "symptom"]
    assert sorted(unfolded) == ["b", "c", "ok", "q"]


def test_the_outline_ends_with_unreachable_nodes():
    roots = outline(graph("q? a:ok", "ok = solved", "far? x:near", "near? y:ok"))
    assert [each.key for each in roots[-1].branches] == ["far"]
    assert [each.key for each in roots[-1].branches[0].branches] == ["near"]


def test_a_long_chain_continues_at_the_left_edge():
    chain = [f"n{n}? next:n{n + 1}" for n in range(300)]
    found, depth = flatten(outline(graph(*chain, "n300 = solved")))
    assert depth == MAX_DEPTH + 1
    assert {f"n{n}" for n in range(301)} <= {each.key for each in found}


def test_the_page_has_the_outline_below_the_drawing():
    wizard = toy()
    page = editor().get(map_url(wizard)).content.decode()
    keys = [each.key for each in wizard.nodes.all()]
    assert len(keys) == 5
    assert [key for key in keys if f'href="{map_url(wizard, f"{key}/")}"' not in page] == []


def test_an_empty_wizard_says_how_to_begin():
    wizard = Wizard.objects.create(slug="new", title="New")
    page = editor().get(map_url(wizard)).content.decode()
    assert f"/admin/wizards/node/add/?wizard={wizard.pk}" in page
    assert "A wizard starts with a symptom" in page


def test_only_what_a_node_alone_leads_to_is_unreachable_without_it():
    document = graph("q? a:b b:c", "b? x:c y:d", "c = solved", "d? z:e", "e = solved")
    assert [each.id for each in flow.unreachable_without(document, "b")] == ["d", "e"]
    assert flow.unreachable_without(document, "c") == []


# --- panels ----------------------------------------------------------------------------------------------------------


def test_a_panel_is_a_page_and_a_fragment_for_the_script():
    wizard, client = toy(), editor()
    whole = client.get(map_url(wizard, "q/")).content.decode()
    part = client.get(map_url(wizard, "q/"), headers=PART).content.decode()
    assert "<html" in whole
    assert "<html" not in part
    assert "Choose yes" in whole
    assert "Choose yes" in part


def test_a_panel_lists_outgoing_and_incoming_edges():
    panel = editor().get(map_url(toy(), "why/"), headers=PART).context["panel"]
    assert [(edge.label, edge.to.id) for edge in panel["edges"]] == [
        ("It worked", "ok"),
        ("None of these fits", "human"),
    ]
    assert [(each["title"], each["label"]) for each in panel["origins"]] == [
        ("Question q?", "Choose no"),
        ("Do fix", "It did not work"),
    ]


def test_the_panel_shows_an_edge_that_a_cause_overrides():
    wizard = toy()
    cause = Cause.objects.get(node__wizard=wizard, key="burnt")
    cause.failed = node(wizard, "fix")
    cause.save()
    edges = editor().get(map_url(wizard, "why/"), headers=PART).context["panel"]["edges"]
    assert (edges[0].to.id, edges[0].target_url) == ("fix", map_url(wizard, edge_path("cause", cause, "failed")))


def test_a_panel_lists_the_faults_with_links_to_their_fields():
    wizard = toy()
    Choice.objects.filter(pk=choice(wizard).pk).update(to=None)
    panel = editor().get(map_url(wizard, "q/"), headers=PART).context["panel"]
    [fault] = panel["faults"]
    assert fault["level"] == "error"
    assert fault["url"] == f"{address(node(wizard, 'q'))}#id_choices-0-to"


# --- the form beside the map -----------------------------------------------------------------------------------------


def frames(response):
    """Return who may frame a response, and what it may frame."""
    policy = dict(each.strip().partition(" ")[::2] for each in response["Content-Security-Policy"].split(";"))
    return response["X-Frame-Options"], policy["frame-ancestors"], policy.get("frame-src", "'none'")


def test_only_the_form_beside_the_map_may_be_framed():
    wizard, client = toy(), editor()
    form = address(node(wizard, "q"))
    assert frames(client.get(f"{form}?_beside=1")) == ("SAMEORIGIN", "'self'", "'none'")
    assert frames(client.get(form)) == ("DENY", "'none'", "'none'")
    assert frames(client.get(map_url(wizard))) == ("DENY", "'none'", "'self'")


def test_the_form_beside_the_map_returns_to_itself_after_a_save():
    wizard, client = toy(), editor()
    form = Form(client, f"{address(node(wizard, 'q'))}?_beside=1")
    form["title"] = "Is it on?"
    response = form.save("_save")
    assert response.url == form.address
    assert frames(response)[0] == "SAMEORIGIN"
    assert node(wizard, "q").title == "Is it on?"


def test_the_form_beside_the_map_shows_its_errors_in_the_frame():
    wizard, client = toy(), editor()
    form = Form(client, f"{address(node(wizard, 'q'))}?_beside=1")
    form["title"] = "x" * 301
    response = form.save("_save")
    assert response.status_code == 200
    assert frames(response)[0] == "SAMEORIGIN"
