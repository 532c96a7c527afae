"""The replay of a session: each page as the person saw it, with the answer marked, and nothing active."""

from __future__ import annotations

import pytest

from tests.analytics.walkers import Walker
from tests.reading import read
from tests.versions import publish_draft
from tests.walks import TOY

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

LIST = "/review/sessions/"


def replayed(reviewer, session, number):
    return read(reviewer.get(f"{LIST}{session.code}/{number}/"))


def test_each_page_is_shown_as_the_person_saw_it(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no", "worn", "next", "next", "worked").session
    headings = [replayed(reviewer, session, number).h1 for number in range(1, 7)]
    assert headings == ["Question q?", "Why why", "Step open", "Step change", "Step close", "End ok"]


def test_a_replay_shows_the_words_of_the_sessions_version(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no", "loose").session
    changed = TOY.plain()
    for part in (*changed["nodes"], *changed["procedures"]):
        part["title"] = "Now it is called otherwise"
    changed["nodes"][0]["choices"][1]["label"] = "Another answer"
    publish_draft(type(TOY).model_validate(changed))
    for number in (1, 2, 3):
        page = replayed(reviewer, session, number)
        assert "otherwise" not in page.text
        assert "Another answer" not in page.text
    assert "Choose no" in replayed(reviewer, session, 1).text
    assert "Procedure tighten" in replayed(reviewer, session, 3).text


def test_the_answer_is_marked_on_its_card(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no", "worn").session
    first, second = replayed(reviewer, session, 1), replayed(reviewer, session, 2)
    assert [radio["value"] for radio in first.all("input", type="radio") if "checked" in radio] == ["no"]
    assert [radio["value"] for radio in second.all("input", type="radio") if "checked" in radio] == ["worn"]
    assert first.html.count('class="given"') == second.html.count('class="given"') == 1


@pytest.mark.parametrize(
    ("answers", "label"),
    [
        (["lost", "decline"], "No, show me another way"),
        (["loose", "failed"], "It did not work"),
        (["none"], "None of these fits"),
    ],
)
def test_the_answer_is_marked_on_its_button(clock, toy, reviewer, answers, label):
    session = Walker(clock, toy).answer("no", *answers).session
    html = replayed(reviewer, session, len(answers) + 1).html
    assert html.count('class="given"') == 1
    assert f'{label}<b class="given">' in html


def test_the_feedback_is_marked_at_the_end(clock, toy, reviewer):
    session = Walker(clock, toy).answer("yes").feedback("no").session
    assert 'No<b class="given">' in replayed(reviewer, session, 2).html


def test_a_page_that_was_not_answered_has_no_mark(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").session
    page = replayed(reviewer, session, 2)
    assert 'class="given"' not in page.html
    assert "Nothing was answered here yet" in page.text


def test_nothing_on_a_replayed_page_is_active(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no", "lost", "confirm", "next", "worked").feedback("yes").session
    buttons, fields = [], []
    for number in range(1, 7):
        page = replayed(reviewer, session, number)
        buttons += page.all("button")
        fields += page.all("input")
        assert page.whole
        assert not page.all("form")
        assert not page.all("script")
        assert " hx-" not in page.html
        allowed = (LIST, "#")
        assert page.links
        assert not [link for link in page.links if not link.startswith(allowed)]
    assert len(buttons) > 6
    assert all(button["type"] == "button" and "formaction" not in button for button in buttons)
    assert fields
    assert all("disabled" in field for field in fields)


def test_the_bar_links_the_pages_before_and_after(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").remark().back().answer("yes").session
    # begin, answer, remark, back, answer, end: pages 1, 2, 4, 5
    page = replayed(reviewer, session, 2)
    links = {link.get("rel"): link["href"] for link in page.all("a") if "rel" in link}
    assert links == {"prev": f"{LIST}{session.code}/1/", "next": f"{LIST}{session.code}/4/"}
    assert f"{LIST}{session.code}/5/" in page.links
    assert "Page 2 of 4" in page.text
    assert "after 20 s" in page.text


def test_the_first_and_last_page_have_one_link_each(clock, toy, reviewer):
    session = Walker(clock, toy).answer("yes").session
    assert [link["rel"] for link in replayed(reviewer, session, 1).all("a") if "rel" in link] == ["next"]
    assert [link["rel"] for link in replayed(reviewer, session, 3).all("a") if "rel" in link] == ["prev"]


def test_a_first_page_visited_again_is_shown_as_a_first_page(clock, toy, reviewer):
    session = Walker(clock, toy).answer("no").back().session
    assert ["Start over" in replayed(reviewer, session, number).text for number in (1, 2, 3)] == [False, True, False]


@pytest.mark.parametrize("number", [0, 3, 10**12])
def test_a_page_that_was_not_reached_is_a_404(clock, toy, reviewer, number):
    session = Walker(clock, toy).answer("no").session
    assert reviewer.get(f"{LIST}{session.code}/{number}/").status_code == 404
