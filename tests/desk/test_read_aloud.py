"""What the agent reads aloud: nobody agrees to an erasing procedure without hearing what is lost."""

from __future__ import annotations

import pytest

from tests.desk.agents import Agent
from tests.graphs import TOY, graph
from tests.reading import read
from tests.visitor import publish

# tests/test_roles.py and tests/hostile cover the same queries on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def aloud(agent: Agent) -> str:
    """Return the text to read aloud on the current page of the agent's call."""
    html = read(agent.see()).html.partition('<div class="aloud">')[2].partition("</div>")[0]
    return read(html).text


def changed(kind: str, name: str, **words: str) -> None:
    """Publish the toy with other texts in the node or procedure `name`."""
    plain = graph(*TOY).plain()
    part = next(each for each in plain[kind] if each["id"] == name)
    publish(**{kind: [each | words if each is part else each for each in plain[kind]]})


def test_before_something_is_erased_the_agent_says_what_and_asks(ann):
    ann.begin().answer("clean")
    assert aloud(ann) == (
        "The next thing to try: Procedure wipe Before we begin, you should know what this erases. "
        "Every setting. Shall we go on?"
    )


def test_words_about_a_procedure_that_erases_are_said_with_its_title(ann):
    changed("procedures", "wipe", text="It takes a paper clip.")
    ann.begin().answer("clean")
    assert "to try: Procedure wipe It takes a paper clip. Before we begin" in aloud(ann)


def test_what_an_editor_wrote_to_say_stands_before_what_is_erased(ann):
    changed("nodes", "wiping", say="There is one more thing.")
    ann.begin().answer("clean")
    assert aloud(ann).startswith("There is one more thing. Before we begin")


def test_what_is_said_over_the_list_of_causes_is_not_said_before_one_erases(ann):
    changed("nodes", "why", say="We begin at the top.")
    ann.begin().answer("list")
    assert aloud(ann) == "We begin at the top."
    ann.answer("old")
    assert "at the top" not in aloud(ann)
    assert "what this erases" in aloud(ann)


def test_where_nothing_is_erased_nobody_is_asked_to_go_on(ann):
    ann.begin()
    assert aloud(ann) == "Question q?"
