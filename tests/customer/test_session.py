"""A customer's way through a session, with forms and links alone."""

import pytest

from tests.reading import read
from tests.visitor import HTMX, Visitor, publish

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Answering


def test_an_answer_is_logged_and_leads_on_by_a_redirect(visitor):
    response = visitor.answer("no")
    assert response.status_code == 303
    assert response["Location"] == f"/s/{visitor.code}/2/"
    assert visitor.log == ["begin s", "answer no"]
    assert read(visitor.see()).h1 == "Step hold"


def test_the_same_answer_given_twice_is_logged_once(visitor):
    visitor.answer("no")
    again = visitor.answer("no", 1)
    assert again.status_code == 303
    assert again["Location"] == f"/s/{visitor.code}/2/"
    assert visitor.log == ["begin s", "answer no"]


def test_another_answer_to_an_earlier_page_goes_back_first(visitor):
    visitor.walk("no", "next")
    response = visitor.answer("tip", 1)
    assert visitor.log == ["begin s", "answer no", "answer next", "back 1", "answer tip", "end advice"]
    assert response["Location"] == f"/s/{visitor.code}/6/"
    assert read(visitor.see()).h1 == "End tip"


def test_no_answer_is_asked_for_in_plain_words(visitor):
    response = visitor.send("step")
    page = read(response)
    assert response.status_code == 422
    assert "Please choose an answer to go on." in page.text
    assert "#answer" in page.links
    assert page.all("input", id="answer")
    assert page.all("div", role="alert")
    assert visitor.log == ["begin s"]


def test_the_field_in_error_is_described_by_the_error(visitor):
    page = read(visitor.send("step"))
    (fieldset,) = page.all("fieldset")
    assert fieldset["aria-describedby"] == "problem"
    assert page.all("div", id="problem")


@pytest.mark.parametrize("answer", ["maybe", "next", "fix", "NO", " no", "no ", "s"])
def test_an_answer_that_the_page_does_not_offer_is_a_422(visitor, answer):
    response = visitor.answer(answer)
    assert response.status_code == 422
    assert "not one of the answers on this page" in read(response).text
    assert visitor.log == ["begin s"]


def test_every_page_of_a_walk_has_an_address_and_a_title_of_its_own(visitor):
    titles, addresses = [], []
    for answer in ("clean", "confirm", "next", "failed", "none"):
        titles.append(read(visitor.see()).title)
        addresses.append(visitor.address())
        visitor.walk(answer)
    titles.append(read(visitor.see()).title)
    assert len(set(titles)) == len(titles)
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize("way", [(), ("no",), ("list",), ("clean",), ("clean", "confirm"), ("tip",)])
def test_a_page_names_its_number_where_its_form_leads(visitor, way):
    visitor.walk(*way)
    page = read(visitor.see())
    (form,) = [form for form in page.all("form") if "hx-post" in form]
    assert form["action"] == form["hx-post"] == visitor.address()
    assert form["method"] == "post"


# Each kind of page


def test_a_question_shows_its_choices_and_none_is_chosen(visitor):
    page = read(visitor.see())
    assert page.h1 == "Question q?"
    assert page.radios == ["yes", "no", "list", "clean", "tip"]
    assert page.checked == []
    assert "Choose clean" in page.text


def test_a_choice_can_say_why_it_matters():
    nodes = [
        {
            "id": "q",
            "kind": "question",
            "title": "Which?",
            "text": "Look *closely*.",
            "choices": [
                {"id": "a", "label": "This", "reason": "It tells us more", "to": "ok"},
                {"id": "b", "label": "That", "to": "ok"},
            ],
        },
        {"id": "ok", "kind": "outcome", "title": "Done", "result": "solved"},
    ]
    publish(nodes=nodes, procedures=[])
    page = read(Visitor().begin().see())
    assert "It tells us more" in page.text
    assert "<em>closely</em>" in page.html


def test_a_diagnosis_offers_its_causes_best_first_and_those_that_erase_last(visitor):
    page = read(visitor.walk("list").see())
    assert page.h1 == "Why why"
    assert page.radios == ["loose", "worn", "old"]
    assert page.checked == ["loose"]
    assert page.buttons == {"none"}
    assert page.text.count("Try this first") == 1
    assert "erases settings" in page.text
    assert "about 2 minutes" in page.text
    assert "about 1 minute" in page.text


def test_a_cause_that_was_tried_is_listed_with_its_result_and_not_offered_first(visitor):
    page = read(visitor.walk("list", "loose", "failed").see())
    assert page.radios == ["worn", "old"]
    assert page.checked == ["worn"]
    assert "Cause loose It did not work" in page.text


def test_a_procedure_that_erases_asks_before_its_first_step(visitor):
    page = read(visitor.walk("clean").see())
    assert page.h1 == "Procedure wipe"
    assert page.buttons == {"confirm", "decline"}
    assert "Every setting." in page.text
    assert "Step open" not in page.text


def test_declining_leads_to_another_node(visitor):
    assert read(visitor.walk("clean", "decline").see()).h1 == "Question q?"


def test_a_procedure_is_shown_one_step_at_a_time(visitor):
    page = read(visitor.walk("no").see())
    assert page.h1 == "Step hold"
    assert "Step 1 of 2" in page.text
    assert "Step release" not in page.text
    assert {"next", "worked", "blocked"} <= page.buttons


def test_the_last_step_asks_whether_it_worked(visitor):
    page = read(visitor.walk("no", "next").see())
    assert "Step 2 of 2" in page.text
    assert page.buttons == {"worked", "failed", "blocked"}


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize(("answer", "leads"), [("worked", "End ok"), ("failed", "Why why"), ("blocked", "End human")])
def test_on_every_step_it_can_have_worked_failed_or_be_impossible(visitor, number, answer, leads):
    visitor.walk("no", *["next"] * (number - 2), answer)
    assert read(visitor.see()).h1 == leads


@pytest.mark.parametrize("name", ["step", "steps"])
def test_a_step_shows_all_that_it_carries(name):
    step = {
        "id": "hold",
        "title": "Hold the button",
        "text": "Press **firmly**.",
        "signs": ["The light flashes"],
        "caution": "No *force*.",
        "picture": {"name": "click", "alt": "A pin presses a button"},
        "say": "Say this aloud",
        "note": "Only for agents",
    }
    visitor = Visitor()
    begin_with_step(visitor, step)
    page = read(visitor.see(name))
    shown = ("Hold the button", "Press firmly.", "The light flashes", "No force.")
    assert [words for words in shown if words not in page.text] == []
    assert page.all("svg", role="img", **{"aria-label": "A pin presses a button"})
    assert page.all("use", href="/static/pictures/click.svg#picture")
    assert "Say this aloud" not in page.html
    assert "Only for agents" not in page.html


@pytest.mark.parametrize(
    ("field", "seconds", "words"),
    [
        ("hold_seconds", 20, "Hold for 20 seconds."),
        ("hold_seconds", 1, "Hold for 1 second."),
        ("wait_seconds", 120, "Wait for 2 minutes."),
        ("wait_seconds", 60, "Wait for 1 minute."),
        ("wait_seconds", 90, "Wait for 90 seconds."),
    ],
)
@pytest.mark.parametrize("name", ["step", "steps"])
def test_a_step_says_how_long_to_hold_or_to_wait(field, seconds, words, name):
    visitor = Visitor()
    begin_with_step(visitor, {"id": "hold", "title": "Hold", field: seconds})
    page = read(visitor.see(name))
    assert words in page.text
    assert [each["data-seconds"] for each in page.all("div") if "data-seconds" in each] == [str(seconds)]


def begin_with_step(visitor, step):
    """Bring the visitor to the only step of the toy's procedure, with `step` in its place."""
    wipe = {"id": "wipe", "title": "Wipe it", "erases": "All.", "steps": [{"id": "open", "title": "Open it"}]}
    publish(procedures=[{"id": "press", "title": "Press it", "steps": [step]}, wipe])
    visitor.begin().walk("no")


def test_an_unsolved_end_leads_to_a_person_with_a_reference(visitor):
    page = read(visitor.walk("no", "blocked").see())
    assert page.h1 == "End human"
    assert [link for link in page.links if link.startswith("tel:")]
    assert visitor.code.upper() in page.text.replace(" ", "")


def test_a_solved_end_asks_whether_it_helped(visitor):
    page = read(visitor.walk("yes").see())
    assert page.h1 == "End ok"
    assert page.beginnings >= {visitor.address("feedback")}
    assert {button["value"] for button in page.all("button", name="helped")} == {"yes", "no"}


def test_an_end_leads_to_the_first_page(visitor):
    assert "/" in read(visitor.walk("yes").see()).links


# Back, start over, and looking at an earlier page again


def test_back_leads_to_the_page_before_and_is_logged(visitor):
    visitor.walk("no", "next")
    response = visitor.send("back")
    assert response.status_code == 303
    assert visitor.log[-1] == "back 2"
    page = read(visitor.see())
    assert page.h1 == "Step hold"
    assert page.all("form", action=visitor.address())


def test_back_again_leads_further_back(visitor):
    visitor.walk("no", "next")
    visitor.send("back")
    visitor.send("back")
    assert read(visitor.see()).h1 == "Question q?"
    assert visitor.log[2:] == ["answer next", "back 2", "back 1"]


def test_back_pressed_twice_on_one_page_goes_back_once(visitor):
    visitor.walk("no", "next")
    visitor.send("back", 3)
    visitor.send("back", 3)
    assert visitor.log[3:] == ["back 2"]
    assert read(visitor.see()).h1 == "Step hold"


def test_every_page_but_the_first_can_go_back(visitor):
    assert visitor.address("back") not in read(visitor.see()).beginnings
    for answer in ("clean", "confirm", "next", "failed", "none"):
        visitor.walk(answer)
        assert visitor.address("back") in read(visitor.see()).beginnings


@pytest.mark.parametrize("headers", [None, HTMX], ids=["page", "fragment"])
@pytest.mark.parametrize("move", ["back", "restart"])
def test_the_first_page_come_back_to_is_a_first_page_again(visitor, move, headers):
    visitor.walk("no")
    response = visitor.send(move, headers=headers)
    for page in (read(response if headers else visitor.see()), read(visitor.see()), read(visitor.see("step", 1))):
        assert page.h1 == "Question q?"
        assert "/w/toy/" in page.links
        assert "Start over" not in page.text
    assert visitor.walk("no").address("back") in read(visitor.see()).beginnings


def test_the_first_page_cannot_go_back_after_an_annotation(visitor):
    visitor.send("remark", words="It blinks.")
    visitor.client.post(visitor.address("help"))
    page = read(visitor.see("step", visitor.session.count))
    assert "/w/toy/" in page.links
    assert "Start over" not in page.text


@pytest.mark.parametrize("headers", [None, HTMX], ids=["page", "fragment"])
def test_a_first_question_asked_again_can_go_back_the_second_time(headers):
    publish("a? on:b", "b? again:a end:ok", "ok = solved", slug="ring")
    visitor = Visitor().begin("ring").walk("on")
    response = visitor.answer("again", headers=headers)
    then, later = read(response if headers else visitor.see()), read(visitor.see())
    assert then.h1 == later.h1 == "Question a?"
    assert visitor.address("back") in then.beginnings
    assert visitor.address("back") in later.beginnings


def test_start_over_leads_to_the_first_page_and_keeps_the_log(visitor):
    visitor.walk("clean", "confirm", "next")
    response = visitor.send("restart")
    assert response.status_code == 303
    assert visitor.log == ["begin s", "answer clean", "answer confirm", "answer next", "back 1"]
    assert read(visitor.see()).h1 == "Question q?"


def test_an_earlier_page_shows_the_answer_given_and_says_so(visitor):
    visitor.walk("no", "next")
    page = read(visitor.see("step", 1))
    assert page.checked == ["no"]
    assert "You answered this earlier" in page.text
    assert visitor.address("step", 3) in page.links
    assert page.all("form", action=visitor.address("step", 1))


def test_the_current_page_does_not_say_that_it_was_answered(visitor):
    assert "You answered this earlier" not in read(visitor.walk("no").see()).text


def test_reloading_a_page_shows_the_same_page(visitor):
    visitor.walk("list")
    assert read(visitor.see()).text == read(visitor.see()).text


def test_an_earlier_list_of_causes_shows_the_one_that_was_tried(visitor):
    visitor.walk("list", "worn")
    assert read(visitor.see("step", 2)).checked == ["worn"]
