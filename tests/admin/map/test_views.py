"""What the map changes: retargeting edges, adding and deleting nodes; and who may do so."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.admin.forms.editing import Form, address, editor, large, node, toy
from wizards import publishing
from wizards.models import Cause, Choice, Node

pytestmark = pytest.mark.django_db

PART = {"hx-request": "true"}


def map_url(wizard, rest=""):
    return f"/admin/wizards/wizard/{wizard.pk}/map/{rest}"


def edge_path(owner, row, field, what="target"):
    """Return the URL, below a wizard's map, that changes an edge."""
    return f"{owner}/{row.pk}/{field}/{what}/"


def choice(wizard, key="yes"):
    return Choice.objects.get(node__wizard=wizard, key=key)


def change(client, wizard, rest, guard=None, **fields):
    """Post a change of the row `guard` (the question by default) as its panel does; return the new panel."""
    guard = guard or node(wizard, "q")
    response = client.post(map_url(wizard, rest), {"revision": guard.revision} | fields, headers=PART, follow=True)
    assert response.status_code == 200
    return response.content.decode()


# --- who may ---------------------------------------------------------------------------------------------------------


def map_urls(wizard):
    """Return the URLs of the map: those that show something, and those that change something."""
    actions = [edge_path("choice", choice(wizard), "to", what) for what in ("target", "behind")]
    pages = [
        map_url(wizard),
        map_url(wizard, "graph.json"),
        map_url(wizard, "q/"),
        f"/admin/wizards/wizard/{wizard.pk}/symptoms/s/",
    ]
    return pages, [*(map_url(wizard, rest) for rest in actions), map_url(wizard, "q/delete/")]


def test_anonymous_visitors_are_sent_to_the_login():
    pages, actions = map_urls(toy())
    for url in pages:
        assert "/admin/login/" in Client().get(url).url
    for url in actions:
        assert "/admin/login/" in Client().post(url).url
    assert Node.objects.count() == 5


@pytest.mark.parametrize("role", ["agents", "reviewers"])
def test_other_staff_may_neither_view_nor_change(role):
    pages, actions = map_urls(toy())
    user = User.objects.create_user("other", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    assert {client.get(each).status_code for each in pages} == {403}
    assert {client.post(each).status_code for each in actions} == {403}
    assert Node.objects.count() == 5


def test_an_editor_may_open_every_page():
    pages, _ = map_urls(toy())
    client = editor()
    assert {client.get(each).status_code for each in pages} == {200}


def test_permissions_to_add_and_delete_nodes_hold_on_the_map():
    wizard, client = toy(), editor()
    Group.objects.get(name="editors").permissions.remove(
        *Group.objects.get(name="editors").permissions.filter(codename__in=("delete_node", "add_node"))
    )
    _, (_, behind, delete) = map_urls(wizard)
    assert client.post(delete, {"revision": 0}).status_code == 403
    assert client.post(behind, {"revision": 0, "title": "New", "kind": "question"}).status_code == 403
    assert wizard.nodes.count() == 5


def test_changes_need_a_post():
    _, actions = map_urls(toy())
    client = editor()
    assert {client.get(each).status_code for each in actions} == {405}


def test_rows_of_another_wizard_are_not_found():
    mine, other, client = toy("mine"), toy("other"), editor()
    foreign = [
        ("choice", choice(other), "to"),
        ("cause", Cause.objects.filter(node__wizard=other).first(), "worked"),
        ("node", node(other, "fix"), "worked"),
        ("symptom", other.symptoms.get(), "to"),
    ]
    for owner, row, field in foreign:
        for what in ("target", "behind"):
            posted = client.post(map_url(mine, edge_path(owner, row, field, what)), {"target": "ok", "title": "New"})
            assert posted.status_code == 404, (owner, what)
    assert choice(other).to == node(other, "ok")


@pytest.mark.parametrize("rest", ["wizard/1/title/", "node/{q}/title/", "node/{q}/wizard/", "choice/{yes}/worked/"])
def test_only_edges_are_retargeted(rest):
    wizard = toy()
    rest = rest.format(q=node(wizard, "q").pk, yes=choice(wizard).pk)
    assert editor().post(map_url(wizard, f"{rest}target/"), {"target": "ok", "revision": 0}).status_code == 404


@pytest.mark.parametrize("rest", ["map/nobody/", "symptoms/nothing/"])
def test_a_missing_panel_is_not_found(rest):
    assert editor().get(f"/admin/wizards/wizard/{toy().pk}/{rest}").status_code == 404


# --- leading a way elsewhere -----------------------------------------------------------------------------------------


def test_a_choice_is_retargeted():
    wizard = toy()
    panel = change(editor(), wizard, edge_path("choice", choice(wizard), "to"), target="human")
    assert choice(wizard).to == node(wizard, "human")
    assert "now leads to “End human”" in panel


@pytest.mark.parametrize("field", ["worked", "failed", "blocked", "declined"])
def test_each_edge_of_a_node_is_retargeted(field):
    wizard = toy()
    fix = node(wizard, "fix")
    change(editor(), wizard, edge_path("node", fix, field), guard=fix, target="q")
    fix.refresh_from_db()
    assert getattr(fix, field) == node(wizard, "q")


def test_a_cause_is_retargeted():
    wizard = toy()
    cause = Cause.objects.get(node__wizard=wizard, key="loose")
    change(editor(), wizard, edge_path("cause", cause, "worked"), guard=cause.node, target="human")
    cause.refresh_from_db()
    assert cause.worked == node(wizard, "human")


def test_a_symptom_is_retargeted():
    wizard = toy()
    symptom = wizard.symptoms.get()
    panel = change(editor(), wizard, edge_path("symptom", symptom, "to"), guard=wizard, target="why")
    symptom.refresh_from_db()
    assert symptom.to == node(wizard, "why")
    assert 'data-shown="symptom s"' in panel


def test_an_edge_can_lead_nowhere():
    wizard = toy()
    panel = change(editor(), wizard, edge_path("choice", choice(wizard), "to"), target="")
    assert choice(wizard).to is None
    assert "leads nowhere yet" in panel


@pytest.mark.parametrize("target", ["nobody", "only-there"])
def test_an_edge_keeps_its_target_if_the_new_one_is_not_in_the_wizard(target):
    wizard, other = toy(), toy("other")
    Node.objects.create(wizard=other, key="only-there", kind="question")
    panel = change(editor(), wizard, edge_path("choice", choice(wizard), "to"), target=target)
    assert choice(wizard).to == node(wizard, "ok")
    assert f"Node “{target}” no longer exists" in panel


def test_a_change_on_the_map_makes_the_nodes_open_form_stale():
    wizard, client = toy(), editor()
    form = Form(client, address(node(wizard, "q")))
    change(editor("quick"), wizard, edge_path("choice", choice(wizard), "to"), target="human")
    response = form.save()
    assert response.status_code == 200, "the form was saved over the change"
    assert "quick saved this" in response.content.decode()
    assert choice(wizard).to == node(wizard, "human")


def test_retargeting_a_symptom_makes_the_wizards_open_form_stale():
    wizard, client = toy(), editor()
    form = Form(client, address(wizard))
    change(editor("quick"), wizard, edge_path("symptom", wizard.symptoms.get(), "to"), guard=wizard, target="why")
    assert form.save().status_code == 200
    assert wizard.symptoms.get().to == node(wizard, "why")


@pytest.mark.parametrize("revision", ["7", "", "x", "²", "9" * 30])
def test_the_second_of_two_editors_is_refused(revision):
    wizard = toy()
    panel = change(editor(), wizard, edge_path("choice", choice(wizard), "to"), target="human", revision=revision)
    assert "Nothing was changed" in panel
    assert choice(wizard).to == node(wizard, "ok")


# --- a node behind a way ---------------------------------------------------------------------------------------------


def test_a_node_is_added_after_an_edge():
    wizard = toy()
    panel = change(
        editor(), wizard, edge_path("choice", choice(wizard), "to", "behind"), title="Is it warm?", kind="question"
    )
    new = node(wizard, "is-it-warm")
    assert choice(wizard).to == new
    assert 'data-shown="is-it-warm"' in panel
    assert "is no longer reached from here" in panel


def test_the_old_target_follows_a_new_procedure():
    wizard = toy()
    panel = change(
        editor(), wizard, edge_path("choice", choice(wizard), "to", "behind"), title="Warm it", kind="procedure"
    )
    assert node(wizard, "warm-it").worked == node(wizard, "ok")
    assert "it continues to “End ok”" in panel


@pytest.mark.parametrize("title", ["Snake_case", "q", "Ünï çödé", "日本", "x" * 300])
def test_a_new_node_makes_a_draft_that_can_be_read(title):
    wizard = toy()
    for _ in range(2):
        guard = node(wizard, "q")
        change(
            editor(), wizard, edge_path("choice", choice(wizard), "to", "behind"), guard, title=title, kind="outcome"
        )
    assert len(publishing.compile_draft(wizard).nodes) == 7


@pytest.mark.parametrize(
    ("title", "kind", "words"),
    [
        ("", "question", "Enter a title for the new node."),
        ("x" * 301, "question", "at most 300"),
        ("New", "riddle", "riddle"),
    ],
)
def test_an_invalid_node_is_not_added(title, kind, words):
    wizard = toy()
    panel = change(editor(), wizard, edge_path("choice", choice(wizard), "to", "behind"), title=title, kind=kind)
    assert words in panel
    assert wizard.nodes.count() == 5


# --- deleting --------------------------------------------------------------------------------------------------------


def test_a_panel_says_what_becomes_unreachable_without_its_node():
    wizard = toy()
    Choice.objects.filter(pk=choice(wizard, "no").pk).update(to=node(wizard, "fix"))
    panel = editor().get(map_url(wizard, "fix/"), headers=PART)
    assert [each.id for each in panel.context["panel"]["unreachable_nodes"]] == ["why", "human"]
    assert "2 nodes will no longer be reachable" in panel.content.decode()


def test_a_node_is_deleted_and_what_led_to_it_leads_nowhere():
    wizard = toy()
    panel = change(editor(), wizard, "ok/delete/", guard=node(wizard, "ok"))
    assert not wizard.nodes.filter(key="ok").exists()
    assert choice(wizard).to is None
    assert "was deleted" in panel


def test_a_node_that_somebody_changed_meanwhile_is_not_deleted():
    wizard = toy()
    panel = change(editor(), wizard, "ok/delete/", guard=node(wizard, "ok"), revision=5)
    assert wizard.nodes.filter(key="ok").exists()
    assert "It was not deleted" in panel


def test_each_change_is_in_the_history():
    wizard, client = toy(), editor()
    change(client, wizard, edge_path("choice", choice(wizard), "to"), target="human")
    change(client, wizard, edge_path("choice", choice(wizard), "to", "behind"), title="New", kind="question")
    change(client, wizard, "fix/delete/", guard=node(wizard, "fix"))
    entries = LogEntry.objects.filter(object_id=str(wizard.pk), user__username="ed").order_by("pk")
    assert [each.get_change_message() for each in entries] == [
        "On the map: “Question q? › Choose yes” leads to “End human”",
        "On the map: added “New” after “Question q? › Choose yes”",
        "On the map: deleted the node “Do fix”",
    ]


# --- size ------------------------------------------------------------------------------------------------------------


def queries(act):
    act()  # fills the caches of content types and permissions
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_each_page_asks_as_often_for_300_nodes_as_for_10():
    client, counts = editor(), []
    for size in (10, 300):
        wizard = large(size, f"size-{size}")
        last = wizard.nodes.get(kind="diagnosis").key
        rests = ["", "graph.json", "n1/", "ok/", f"{last}/"]
        counts.append(
            {rest.replace(last, "last"): queries(lambda r=rest, w=wizard: client.get(map_url(w, r))) for rest in rests}
        )
    assert counts[0] == counts[1]


def test_a_change_asks_as_often_for_300_nodes_as_for_10():
    client, counts = editor(), []
    for size in (10, 300):
        wizard = large(size, f"size-{size}")
        row = Choice.objects.get(node__wizard=wizard, node__key="n1", key="next")
        edge = edge_path("choice", row, "to")
        counts.append(queries(lambda w=wizard, a=edge: change(client, w, a, guard=node(w, "n1"), target="ok")))
    assert counts[0] == counts[1]
