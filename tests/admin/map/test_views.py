"""What is done on the map: leading ways elsewhere, adding and deleting nodes, by whoever may, and by nobody else."""

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


def at(wizard, rest=""):
    return f"/admin/wizards/wizard/{wizard.pk}/map/{rest}"


def way(owner, row, field, what="target"):
    """Return the address, below a wizard's map, of what changes a way."""
    return f"{owner}/{row.pk}/{field}/{what}/"


def choice(wizard, key="yes"):
    return Choice.objects.get(node__wizard=wizard, key=key)


def change(client, wizard, rest, guard=None, **fields):
    """Post a change of the row `guard` (the question by default) as its panel does; return what the panel says."""
    guard = guard or node(wizard, "q")
    response = client.post(at(wizard, rest), {"revision": guard.revision} | fields, headers=PART, follow=True)
    assert response.status_code == 200
    return response.content.decode()


# --- who may ---------------------------------------------------------------------------------------------------------


def doors(wizard):
    """Return every address of the map: those that are looked at, and those that change something."""
    changing = [way("choice", choice(wizard), "to", what) for what in ("target", "behind")]
    looked = [at(wizard), at(wizard, "graph.json"), at(wizard, "q/"), f"/admin/wizards/wizard/{wizard.pk}/symptoms/s/"]
    return looked, [*(at(wizard, rest) for rest in changing), at(wizard, "q/delete/")]


def test_a_visitor_is_led_to_the_log_in():
    looked, changing = doors(toy())
    for address_ in looked:
        assert "/admin/login/" in Client().get(address_).url
    for address_ in changing:
        assert "/admin/login/" in Client().post(address_).url
    assert Node.objects.count() == 5


@pytest.mark.parametrize("role", ["agents", "reviewers"])
def test_other_staff_may_neither_look_nor_change(role):
    looked, changing = doors(toy())
    user = User.objects.create_user("other", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    assert {client.get(each).status_code for each in looked} == {403}
    assert {client.post(each).status_code for each in changing} == {403}
    assert Node.objects.count() == 5


def test_an_editor_may_look():
    looked, _ = doors(toy())
    client = editor()
    assert {client.get(each).status_code for each in looked} == {200}


def test_who_may_not_delete_nodes_cannot_do_so_on_the_map():
    wizard, client = toy(), editor()
    Group.objects.get(name="editors").permissions.remove(
        *Group.objects.get(name="editors").permissions.filter(codename__in=("delete_node", "add_node"))
    )
    _, (_, behind, delete) = doors(wizard)
    assert client.post(delete, {"revision": 0}).status_code == 403
    assert client.post(behind, {"revision": 0, "title": "New", "kind": "question"}).status_code == 403
    assert wizard.nodes.count() == 5


def test_what_changes_something_is_never_done_by_looking():
    _, changing = doors(toy())
    client = editor()
    assert {client.get(each).status_code for each in changing} == {405}


def test_rows_of_another_wizard_are_out_of_reach():
    mine, other, client = toy("mine"), toy("other"), editor()
    foreign = [
        ("choice", choice(other), "to"),
        ("cause", Cause.objects.filter(node__wizard=other).first(), "worked"),
        ("node", node(other, "fix"), "worked"),
        ("symptom", other.symptoms.get(), "to"),
    ]
    for owner, row, field in foreign:
        for what in ("target", "behind"):
            posted = client.post(at(mine, way(owner, row, field, what)), {"target": "ok", "title": "New"})
            assert posted.status_code == 404, (owner, what)
    assert choice(other).to == node(other, "ok")


@pytest.mark.parametrize("rest", ["wizard/1/title/", "node/{q}/title/", "node/{q}/wizard/", "choice/{yes}/worked/"])
def test_only_ways_are_led_elsewhere(rest):
    wizard = toy()
    rest = rest.format(q=node(wizard, "q").pk, yes=choice(wizard).pk)
    assert editor().post(at(wizard, f"{rest}target/"), {"target": "ok", "revision": 0}).status_code == 404


@pytest.mark.parametrize("rest", ["map/nobody/", "symptoms/nothing/"])
def test_a_panel_that_there_is_not_is_not_found(rest):
    assert editor().get(f"/admin/wizards/wizard/{toy().pk}/{rest}").status_code == 404


# --- leading a way elsewhere -----------------------------------------------------------------------------------------


def test_a_choice_is_led_elsewhere():
    wizard = toy()
    said = change(editor(), wizard, way("choice", choice(wizard), "to"), target="human")
    assert choice(wizard).to == node(wizard, "human")
    assert "leads to “End human” now" in said


@pytest.mark.parametrize("field", ["worked", "failed", "blocked", "declined"])
def test_each_way_of_a_node_is_led_elsewhere(field):
    wizard = toy()
    fix = node(wizard, "fix")
    change(editor(), wizard, way("node", fix, field), guard=fix, target="q")
    fix.refresh_from_db()
    assert getattr(fix, field) == node(wizard, "q")


def test_a_cause_is_led_elsewhere():
    wizard = toy()
    cause = Cause.objects.get(node__wizard=wizard, key="loose")
    change(editor(), wizard, way("cause", cause, "worked"), guard=cause.node, target="human")
    cause.refresh_from_db()
    assert cause.worked == node(wizard, "human")


def test_a_symptom_is_led_elsewhere():
    wizard = toy()
    symptom = wizard.symptoms.get()
    said = change(editor(), wizard, way("symptom", symptom, "to"), guard=wizard, target="why")
    symptom.refresh_from_db()
    assert symptom.to == node(wizard, "why")
    assert 'data-shown="symptom s"' in said


def test_a_way_can_lead_nowhere():
    wizard = toy()
    said = change(editor(), wizard, way("choice", choice(wizard), "to"), target="")
    assert choice(wizard).to is None
    assert "leads nowhere yet" in said


@pytest.mark.parametrize("target", ["nobody", "only-there"])
def test_a_way_stays_where_it_is_when_its_new_target_is_not_in_the_wizard(target):
    wizard, other = toy(), toy("other")
    Node.objects.create(wizard=other, key="only-there", kind="question")
    said = change(editor(), wizard, way("choice", choice(wizard), "to"), target=target)
    assert choice(wizard).to == node(wizard, "ok")
    assert "There is no node" in said


def test_whoever_has_the_nodes_form_open_is_told():
    wizard, client = toy(), editor()
    form = Form(client, address(node(wizard, "q")))
    change(editor("quick"), wizard, way("choice", choice(wizard), "to"), target="human")
    response = form.save()
    assert response.status_code == 200, "the form was saved over the change"
    assert "quick saved this" in response.content.decode()
    assert choice(wizard).to == node(wizard, "human")


def test_whoever_has_the_wizards_form_open_is_told_of_a_symptom():
    wizard, client = toy(), editor()
    form = Form(client, address(wizard))
    change(editor("quick"), wizard, way("symptom", wizard.symptoms.get(), "to"), guard=wizard, target="why")
    assert form.save().status_code == 200
    assert wizard.symptoms.get().to == node(wizard, "why")


@pytest.mark.parametrize("revision", ["7", "", "x", "²", "9" * 30])
def test_the_second_of_two_editors_is_told(revision):
    wizard = toy()
    said = change(editor(), wizard, way("choice", choice(wizard), "to"), target="human", revision=revision)
    assert "Nothing is changed" in said
    assert choice(wizard).to == node(wizard, "ok")


# --- a node behind a way ---------------------------------------------------------------------------------------------


def test_a_node_is_added_behind_a_way():
    wizard = toy()
    said = change(editor(), wizard, way("choice", choice(wizard), "to", "behind"), title="Is it warm?", kind="question")
    new = node(wizard, "is-it-warm")
    assert choice(wizard).to == new
    assert 'data-shown="is-it-warm"' in said
    assert "is not reached this way any more" in said


def test_what_stood_behind_a_way_follows_a_new_procedure():
    wizard = toy()
    said = change(editor(), wizard, way("choice", choice(wizard), "to", "behind"), title="Warm it", kind="procedure")
    assert node(wizard, "warm-it").worked == node(wizard, "ok")
    assert "it goes on to “End ok”" in said


@pytest.mark.parametrize("title", ["Snake_case", "q", "Ünï çödé", "日本", "x" * 300])
def test_a_new_node_makes_a_draft_that_can_be_read(title):
    wizard = toy()
    for _ in range(2):
        guard = node(wizard, "q")
        change(editor(), wizard, way("choice", choice(wizard), "to", "behind"), guard, title=title, kind="outcome")
    assert len(publishing.compile_draft(wizard).nodes) == 7


@pytest.mark.parametrize(
    ("title", "kind", "words"),
    [("", "question", "Write what"), ("x" * 301, "question", "at most 300"), ("New", "riddle", "riddle")],
)
def test_a_node_that_cannot_be_is_not_added(title, kind, words):
    wizard = toy()
    said = change(editor(), wizard, way("choice", choice(wizard), "to", "behind"), title=title, kind=kind)
    assert words in said
    assert wizard.nodes.count() == 5


# --- deleting --------------------------------------------------------------------------------------------------------


def test_a_panel_says_what_becomes_unreachable_without_its_node():
    wizard = toy()
    Choice.objects.filter(pk=choice(wizard, "no").pk).update(to=node(wizard, "fix"))
    panel = editor().get(at(wizard, "fix/"), headers=PART)
    assert [each.id for each in panel.context["panel"]["lost"]] == ["why", "human"]
    assert "2 nodes can then be reached by nobody" in panel.content.decode()


def test_a_node_is_deleted_and_what_led_to_it_leads_nowhere():
    wizard = toy()
    said = change(editor(), wizard, "ok/delete/", guard=node(wizard, "ok"))
    assert not wizard.nodes.filter(key="ok").exists()
    assert choice(wizard).to is None
    assert "is deleted" in said


def test_a_node_that_somebody_changed_meanwhile_is_not_deleted():
    wizard = toy()
    said = change(editor(), wizard, "ok/delete/", guard=node(wizard, "ok"), revision=5)
    assert wizard.nodes.filter(key="ok").exists()
    assert "It is not deleted" in said


def test_each_change_is_in_the_history():
    wizard, client = toy(), editor()
    change(client, wizard, way("choice", choice(wizard), "to"), target="human")
    change(client, wizard, way("choice", choice(wizard), "to", "behind"), title="New", kind="question")
    change(client, wizard, "fix/delete/", guard=node(wizard, "fix"))
    said = LogEntry.objects.filter(object_id=str(wizard.pk), user__username="ed").order_by("pk")
    assert [each.get_change_message() for each in said] == [
        "Led “Question q? › Choose yes” to “End human” on the map",
        "Added “New” behind “Question q? › Choose yes” on the map",
        "Deleted the node “Do fix” on the map",
    ]


# --- size ------------------------------------------------------------------------------------------------------------


def queries(act):
    act()  # fills the caches of content types and permissions
    with CaptureQueriesContext(connection) as asked:
        act()
    return len(asked)


def test_each_page_asks_as_often_for_300_nodes_as_for_10():
    client, asked = editor(), []
    for size in (10, 300):
        wizard = large(size, f"size-{size}")
        last = wizard.nodes.get(kind="diagnosis").key
        rests = ["", "graph.json", "n1/", "ok/", f"{last}/"]
        asked.append(
            {rest.replace(last, "last"): queries(lambda r=rest, w=wizard: client.get(at(w, r))) for rest in rests}
        )
    assert asked[0] == asked[1]


def test_a_change_asks_as_often_for_300_nodes_as_for_10():
    client, asked = editor(), []
    for size in (10, 300):
        wizard = large(size, f"size-{size}")
        row = Choice.objects.get(node__wizard=wizard, node__key="n1", key="next")
        lead = way("choice", row, "to")
        asked.append(queries(lambda w=wizard, a=lead: change(client, w, a, guard=node(w, "n1"), target="ok")))
    assert asked[0] == asked[1]
