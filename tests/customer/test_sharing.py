"""A customer's session shared with an agent or with another of their devices, by HTTP."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.reading import read
from tests.visitor import HTMX, Visitor, publish, rows
from wizards import journal
from wizards.models import HandoffCode, Session
from wizards.support import cases, join_codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    publish()
    return Visitor().begin().walk("no")


@pytest.fixture
def agent():
    return User.objects.create(username="sam", first_name="Sam", is_staff=True)


def code_on(response) -> str:
    return re.search(r"\b([2-9A-Z]{4}) ([2-9A-Z]{4})\b", read(response).text).group().replace(" ", "")


def new_code(visitor: Visitor, path: str = "help/code") -> str:
    return code_on(visitor.client.post(f"/s/{visitor.code}/{path}/"))


def join(visitor: Visitor, agent: User) -> None:
    join_codes.join(new_code(visitor), agent)


def updates(visitor: Visitor, number: int, **headers):
    return visitor.client.get(f"/s/{visitor.code}/{number}/news/", headers=headers or HTMX)


def test_a_customer_gets_a_code_in_groups_and_letter_by_letter_and_reads_what_it_means(visitor):
    response = visitor.client.post(f"/s/{visitor.code}/help/code/")
    text = read(response).text
    assert f"letter by letter: {', '.join(code_on(response))}" in text
    assert "can go on for you" in text
    assert "can end it at any time" in text
    assert response["Cache-Control"] == "no-store"


def test_a_customer_is_told_to_whom_the_code_may_be_given(visitor):
    text = read(visitor.client.post(f"/s/{visitor.code}/help/code/")).text
    assert "only to somebody from our help desk: you called them, or they called about your case." in text


def test_the_page_of_the_code_shows_our_number(visitor, settings):
    settings.SUPPORT_PHONE = "020 7946 0000"
    assert "tel:02079460000" in read(visitor.client.post(f"/s/{visitor.code}/help/code/")).links


def test_where_there_is_no_number_the_page_of_the_code_speaks_of_none(visitor, settings):
    settings.SUPPORT_PHONE = ""
    assert "How to reach us" not in read(visitor.client.post(f"/s/{visitor.code}/help/code/")).text


def test_the_page_names_the_agent_while_they_are_in_the_session(visitor, agent):
    join(visitor, agent)
    assert "Sam is with you on this page" in read(visitor.see()).text
    visitor.follow(visitor.client.post(f"/s/{visitor.code}/help/end/"))
    assert "is with you" not in read(visitor.see()).text
    assert Session.objects.get().agent is None


def test_without_a_move_the_updates_are_empty_and_cost_one_query(visitor, agent):
    join(visitor, agent)
    number = visitor.session.count
    with CaptureQueriesContext(connection) as caught:
        response = updates(visitor, number)
    assert (response.status_code, response.content) == (204, b"")
    assert len(caught) == 1


def test_the_updates_are_the_page_to_which_the_agent_went(visitor, agent):
    join(visitor, agent)
    number = visitor.session.count
    journal.answer(Session.objects.all(), number, "next", by=agent)
    response = updates(visitor, number)
    assert response["HX-Push-Url"] == f"/s/{visitor.code}/{number + 1}/"
    assert "Sam is with you" in read(response).text


def test_an_end_to_which_the_agent_went_says_that_support_has_the_case(visitor, agent):
    join(visitor, agent)
    case = cases.open_case(Session.objects.all(), "020 7946 0000", by=agent)
    number = visitor.session.count
    journal.answer(Session.objects.all(), number, "worked", by=agent)
    assert f"Support has your case {case.pk}" in read(updates(visitor, number)).text


def test_an_agents_note_is_no_update(visitor, agent):
    join(visitor, agent)
    number = visitor.session.count
    journal.note(Session.objects.all(), number, "Kind.", agent)
    assert updates(visitor, number).status_code == 204


def test_without_a_script_the_updates_redirect_to_the_page(visitor, agent):
    join(visitor, agent)
    response = visitor.client.get(f"/s/{visitor.code}/1/news/")
    assert response["Location"] == f"/s/{visitor.code}/{visitor.session.count}/"


def test_whoever_moves_second_sees_why_and_the_current_page(visitor, agent):
    join(visitor, agent)
    number = visitor.session.count
    journal.answer(Session.objects.all(), number, "next", by=agent)
    response = visitor.client.post(f"/s/{visitor.code}/{number}/", {"answer": "worked"}, headers=HTMX)
    assert response.status_code == 422
    assert "went on a moment before you" in read(response).text
    assert f'action="/s/{visitor.code}/{number + 1}/"' in response.content.decode()


def test_another_device_joins_by_the_code_and_the_first_keeps_working(visitor):
    other = Visitor()
    response = other.client.post("/join/", {"code": new_code(visitor, "device")})
    assert response["Location"] == f"/s/{visitor.code}/{visitor.session.count}/"
    other.follow(response)
    other.walk("next")
    assert visitor.see(number=visitor.session.count).status_code == 200
    assert visitor.client.get("/").status_code == 200
    assert f"/s/{visitor.code}/" in read(other.client.get("/")).links


def test_the_qr_code_is_drawn_without_scripts_or_styles(visitor):
    page = visitor.client.post(f"/s/{visitor.code}/device/").content.decode()
    assert "<svg" in page
    assert "style=" not in page


@pytest.mark.parametrize("typed", ["", "22222222", "x" * 41, "a\0b", "<script>alert(1)</script>"])
def test_an_invalid_code_is_refused_and_nothing_changes(visitor, typed):
    before = rows()
    response = Visitor().client.post("/join/", {"code": typed})
    assert response.status_code in {400, 422}
    assert "<script>alert" not in response.content.decode()
    assert rows() == before


def test_wrong_expired_and_used_codes_look_alike(visitor):
    used, old = new_code(visitor, "device"), ""
    Visitor().client.post("/join/", {"code": used})
    old = new_code(visitor, "device")
    HandoffCode.objects.filter(used_at=None).update(expires_at="2020-01-01T00:00Z")
    codes = (used, old, "22222222")
    pages = [Visitor().client.post("/join/", {"code": code}) for code in codes]
    answers = [(page.status_code, read(page).text) for page in pages]
    assert len({(status, text.replace(code, "")) for (status, text), code in zip(answers, codes, strict=True)}) == 1


def test_after_five_tries_an_address_has_to_wait(visitor):
    for _ in range(5):
        assert Visitor().client.post("/join/", {"code": "22222222"}).status_code == 422
    response = Visitor().client.post("/join/", {"code": new_code(visitor, "device")})
    assert response.status_code == 429
    assert "try again in" in read(response).text


def test_wrong_codes_from_many_addresses_lock_all_of_them(visitor, settings):
    settings.RATES = settings.RATES | {"codes": "3 per hour"}
    for number in range(3):
        wrong = Visitor(REMOTE_ADDR=f"192.0.2.{number}").client.post("/join/", {"code": "22222222"})
        assert wrong.status_code == 422
    right = {"code": new_code(visitor, "device")}
    assert Visitor(REMOTE_ADDR="192.0.2.9").client.post("/join/", right).status_code == 429


def test_brute_forced_codes_are_logged(visitor, caplog):
    for _ in range(6):
        Visitor().client.post("/join/", {"code": "22222222"})
    assert "Codes are being guessed at /join/ from 127.0.0.1." in caplog.text


def test_right_codes_are_not_counted(visitor):
    codes = (new_code(visitor, "device") for _ in range(8))
    assert [Visitor().client.post("/join/", {"code": code}).status_code for code in codes] == [303] * 8


def test_a_wrong_code_is_logged(visitor, caplog):
    Visitor().client.post("/join/", {"code": "22222222"})
    assert "Wrong code for another device from 127.0.0.1." in caplog.text
    assert "22222222" not in caplog.text


def test_a_device_with_access_to_one_session_has_none_to_others(visitor):
    other = Visitor()
    other.client.post("/join/", {"code": new_code(visitor, "device")})
    visitor.begin()
    assert other.client.get(visitor.address()).status_code == 404


def test_owners_pay_for_no_query_of_shared_sessions(visitor):
    with CaptureQueriesContext(connection) as caught:
        visitor.walk("next")
    statements = [
        each["sql"] for each in caught if not each["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    assert len(statements) == 3


@pytest.mark.parametrize("what", ["help/code", "device"])
def test_nobody_joins_a_preview(visitor, what):
    Session.objects.update(channel=Session.Channel.TEST)
    assert "Give me a code" not in read(visitor.client.get(f"/s/{visitor.code}/help/")).text
    response = visitor.client.post(f"/s/{visitor.code}/{what}/")
    assert response.status_code == 400
    assert "Nobody can be let into it" in read(response).text
