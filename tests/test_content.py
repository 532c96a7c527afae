"""The wizards that come with the site: every fact is stated, every screen can be reached, nothing is asked too late."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.explore import covering_walks, screens
from tests.reading import read
from tests.versions import publish
from tests.visitor import HTMX, Visitor
from wizards import flow
from wizards.flow.kinds import Diagnosis, ProcedureNode, Question
from wizards.flow.procedures import CONFIRM

pytestmark = pytest.mark.once  # the wizards and their pages are the same on every database

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = sorted((ROOT / "fixtures").glob("*.yaml"))
# A row of the sheet: | HR-S1 | the fact |, with a mark where the guides leave it open.
ROW = re.compile(r"^\| ([A-Z]{2}-[A-Za-z0-9]+)( `!`)? \|", re.MULTILINE)
FACTS = dict(ROW.findall((ROOT / "docs" / "camera-facts.md").read_text()))


@cache
def document_in(path):
    return flow.parse_document(path.read_text())


@pytest.fixture(params=FIXTURES, ids=lambda path: path.stem)
def document(request):
    """Give each wizard that comes with the site."""
    return document_in(request.param)


def cited_by(document):
    """Yield what each part is called, and the facts that it cites."""
    for symptom in document.symptoms:
        yield f"symptom {symptom.id}", symptom.sources
    for node in document.nodes:
        yield f"node {node.id}", node.sources
        for cause in getattr(node, "causes", ()):
            yield f"cause {cause.id} of {node.id}", cause.sources
    for procedure in document.procedures:
        yield f"procedure {procedure.id}", procedure.sources
        for step in procedure.steps:
            yield f"step {step.id} of {procedure.id}", step.sources


# Facts


def test_the_sheet_holds_the_facts_that_it_should():
    assert len(FACTS) == 93


def test_every_fact_is_stated_somewhere():
    stated = {fact for path in FIXTURES for _, sources in cited_by(document_in(path)) for fact in sources}
    assert FACTS.keys() - stated == set()


def test_every_part_cites_a_known_fact_or_is_editorial(document):
    known = {*FACTS, flow.EDITORIAL}
    cited = dict(cited_by(document))
    assert len(cited) > 20
    assert [part for part, sources in cited.items() if not sources or not known.issuperset(sources)] == []


def test_a_wizards_own_facts_are_rows_of_the_sheet_and_all_are_used(document):
    sources = [source.id for source in document.sources]
    assert len(set(sources)) == len(sources)
    assert set(sources) <= FACTS.keys()
    cited = {fact for _, sources in cited_by(document) for fact in sources} - {flow.EDITORIAL}
    assert cited == set(sources)


def test_a_fact_is_marked_open_where_the_sheet_marks_it(document):
    assert document.sources
    assert [source.id for source in document.sources if source.open != bool(FACTS[source.id])] == []


def test_a_fact_that_is_open_comes_with_a_note_for_agents():
    open_facts, noted = set(), set()
    # Asked of all wizards together: one of them has no open facts.
    for document in map(document_in, FIXTURES):
        parts = [*document.nodes] + [step for each in document.procedures for step in each.steps]
        open_facts |= {(document.slug, source.id) for source in document.sources if source.open}
        noted |= {(document.slug, fact) for part in parts if part.note for fact in part.sources}
    assert open_facts
    assert open_facts - noted == set()


# Order and safety


def test_a_wizard_has_no_errors_and_no_warnings(document):
    assert [str(fault) for fault in flow.find_faults(document)] == []


def test_every_question_and_step_has_a_text_for_agents(document):
    spoken = [node for node in document.nodes if isinstance(node, Question | Diagnosis)]
    steps = [step for each in document.procedures for step in each.steps]
    assert spoken
    assert [node.id for node in spoken if not node.say] == []
    assert steps
    assert [step.id for step in steps if not step.say] == []


def test_every_picture_is_there_and_is_described(document):
    pictures = [step.picture for each in document.procedures for step in each.steps if step.picture]
    assert pictures
    assert [picture for picture in pictures if not picture.alt] == []
    drawn = {path.stem for path in (ROOT / "static" / "pictures").glob("*.svg")}
    assert {picture.name for picture in pictures} - drawn == set()


def test_nothing_erasing_starts_without_a_confirmation(document):
    started = set()
    for screen in screens(document):
        for answer in screen.offered(document):
            after = screen.after(document, answer)
            procedure = current_procedure(document, after)
            if procedure and procedure.erases and after.position.step == procedure.steps[0].id:
                started.add(procedure.id)
                assert current_procedure(document, screen) == procedure
                assert (screen.position.step, answer) == ("", CONFIRM), screen
    assert started == {each.id for each in document.procedures if each.erases} != set()


def test_a_reset_says_that_it_erases(document):
    resets = [each for each in document.procedures if each.title.startswith("Reset ")]
    assert resets
    assert [each.id for each in resets if not each.erases] == []


def test_declining_leads_elsewhere(document):
    erasing = {
        node.id: node.declined
        for node in document.nodes
        if isinstance(node, ProcedureNode) and document.procedure(node.procedure).erases
    }
    assert erasing
    assert [key for key, declined in erasing.items() if declined in {"", key}] == []


def test_a_human_can_be_reached_from_every_screen_by_answers_alone(document):
    reachable = screens(document)
    leads = {each.key: {each.after(document, given).key for given in each.offered(document)} for each in reachable}
    reached = {each.key for each in reachable if flow.outcome(document, each.position) == "unsolved"}
    assert reached
    while more := {key for key, after in leads.items() if after & reached} - reached:
        reached |= more
    ends = {each.key for each in reachable if flow.outcome(document, each.position)}
    assert leads.keys() - reached - ends == set()


def test_every_node_and_step_is_reachable(document):
    reachable = screens(document)
    assert {node.id for node in document.nodes} - {each.position.node for each in reachable} == set()
    shown = {(current_procedure(document, each).id, each.position.step) for each in reachable if each.position.step}
    written = {(each.id, step.id) for each in document.procedures for step in each.steps}
    assert written - shown == set()


def current_procedure(document, screen):
    """Return the procedure in hand on a screen, if any."""
    return flow.node_at(document, screen.position).current_procedure(document, screen.position)


# By clicking


@pytest.mark.django_db
def test_every_fact_is_reached_by_clicking():
    shown, unreached = set(), []
    for path in FIXTURES:
        document = document_in(path)
        publish(document)
        shown |= facts_of_product_page(document)
        reachable = screens(document)
        seen = set()
        for walk in covering_walks(reachable):
            seen |= click_along(document, walk, shown)
        unreached += [screen.key for screen in reachable if screen.key not in seen]
    assert unreached == []
    assert FACTS.keys() - shown == set()


def facts_of_product_page(document):
    """Return the facts of the symptoms that the product's page shows."""
    page = full_page(Visitor().client.get(f"/w/{document.slug}/"))
    for symptom in document.symptoms:
        assert f"/begin/{document.slug}/{symptom.id}/" in page.beginnings
    return {fact for symptom in document.symptoms if symptom.label in page.text for fact in symptom.sources}


def click_along(document, walk, shown):
    """Click along a way; add to `shown` the facts of what was seen, and return the keys of the screens."""
    visitor = Visitor().begin(document.slug, walk.symptom)
    position, keys = flow.entry_position(document, walk.symptom), set()
    page = full_page(visitor.see())
    for given in (*walk.answers, ""):
        shown |= facts_of(document, position, page)
        keys.add((position.node, position.cause, position.step))
        if given:
            assert given in {*page.radios, *page.buttons}, f"{given} is not offered on {page.h1}"
            fragment = read(visitor.answer(given, headers=HTMX))
            page = full_page(visitor.see())
            assert fragment.inline == []
            assert fragment.title == page.title
            position = flow.next_position(document, position, given)
    assert visitor.session.position == position
    return keys


def full_page(response):
    """Return a page, held to be one: found, whole, with a title, one heading, and nothing that the policy stops."""
    page = read(response)
    assert response.status_code == 200
    assert page.whole
    assert page.title
    assert len(page.all("h1")) == 1
    assert page.inline == []
    policy = dict(each.strip().split(" ", 1) for each in response["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert set(policy.values()) == {"'self'", "'none'"}
    return page


def facts_of(document, position, page):
    """Return the facts of the parts that a page shows: its node, the causes on its list, its procedure and step."""
    node = flow.node_at(document, position)
    procedure = node.current_procedure(document, position)
    if procedure is None:
        assert page.h1 == node.title
        causes = [cause for cause in getattr(node, "causes", ()) if cause.label in page.text]
        return {*node.sources, *(fact for cause in causes for fact in cause.sources)}
    assert procedure.title in page.text
    step = next((each for each in procedure.steps if each.id == position.step), None)
    assert page.h1 == (step.title if step else procedure.title)
    return {*node.sources, *procedure.sources, *(step.sources if step else ())}


# Each in its own words


@pytest.mark.django_db
def test_every_screen_has_a_title_of_its_own(document):
    publish(document)
    titles = {}
    for walk in covering_walks(screens(document)):
        visitor = Visitor().begin(document.slug, walk.symptom)
        position = flow.entry_position(document, walk.symptom)
        for given in (*walk.answers, ""):
            procedure = flow.node_at(document, position).current_procedure(document, position)
            # The steps of a procedure are the same screens wherever it is used.
            titles.setdefault(read(visitor.see()).title, set()).add(
                (procedure.id, position.step) if procedure else (position.node,)
            )
            if given:
                visitor.answer(given)
                position = flow.next_position(document, position, given)
    assert titles
    assert {title: reachable for title, reachable in titles.items() if len(reachable) > 1} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["steps", "told", "remark", "help"])
def test_secondary_pages_obey_the_policy_too(document, name):
    publish(document)
    checked = 0
    for walk in covering_walks(screens(document))[::6]:
        visitor = Visitor().begin(document.slug, walk.symptom).walk(*walk.answers[:-1])
        if name != "steps" or visitor.session.step:
            full_page(visitor.see(name))
            checked += 1
    assert checked > 1


@pytest.mark.django_db
def test_entry_pages_obey_the_policy_too():
    for path in FIXTURES:
        publish(document_in(path))
    Visitor().begin("zosi-camera", document_in(FIXTURES[-1]).symptoms[0].id)
    for address in ("/", "/search/", "/search/?q=reset", "/search/?q=xyzzy", "/contact/"):
        full_page(Visitor().client.get(address))
    assert {address: read(Visitor().client.get(address)).inline for address in ("/nowhere/", "/?q=%00")} == {
        "/nowhere/": [],
        "/?q=%00": [],
    }
