"""Remarks, feedback, all steps, the answers so far, and asking for a person."""

import pytest

from tests.reading import read
from tests.visitor import HTMX, Visitor, publish
from wizards.models import Words

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


# What looks different


def test_every_page_links_to_the_remark_form(visitor):
    for answer in ("clean", "confirm", "next", "failed", "none"):
        assert visitor.address("remark") in read(visitor.see()).links
        visitor.walk(answer)


def test_a_remark_is_logged_with_its_words_and_thanked_for(visitor):
    visitor.walk("no")
    response = visitor.send("remark", words="The light is red")
    assert response.status_code == 303
    assert visitor.log[-1] == "remark 2"
    assert Words.objects.get().text == "The light is red"
    page = read(visitor.client.get(response["Location"]))
    assert "Thank you. We have noted what you see." in page.text
    assert page.h1 == "Step hold"


def test_a_remark_needs_no_words(visitor):
    assert visitor.send("remark").status_code == 303
    assert visitor.log == ["begin s", "remark 1"]
    assert not Words.objects.exists()


@pytest.mark.parametrize("words", ["", "  \n "])
@pytest.mark.parametrize("headers", [None, HTMX], ids=["page", "fragment"])
def test_a_remark_without_words_has_thanks_of_its_own(visitor, words, headers):
    response = visitor.send("remark", headers=headers, words=words)
    page = read(visitor.client.get(response["Location"]) if response.status_code == 303 else response)
    assert "Thank you. We have noted that it looks different." in page.text
    assert "what you see" not in page.text


def test_the_same_remark_sent_twice_is_logged_once(visitor):
    visitor.send("remark", 1, words="red")
    visitor.send("remark", 1, words="red")
    assert visitor.log == ["begin s", "remark 1"]


def test_overlong_words_are_a_422_and_stay_in_the_form(visitor):
    response = visitor.send("remark", words="a" * 2001)
    page = read(response)
    assert response.status_code == 422
    assert "at most 2000 characters" in page.text
    assert "a" * 2001 in page.text
    assert "#id_words" in page.links
    assert page.all("textarea", id="id_words")
    assert visitor.log == ["begin s"]


def test_the_remark_page_has_a_form_and_a_link_back(visitor):
    page = read(visitor.see("remark"))
    assert page.whole
    assert page.all("form", method="post", action=visitor.address("remark"))
    assert visitor.address() in page.links


def test_a_remark_about_an_earlier_page_leads_back_to_that_page(visitor):
    visitor.walk("no", "next")
    response = visitor.send("remark", 1, words="odd")
    assert response["Location"].startswith(visitor.address("step", 1))
    assert visitor.log[-1] == "remark 1"
    assert visitor.session.position.step == "release"


# Did it help?


@pytest.mark.parametrize("helped", ["yes", "no"])
def test_feedback_is_logged_and_thanked_for(visitor, helped):
    visitor.walk("yes")
    response = visitor.send("feedback", helped=helped, words="Nice")
    assert response.status_code == 303
    assert visitor.log[-1] == f"feedback {helped}"
    assert Words.objects.get().text == "Nice"
    assert "Thank you" in read(visitor.client.get(response["Location"])).text


def test_feedback_is_asked_for_once(visitor):
    visitor.walk("yes")
    visitor.send("feedback", helped="yes")
    assert not read(visitor.see()).all("button", name="helped")


def offered_by(visitor, headers=None):
    """Say that it did not help; return the page then shown, and the same page opened again."""
    response = visitor.send("feedback", headers=headers, helped="no")
    now = visitor.client.get(response["Location"]) if response.status_code == 303 else response
    return read(now), read(visitor.see())


@pytest.mark.parametrize("headers", [None, HTMX], ids=["page", "fragment"])
@pytest.mark.parametrize("way", ["yes", "tip"])
def test_where_it_did_not_help_next_options_are_offered_now_and_later(visitor, way, headers):
    visitor.walk(way)
    then, later = offered_by(visitor, headers)
    for page in (then, later):
        assert "What you can do now" in page.text
        assert page.all("button", formaction=visitor.address("help"))
        assert f"/s/{visitor.code}/case/" in page.links
        assert "Go back one step" in page.text


def test_where_it_did_not_help_nothing_says_that_it_is_solved(visitor):
    visitor.walk("yes")
    assert 'class="mark green"' in read(visitor.see()).html
    for page in offered_by(visitor):
        assert 'class="mark green"' not in page.html
        assert 'class="note green"' not in page.html


def test_where_it_helped_no_next_options_are_offered(visitor):
    visitor.walk("yes")
    visitor.send("feedback", helped="yes")
    page = read(visitor.see())
    assert "What you can do now" not in page.text
    assert 'class="mark green"' in page.html


def test_where_an_end_that_leads_to_support_did_not_help_it_is_offered_once(visitor):
    visitor.walk("list", "loose", "next", "failed", "none")
    then, later = offered_by(visitor)
    for page in (then, later):
        assert page.html.count(f"/s/{visitor.code}/case/") == 1
        assert page.all("button", formaction=visitor.address("help"))


def test_go_back_one_step_leads_to_the_page_before_the_end(visitor):
    visitor.walk("yes")
    _, page = offered_by(visitor)
    assert page.all("button", formaction=visitor.address("back"), **{"class": "btn btn-outline-primary"})
    visitor.send("back")
    assert read(visitor.see()).h1 == "Question q?"


def test_feedback_on_the_end_shows_on_the_page_before_the_end_was_logged_too(visitor):
    visitor.walk("yes")
    visitor.send("feedback", 2, helped="no")
    assert "What you can do now" in read(visitor.see(number=2)).text


def test_feedback_can_be_given_on_the_page_before_the_end_was_logged(visitor):
    visitor.walk("yes")
    assert visitor.log == ["begin s", "answer yes", "end solved"]
    assert visitor.send("feedback", 2, helped="yes").status_code == 303
    assert visitor.log[-1] == "feedback yes"


@pytest.mark.parametrize("form", [{}, {"helped": ""}, {"helped": "maybe"}, {"helped": "YES"}])
def test_feedback_is_yes_or_no(visitor, form):
    visitor.walk("yes")
    response = visitor.send("feedback", **form)
    assert response.status_code == 422
    assert "Please choose yes or no." in read(response).text
    assert len(visitor.log) == 3


def test_feedback_is_for_the_end_only(visitor):
    response = visitor.send("feedback", helped="yes")
    assert response.status_code == 422
    assert visitor.log == ["begin s"]


def test_overlong_words_with_feedback_are_a_422(visitor):
    visitor.walk("yes")
    assert visitor.send("feedback", helped="yes", words="a" * 2001).status_code == 422
    assert len(visitor.log) == 3


# All steps on one page


def test_all_steps_are_on_one_page_with_the_answers(visitor):
    visitor.walk("no")
    page = read(visitor.see("steps"))
    assert page.h1 == "Procedure press"
    assert "Step hold" in page.text
    assert "Step release" in page.text
    assert page.buttons == {"worked", "failed", "blocked"}
    assert page.all("form", action=visitor.address(), method="post")


def test_the_page_of_all_steps_says_what_is_erased(visitor):
    assert "Every setting." in read(visitor.walk("clean", "confirm").see("steps")).text


def test_it_worked_on_the_page_of_all_steps_is_logged_at_the_current_step(visitor):
    visitor.walk("no", "worked")
    assert visitor.log[-2:] == ["answer worked", "end solved"]


@pytest.mark.parametrize("way", [(), ("list",), ("clean",), ("tip",)])
def test_where_there_are_no_steps_there_is_no_page_of_them(visitor, way):
    visitor.walk(*way)
    assert visitor.address("steps") not in read(visitor.see()).links
    response = visitor.see("steps")
    assert response.status_code == 400
    assert visitor.address() in read(response).links


# What you told us so far


def test_the_answers_so_far_are_listed_with_a_link_to_change_each(visitor):
    visitor.walk("list", "loose", "next", "failed")
    page = read(visitor.see("told"))
    for words in ("It does not work", "Question q?", "Choose list", "Why why", "Cause loose", "It did not work"):
        assert words in page.text
    assert {visitor.address("step", 1), visitor.address("step", 2), "/w/toy/"} <= page.links


def test_going_from_step_to_step_is_not_listed_as_an_answer(visitor):
    visitor.walk("no", "next")
    assert "Step hold" not in read(visitor.see("told")).text


def test_a_changed_answer_is_listed_as_it_is_now(visitor):
    visitor.walk("no", "next")
    visitor.answer("list", 1)
    page = read(visitor.see("told"))
    assert "Choose list" in page.text
    assert "Choose no" not in page.text


def test_the_answers_so_far_link_to_the_current_page(visitor):
    visitor.walk("no")
    assert visitor.address("step", 2) in read(visitor.see("told")).links


# Talking to a person


def test_every_page_offers_to_talk_to_a_person(visitor):
    for answer in ("clean", "confirm", "next", "failed", "none"):
        assert read(visitor.see()).all("form", method="post", action=visitor.address("help"))
        visitor.walk(answer)


def test_asking_for_a_person_is_logged_and_shows_how_to_reach_one(visitor):
    visitor.walk("no")
    response = visitor.send("help")
    assert response.status_code == 303
    assert response["Location"] == visitor.address("help")
    assert visitor.log[-1] == "help 2"
    page = read(visitor.see("help"))
    assert [link for link in page.links if link.startswith("tel:")]
    assert visitor.code.upper() in page.text.replace(" ", "")
    assert "Choose no" in page.text


def test_asking_twice_on_one_page_is_logged_once(visitor):
    visitor.send("help")
    visitor.send("help")
    assert visitor.log == ["begin s", "help 1"]


def test_after_asking_for_a_person_one_can_carry_on(visitor):
    visitor.walk("no")
    visitor.send("help")
    page = read(visitor.see("help"))
    on = visitor.address("step", 3)
    assert on in page.links
    assert read(visitor.client.get(on)).h1 == "Step hold"


def test_looking_at_how_to_reach_a_person_logs_nothing(visitor):
    assert visitor.see("help").status_code == 200
    assert visitor.log == ["begin s"]


# What wizards and people wrote is text


def test_what_a_wizard_says_is_shown_as_text():
    evil = "<script>alert(1)</script><b onclick=x>"
    step = {
        "id": "hold",
        "title": evil,
        "text": evil,
        "signs": [evil],
        "caution": evil,
        "picture": {"name": "click", "alt": f'"{evil}'},
    }
    said = {"title": evil, "text": evil}
    choices = [{"id": "a", "label": evil, "reason": evil, "to": "why"}, {"id": "b", "label": "B", "to": "ok"}]
    causes = [{"id": "c", "label": evil, "reason": evil, "procedure": "press"}]
    nodes = [
        {"id": "q", "kind": "question", **said, "choices": choices},
        {"id": "why", "kind": "diagnosis", **said, "causes": causes, "worked": "ok", "failed": "ok"},
        {"id": "ok", "kind": "outcome", **said, "result": "unsolved"},
    ]
    procedures = [{"id": "press", "title": evil, "text": evil, "erases": evil, "steps": [step]}]
    symptoms = [{"id": "s", "label": evil, "words": [evil], "to": "q"}]
    publish(title=evil, summary=evil, nodes=nodes, procedures=procedures, symptoms=symptoms)
    visitor = Visitor().begin()
    pages = [visitor.client.get(address) for address in ("/", "/w/toy/", "/search/?q=alert")]
    for answer in ("a", "c", "confirm", "worked"):
        pages += [visitor.see(), visitor.see("told"), visitor.see("remark"), visitor.see("help")]
        visitor.walk(answer)
    pages += [visitor.see(), visitor.see("steps", 4), visitor.see("told")]
    assert {response.status_code for response in pages} == {200}
    for page in map(read, pages):
        assert page.inline == []
        assert "<script>alert(1)</script>" in page.text
        assert not page.all("b", onclick="x")


@pytest.mark.parametrize("name", ["step", "told", "help", "remark"])
def test_the_words_of_a_remark_are_on_no_page(visitor, name):
    visitor.send("remark", words="peculiar words")
    assert "peculiar" not in visitor.see(name).content.decode()
