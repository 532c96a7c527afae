"""A cached page equals a rendered one, values are escaped, and the cache is bounded."""

from __future__ import annotations

import importlib.util
import random
import re
import sys

import pytest
from cachetools import LRUCache
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.html import escape
from django_htmx.middleware import HtmxDetails
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.graphs import TOY, graph
from tests.strategies import documents
from tests.visitor import HTMX, Visitor, publish
from tests.walks import Walk
from wizards import flow, presenters
from wizards.models import Session
from wizards.presenters import fragment_cache

DOCUMENT = graph(*TOY)

TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=)"\w+"')


def request(token="t" * 64):
    """Return a request of htmx, as the views get it."""
    asked = RequestFactory().post("/", {"csrfmiddlewaretoken": token}, headers=HTMX)
    asked.htmx = HtmxDetails(asked)
    return asked


def session(walk, code="abcdefghjkmn"):
    """Return the unsaved session of a walk."""
    number = len(walk.history)
    row = Session(code=code, version_id=1, count=number, status=walk.history.ended or "open")
    row.position = walk.position
    return row


def live(page):
    """Render the page with its template."""
    context = {"screen": presenters.screen_context(page) | {"error": "", "message": ""}}
    return masked(render_to_string("customer/session/_step.html", context, request()))


def masked(page):
    return TOKEN.sub(r'\1"mask"', str(page))


def view_of(walk, document):
    row = session(walk)
    return presenters.Page(row, document, row.position, row.count, is_current=True)


def walk_about(document, dice, answers):
    """Yield a walk again after each random legal answer."""
    walk = Walk(document, dice.choice(document.symptoms).id)
    for _ in range(answers):
        if walk.history.ended:
            return
        walk.answer(dice.choice(walk.legal))
        yield walk


@settings(max_examples=examples(60))
@given(documents(), st.integers(0, 2**32))
def test_a_cached_page_is_the_page_that_the_template_renders(document, seed):
    walked = False
    for walk in walk_about(document, random.Random(seed), 12):
        walked = True
        page = view_of(walk, document)
        for _ in range(2):  # rendered, then cached
            cached = presenters.cached_fragment(request(), page)
            assert masked(cached.content.decode()) == live(page)
    assume(walked)


def test_every_kind_of_screen_can_be_cached():
    document, seen = graph(*TOY), set()
    for seed in range(60):
        for walk in walk_about(document, random.Random(seed), 8):
            page = view_of(walk, document)
            seen.add(page.node.screen(page.position))
            assert masked(presenters.cached_fragment(request(), page).content.decode()) == live(page)
    assert seen == set(presenters.screens.SCREENS)


def test_two_sessions_at_one_place_get_their_own_values():
    walk = Walk(graph(*TOY)).answer("list", "none")
    found = []
    for code, token in (("aaaabbbbcccc", "one's"), ("ddddeeeeffff", "another's")):
        row = session(walk, code)
        page = presenters.Page(row, walk.history.document, row.position, 7, is_current=True)
        found.append(presenters.cached_fragment(request(token), page).content.decode())
    own = [("aaaabbbbcccc", "ddddeeeeffff"), ("AAAA BBBB CCCC", "DDDD EEEE FFFF"), ("one&#x27;s", "another&#x27;s")]
    assert "/s/aaaabbbbcccc/7/" in found[0]
    other = found[0]
    for one, another in own:
        assert one in other
        other = other.replace(one, another)
    assert found[1] == other


def test_two_versions_at_one_position_have_a_page_each(monkeypatch):
    def fragment(document, version):
        row = session(Walk(document).answer("list", "none"))
        row.version_id = version
        page = presenters.Page(row, document, row.position, row.count, is_current=True)
        return presenters.cached_fragment(request(), page).content.decode()

    documents = graph(*TOY), graph(*TOY, slug="mended")
    rendered = [fragment(document, version) for version, document in enumerate(documents, 1)]
    assert ["Mended" in page for page in rendered] == [False, True]
    monkeypatch.setattr(presenters.fragment_cache, "render_to_string", None)
    assert [fragment(document, version) for version, document in enumerate(documents, 1)] == rendered


@pytest.mark.parametrize(
    "change",
    [{"is_current": False}, {"answer": "no"}, {"feedback": "yes"}, {"is_first": True}],
    ids=["an earlier page", "answered before", "said whether it helped", "the first page"],
)
def test_a_page_that_shows_more_is_rendered(change):
    walk = Walk(graph(*TOY)).answer("no")
    row = session(walk)
    shown = {
        "session": row,
        "document": walk.history.document,
        "position": row.position,
        "number": 2,
        "is_current": True,
    }
    assert presenters.cached_fragment(request(), presenters.Page(**shown))
    assert presenters.cached_fragment(request(), presenters.Page(**shown | change)) is None


@pytest.mark.parametrize("change", [{"agent_id": 1}, {"channel": Session.Channel.TEST}])
def test_a_page_that_somebody_else_looks_at_is_rendered(change):
    walk = Walk(graph(*TOY)).answer("no")
    row = session(walk)
    for name, value in change.items():
        setattr(row, name, value)
    page = presenters.Page(row, walk.history.document, row.position, 2, is_current=True)
    assert presenters.cached_fragment(request(), page) is None


def test_a_page_without_its_picture_is_rendered_until_the_picture_is_there(monkeypatch):
    step = {"id": "hold", "title": "Hold", "picture": {"name": "not-drawn-yet", "alt": "A button"}}
    plain = graph(*TOY).plain()
    plain["procedures"][0]["steps"] = [step]
    document = flow.Document.model_validate(plain)
    page = view_of(Walk(document).answer("no"), document)
    assert b"A button" not in presenters.cached_fragment(request(), page).content
    monkeypatch.setattr(presenters.images, "is_drawn", lambda name: True)
    assert b"A button" in presenters.cached_fragment(request(), page).content


@pytest.mark.django_db
def test_an_answer_after_the_first_of_its_kind_renders_nothing(monkeypatch):
    publish()
    Visitor().begin().answer("list", headers=HTMX)
    monkeypatch.setattr(presenters.fragment_cache, "render_to_string", None)
    monkeypatch.setattr(presenters.responses, "render", None)
    again = Visitor().begin()
    page = again.answer("list", headers=HTMX)
    assert f'action="/s/{again.code}/2/"' in page.content.decode()


# The cache


PLACEHOLDERS = ("CODE", "REFERENCE", "NUMBER", "TOKEN")


def fragment(version=1, document=DOCUMENT):
    return fragment_cache.fragment_with_placeholders(version, document, flow.Position("q"))


@pytest.fixture
def renders(monkeypatch):
    """Start with an empty cache that holds three of these fragments; return what is rendered from then on."""
    rendered = []

    def render(template, context):
        rendered.append(template)
        return "x" * 1000

    monkeypatch.setattr(fragment_cache, "render_to_string", render)
    size = sys.getsizeof("x" * 1000)
    monkeypatch.setattr(fragment_cache, "_cache", LRUCache(3 * size, getsizeof=lambda entry: sys.getsizeof(entry[1])))
    return rendered


def test_a_fragment_is_rendered_once(renders):
    assert fragment() == fragment() == "x" * 1000
    assert len(renders) == 1


def test_the_cache_is_bounded_and_drops_the_least_recently_used(renders):
    for version in (1, 2, 3, 1, 4):
        fragment(version)
    assert [key[0] for key in sorted(fragment_cache._cache, key=lambda key: key[0])] == [1, 3, 4]
    assert fragment_cache._cache.currsize <= fragment_cache._cache.maxsize
    assert len(renders) == 4


def test_a_fragment_of_another_document_is_rendered_again(renders):
    fragment()
    fragment(document=graph(*TOY))
    assert len(renders) == 2


@pytest.mark.parametrize("code", ["abcdefghjkmn", "<b>&\"'</b>"])
def test_values_are_escaped(code):
    page = view_of(Walk(DOCUMENT).answer("no"), DOCUMENT)
    page.session.code = code
    html = presenters.cached_fragment(request(token="&" * 64), page).content.decode()
    assert f"/s/{escape(code)}/" in html
    assert escape("&" * 64) in html
    assert not any(str(getattr(fragment_cache, name)) in html for name in PLACEHOLDERS)


def test_placeholders_differ_from_process_to_process():
    found = importlib.util.find_spec("wizards.presenters.fragment_cache")
    another = importlib.util.module_from_spec(found)
    found.loader.exec_module(another)
    ours, theirs = ([str(getattr(module, name)) for name in PLACEHOLDERS] for module in (fragment_cache, another))
    assert len({*ours, *theirs}) == 8
    assert min(map(len, ours)) >= 12
