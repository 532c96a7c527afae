"""A customer's page for staff to look at: it reads as it does for the customer, and nothing on it acts."""

from __future__ import annotations

import random

import pytest
from django.template.loader import render_to_string

from tests.graphs import TOY, graph
from tests.reading import Reading, read
from tests.walks import Walk
from wizards import flow, presenters
from wizards.models import Session

TEXT = "Read [our page](https://example.org/?a=1&b=2), or [write](mailto:help@example.org).\n\n3. Third\n4. Fourth"
JOINED = {"agent_name": "Ann", "end_url": "/end/", "updates_url": "/news/"}
ACTING = {"href", "action", "formaction", "method", "name"}


def document() -> flow.Document:
    """Return the toy with links in every text of a page."""
    plain = graph(*TOY).plain()
    for node in plain["nodes"]:
        node["text"] = TEXT
    for procedure in plain["procedures"]:
        procedure |= {name: TEXT for name in ("text", "erases") if procedure.get(name) or name == "text"}
        for step in procedure["steps"]:
            step |= {"text": TEXT, "caution": TEXT}
    return flow.Document.model_validate(plain)


def pages(seed: int) -> list[presenters.Page]:
    """Return the pages of a random walk, each with the answer given on it."""
    dice, walk, found = random.Random(seed), Walk(document()), []
    while not walk.history.ended and len(found) < 10:
        answer, position, number = dice.choice(walk.legal), walk.position, len(walk.history)
        session = Session(code="abcdefghjkmn", version_id=1, count=number, position=position)
        found.append(presenters.Page(session, walk.history.document, position, number, is_current=True, answer=answer))
        walk.answer(answer)
    session = Session(code="abcdefghjkmn", version_id=1, count=len(walk.history), position=walk.position)
    return [*found, presenters.Page(session, walk.history.document, walk.position, session.count, is_current=True)]


def shown(screen: presenters.Context) -> Reading:
    return read(render_to_string("customer/session/_screen.html", {"screen": screen}))


@pytest.mark.parametrize("seed", range(12))
def test_it_reads_as_the_customers_page_does(seed):
    walk = pages(seed)
    assert walk
    for page in walk:
        screen = presenters.screen_context(page)
        assert shown(presenters.readonly_context(screen, "")).text == shown(screen).text


@pytest.mark.parametrize("seed", range(12))
def test_nothing_on_it_acts_or_can_be_focused(seed):
    walk, focusable, fields = pages(seed), [], []
    assert walk
    for page in walk:
        readonly = shown(presenters.readonly_context(presenters.screen_context(page) | JOINED, page.answer))
        assert "Ann is with you" in readonly.text
        assert not [(tag, each) for tag, each in readonly.elements if ACTING & each.keys() and tag != "use"]
        assert not {"form", "script"} & {tag for tag, _ in readonly.elements}
        assert "hx-" not in readonly.html
        focusable += readonly.all("button")
        fields += [*readonly.all("input"), *readonly.all("textarea")]
        assert [each for each in readonly.all("a") if each["aria-disabled"] == "true"] == readonly.all("a")
    assert focusable
    assert {(each["type"], each["tabindex"], each["aria-disabled"]) for each in focusable} == {("button", "-1", "true")}
    assert fields
    assert all("disabled" in each for each in fields)


@pytest.mark.parametrize("seed", range(12))
def test_the_answer_is_marked_once_if_the_page_offers_it(seed):
    marked = []
    for page in pages(seed):
        screen = presenters.screen_context(page)
        live, readonly = shown(screen), shown(presenters.readonly_context(screen, page.answer))
        offered = page.answer in {*live.buttons, *live.radios}
        assert readonly.html.count("Chosen</b>") == offered
        marked.append(offered)
    assert any(marked)
    assert not marked[-1]


def test_every_kind_of_screen_was_looked_at():
    assert {page.node.screen(page.position) for seed in range(12) for page in pages(seed)} == set(
        presenters.screens.SCREENS
    )
