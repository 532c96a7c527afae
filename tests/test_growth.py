"""An answer costs the same late in a long walk, and in a large wizard: instructions counted, not timed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.counting import instructions
from tests.visitor import HTMX, Visitor, publish

pytestmark = pytest.mark.django_db

MORE = 1.05  # how many times as much it may be


def ring(size, slug):
    """Publish a ring of questions, in which one can go round for ever; return a visitor at its second page."""
    lines = [f"q{number}? on:q{(number + 1) % size} stop:ok" for number in range(size)]
    publish(*lines, "ok = solved", slug=slug)
    return answered(Visitor().begin(slug), 1)


def answered(visitor, times):
    for _ in range(times):
        assert visitor.answer("on", headers=HTMX).status_code == 200
    return visitor


def cost(visitor):
    """Return what an answer costs in instructions, the cheapest of three."""
    return min(instructions(lambda: visitor.answer("on", headers=HTMX)) for _ in range(3))


@pytest.mark.once
def test_something_that_does_more_counts_more():
    few, many = (instructions(lambda size=size: sum(number for number in range(size))) for size in (100, 200))
    assert 1.5 < many / few < 2.1


def test_answer_400_costs_what_answer_2_costs():
    early, late = ring(5, "early"), answered(ring(5, "late"), 398)
    answered(early, 5)  # each of its pages was shown once, as in the other
    assert cost(late) <= MORE * cost(early)
    with CaptureQueriesContext(connection) as captured:
        answered(late, 1)
    assert len([query for query in captured if query["sql"].split()[0] in ("SELECT", "INSERT", "UPDATE")]) == 3


@pytest.mark.once  # what grows with a document is not a query
@pytest.mark.parametrize("answers", [0, 20])
def test_an_answer_costs_the_same_among_6000_nodes_as_among_60(answers):
    few, many = answered(ring(60, "few"), answers), answered(ring(6000, "many"), answers)
    assert cost(many) <= MORE * cost(few)
