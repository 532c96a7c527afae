"""A cached page equals a rendered one, values are escaped, and the cache is bounded."""

from __future__ import annotations

import importlib.util
import random
import re

import pytest
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
from wizards.presenters.compiled_template import CompiledTemplate, LRUCache, compile_html

TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=)"\w+"')


def request(token="t" * 64):
    """Return a request of HTMX, as the views get it."""
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


# Compiled templates


odd = st.text("ab<>&\"'", min_size=1)


@given(st.lists(st.sampled_from(["a<b", "MARK1", "x", "MARK2", "<p>"])), odd, odd)
def test_values_are_escaped_and_nothing_else_changes(pieces, one, other):
    compiled = compile_html("".join(pieces), {"MARK1": "one", "MARK2": "other"})
    wanted = {"MARK1": escape(one), "MARK2": escape(other)}
    assert compiled.render({"one": one, "other": other}) == "".join(wanted.get(piece, piece) for piece in pieces)


def test_a_missing_value_is_an_error():
    with pytest.raises(KeyError):
        compile_html("a MARK b", {"MARK": "one"}).render({})


def test_markers_differ_from_process_to_process():
    assert len(set(presenters.fragment_cache._MARKERS)) == 4
    assert min(map(len, presenters.fragment_cache._MARKERS)) >= 12
    found = importlib.util.find_spec("wizards.presenters.fragment_cache")
    another = importlib.util.module_from_spec(found)
    found.loader.exec_module(another)
    assert not set(another._MARKERS) & set(presenters.fragment_cache._MARKERS)


def test_the_cache_is_bounded_and_drops_the_least_recently_used():
    one = CompiledTemplate(("x" * 1000,))
    cache, source = LRUCache(3 * one.size), object()
    for key in "abc":
        cache.put(key, source, one)
    cache.get("a", source)
    cache.put("d", source, one)
    assert [key for key in "abcd" if cache.get(key, source)] == ["a", "c", "d"]
    for key in "efg":
        cache.put(key, source, one)
        assert cache.size <= cache.max_bytes
    assert [key for key in "abcdefg" if cache.get(key, source)] == ["e", "f", "g"]
    cache.put("h", source, CompiledTemplate(("y" * 10_000,)))
    assert len(cache) == cache.size == 0


def test_what_is_put_again_counts_once():
    cache, source = LRUCache(10_000), object()
    for _ in range(5):
        cache.put("a", source, CompiledTemplate(("x",)))
    assert cache.size == CompiledTemplate(("x",)).size


def test_what_was_compiled_from_another_document_is_not_returned():
    cache, source = LRUCache(10_000), object()
    cache.put("a", source, CompiledTemplate(("x",)))
    assert cache.get("a", source)
    assert cache.get("a", object()) is None
