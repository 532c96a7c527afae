"""In a session with a customer: updates, and moves by both at once."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.desk.agents import customer, join, only
from tests.reading import read
from tests.visitor import HTMX
from wizards import journal, permissions
from wizards.support import join_codes

pytestmark = pytest.mark.django_db


def test_an_agent_without_the_right_to_the_desk_gets_no_updates(ann, toy):
    session = customer(toy)
    join(ann, session)
    seen = only(session).get().count
    address = f"/desk/{session.code}/{seen}/news/?seen={seen}"
    User.objects.get(username="ann").groups.clear()
    assert ann.client.get(address, headers=HTMX).status_code == 204
    journal.answer(only(session), seen, "no")
    assert ann.client.get(address, headers=HTMX).status_code == 404


def test_polling_is_204_by_one_query_for_the_session_while_nothing_changed(ann, toy):
    join(ann, customer(toy))
    address = ann.at("news/") + f"?seen={ann.session.count}"
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = ann.client.get(address, headers=HTMX | {"X-Quiet": "1"})
    assert (response.status_code, response.content) == (204, b"")
    ours = [query["sql"] for query in queries if "wizards_" in query["sql"]]
    assert len(ours) == 1
    assert len(queries) == 3, "the sign-in's two, and the one"
    assert "JOIN" not in ours[0]
    plan = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with connection.cursor() as cursor:
        cursor.execute(plan + ours[0])
        steps = " ".join(str(row) for row in cursor.fetchall())
    assert connection.vendor == "postgresql" or "SCAN" not in steps


def test_an_update_shows_where_the_customer_went(ann, toy):
    session = customer(toy)
    join(ann, session)
    seen = only(session).get().count
    journal.answer(only(session), seen, "no")
    response = ann.client.get(f"/desk/{session.code}/{seen}/news/?seen={seen}", headers=HTMX)
    assert response.status_code == 200
    assert read(response).h1 == "Step hold"
    assert not read(response).whole
    assert response["HX-Push-Url"] == f"/desk/{session.code}/{seen + 1}/"


def test_an_update_leaves_an_agent_on_an_earlier_page_there(ann, toy):
    session = journal.answer(only(customer(toy)), 1, "list")
    join(ann, session)
    seen = only(session).get().count
    journal.answer(only(session), seen, "none")
    response = ann.client.get(f"/desk/{session.code}/1/news/?seen={seen}", headers=HTMX)
    assert read(response).h1 == "Question q?"
    assert "End human" in read(response).text


def test_a_move_after_the_customer_went_first_is_refused_above_the_page_where_both_are(ann, toy):
    session = customer(toy)
    join(ann, session)
    seen = only(session).get().count
    journal.answer(only(session), seen, "list")
    response = ann.client.post(f"/desk/{session.code}/{seen}/", {"answer": "no", "seen": seen}, headers=HTMX)
    assert response.status_code == 409
    page = read(response)
    assert "The customer went on a moment before you" in page.text
    assert page.h1 == "Why why"
    assert only(session).get().node == "why"


def test_leaving_gives_the_session_back_to_the_customer(ann, toy):
    session = customer(toy)
    join(ann, session)
    assert ann.send("leave/")["Location"] == "/desk/"
    assert only(session).get().agent is None
    assert "Ask the customer for a code to join it" in read(ann.see()).text
    assert ann.answer("no").status_code == 409
    assert session in permissions.desk_sessions(ann.user)


def test_the_agent_is_told_when_the_customer_ended_it(ann, toy):
    session = customer(toy)
    join(ann, session)
    seen = only(session).get().count
    join_codes.end(only(session).get())
    response = ann.client.get(f"/desk/{session.code}/{seen}/news/?seen={seen}", headers=HTMX)
    assert "You are not in this session" in read(response).text
    buttons = [each for each in read(response).all("button", name="answer") if "value" in each]
    assert buttons
    assert all("disabled" in each for each in buttons)
