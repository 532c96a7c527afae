"""Customers who were in the middle of it when the site was upgraded go on from the page that stands open."""

from __future__ import annotations

import pytest

from .browser import SITE, Browser
from .yesterday import Site, told

REST = ("next", "next", "next", "worked")
# How each open session goes on: what is answered from its open page on, and how it then ends.
WAYS_ON: dict[str, tuple[tuple[str, ...], str]] = {
    "a cause in its second try": (("next", "next", "worked", "confirm", "next", "next", "worked", *REST), "solved"),
    "a step of the first version": (("next", "worked"), "solved"),
    "a list with a cause tried": (("other-number", "next", "worked", "finished"), "solved"),
    "a question": (("out-of-reach", "neither"), "unsolved"),
    "a picture": (("next", "worked", "tried", "covered"), "unsolved"),
    "just begun": (("out-of-reach", "tried", "expired"), "unsolved"),
    "before an erasure": (("decline", "stop"), "advice"),
    "an erasure agreed to": (("next", "next", "worked", "next", *REST), "solved"),
    "after going back": (REST, "solved"),
    "after starting over": (("only-this", "none", "no-recorder"), "unsolved"),
    "a cause tried twice": (("missed-signs", "next", "next", "worked", *REST), "solved"),
    "a remark": ((*REST, "stays"), "solved"),
    "one of two": (REST, "solved"),
    "an earlier page in another tab": (("next", "next", "worked"), "solved"),
    "found by a search": (("lost", "out-of-reach", "tried", "covered"), "unsolved"),
    "an agent is in it": (("next", "next", "worked", "all-well"), "solved"),
    "from another device": (("next", "next", "worked", *REST), "solved"),
    "a code for an agent": (("shorter", "decline", "stop"), "advice"),
    "a code for a device": (("shorter", "decline", "stop"), "advice"),
}


def session(site: Site, name: str):
    from wizards.models import Session

    known = site.told["open"] | site.told["ended"]
    return Session.objects.get(code=known[name]["code"])


def log(site: Site, name: str) -> str:
    """Return a session's log as the builder writes it down."""
    events = session(site, name).events.order_by("number")
    return ", ".join(f"{each.kind} {each.answer or each.to or ''}".strip() for each in events)


def yesterdays(site: Site, name: str) -> list:
    """Return how a session stood yesterday: [status, node, cause, step, tried, log]."""
    known = site.told["open"] | site.told["ended"]
    return site.told["sessions"][known[name]["code"]]


def walk_on(browser: Browser, answers: tuple[str, ...]) -> None:
    for given in answers:
        browser.press(answer=given)
        assert browser.page["status"] == 200, browser.page


def test_every_open_session_of_a_customer_has_a_way_on():
    customers = {name for name in told("sqlite")["open"] if not name.startswith("call ")}
    assert customers == set(WAYS_ON)


@pytest.mark.parametrize("name", WAYS_ON)
def test_an_open_session_goes_on_from_its_open_page_to_its_end(site, name):
    answers, status = WAYS_ON[name]
    browser = site.customer(name)
    walk_on(browser, answers)
    assert session(site, name).status == status
    assert log(site, name).startswith(yesterdays(site, name)[5])
    assert browser.page["address"] == f"/s/{session(site, name).code}/{session(site, name).count}/"


@pytest.mark.parametrize("name", WAYS_ON)
def test_an_open_session_shows_the_page_at_which_it_stood(site, name):
    browser = site.customer(name)
    stood = browser.page["heading"]
    browser.open(f"/s/{session(site, name).code}/")
    assert (browser.page["status"], browser.page["heading"]) == (200, stood)


def test_an_open_page_goes_on_by_htmx(site):
    browser = site.customer("a question")
    address, fields = browser._filled("", "", {"answer": "in-reach"})
    answer = browser.post(address, fields, headers={"origin": SITE, "hx-request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Push-Url"].endswith(f"/s/{session(site, 'a question').code}/3/")
    assert log(site, "a question").endswith("answer in-reach")


def test_a_cause_that_was_tried_twice_is_listed_once_with_its_last_result(site):
    browser = site.customer("a cause tried twice")
    browser.open(browser.page["address"])
    again = [
        button["value"]
        for form in browser.page["forms"]
        for button in form["buttons"]
        if button["label"] == "Try again"
    ]
    assert again == ["missed-signs", "button"]
    assert session(site, "a cause tried twice").tried == yesterdays(site, "a cause tried twice")[4]


def test_each_page_of_a_walk_that_tried_a_cause_twice_can_be_looked_at_again(site):
    browser = site.customer("a cause tried twice")
    code, count = session(site, "a cause tried twice").code, session(site, "a cause tried twice").count
    statuses = [browser.open(f"/s/{code}/{number}/")["status"] for number in range(1, count + 1)]
    assert statuses == [200] * 11


def test_another_answer_on_an_earlier_page_that_stands_open_goes_back_and_on_from_there(site):
    browser = site.customer("an earlier page in another tab")
    browser.page = site.told["open"]["an earlier page in another tab"]["earlier page"]
    browser.press(answer="lost")
    assert log(site, "an earlier page in another tab") == (
        "begin forgot-password, answer not-sure, answer next, back 1, answer lost"
    )


def test_the_same_answer_on_an_earlier_page_that_stands_open_is_logged_once(site):
    browser = site.customer("an earlier page in another tab")
    here = browser.page["heading"]
    browser.page = site.told["open"]["an earlier page in another tab"]["earlier page"]
    browser.press(answer="not-sure")
    assert log(site, "an earlier page in another tab") == yesterdays(site, "an earlier page in another tab")[5]
    assert browser.page["heading"] == here


def test_going_back_from_an_open_page_is_an_event(site):
    browser = site.customer("an erasure agreed to")
    browser.press(action="/back/")
    assert log(site, "an erasure agreed to").endswith("answer next, back 3")
    assert browser.page["status"] == 200


def test_an_ended_session_shows_its_end(site):
    for name in ("advice", "solved, and it helped", "not solved", "solved, and nothing said"):
        browser = site.customer(name)
        ended = browser.page["heading"]
        browser.open(f"/s/{session(site, name).code}/")
        assert (browser.page["status"], browser.page["heading"]) == (200, ended)


def test_whether_it_helped_can_be_said_on_an_end_that_stands_open(site):
    browser = site.customer("solved, and nothing said")
    browser.press(helped="no", words="It did not, in the end.")
    assert browser.page["status"] == 200
    assert log(site, "solved, and nothing said").endswith("end solved, feedback no")


def test_a_session_that_was_not_solved_can_still_be_sent_to_support(site):
    browser = site.customer("not solved")
    browser.open(f"/s/{session(site, 'not solved').code}/case/")
    browser.press(contact="not.solved@example.net", words="Better late than never.")
    assert browser.page["status"] == 200
    assert session(site, "not solved").case.words == "Better late than never."


def test_a_remark_is_sent_by_the_form_that_stands_open(site):
    from wizards.models import Words

    browser = site.typing("a remark")
    browser.press(words="There is a third light.")
    assert (
        Words.objects.get(text="There is a third light.").event.session.code == site.told["forms"]["a remark"]["code"]
    )


def test_a_case_is_sent_by_the_form_that_stands_open(site):
    from wizards.models import Case

    browser = site.typing("a case")
    browser.press(contact="made.up@example.net", words="Typed before the upgrade.")
    case = Case.objects.get(words="Typed before the upgrade.")
    assert (case.session.code, case.contact) == (site.told["forms"]["a case"]["code"], "made.up@example.net")


def test_a_code_is_typed_into_the_form_that_stands_open(site):
    browser = site.typing("a code")
    browser.press(code=site.told["codes"]["device"])
    assert browser.page["address"] == f"/s/{session(site, 'a code for a device').code}/2/"


def test_what_was_erased_of_a_person_is_not_there_and_their_session_is(site):
    from wizards.models import Session, Words

    erased = Session.objects.get(code=site.told["erased"])
    assert (erased.status, erased.events.last().kind) == ("unsolved", "feedback")
    assert not Words.objects.filter(event__session=erased).exists()


def test_the_words_of_a_remark_are_still_there(site):
    said = session(site, "a remark").events.exclude(words=None)
    assert [row.words.text for row in said] == ["My made-up camera has two lights."]


def test_the_first_page_lists_both_sessions_of_a_visitor(site):
    browser = site.customer("one of two")
    links = browser.get("/").content.decode()
    codes = {
        row.code
        for row in type(session(site, "one of two")).objects.filter(visitor=session(site, "one of two").visitor)
    }
    assert len(codes) == 2
    assert all(f"/s/{code}/" in links for code in codes)


def test_nobody_else_gets_into_a_session(site):
    code = session(site, "a question").code
    assert site.visit().open(f"/s/{code}/")["status"] == 404
    assert site.customer("just begun").open(f"/s/{code}/")["status"] == 404


def test_a_code_given_out_for_another_device_lets_it_in_once(site):
    other = site.visit()
    other.open("/join/")
    other.press(code=site.told["codes"]["device"].lower())
    assert other.page["address"] == f"/s/{session(site, 'a code for a device').code}/2/"
    walk_on(other, ("shorter",))
    third = Browser("198.51.100.251")
    third.open("/join/")
    third.press(code=site.told["codes"]["device"])
    assert third.page["status"] == 422


def test_a_code_given_out_lets_nobody_in_when_its_ten_minutes_are_over(site):
    site.clock.shift(10 * 60)
    other = site.visit()
    other.open("/join/")
    other.press(code=site.told["codes"]["device"])
    assert other.page["status"] == 422


def test_a_new_session_begins_on_the_newest_version(site):
    browser = site.visit()
    browser.open("/w/zosi-camera/")
    browser.press(action="/begin/zosi-camera/factory-reset/")
    assert browser.page["heading"] == "Can you reach the camera by hand?"
