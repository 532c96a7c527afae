"""A position as a page: its URLs, title and screen, the answers so far; and how many queries a page costs."""

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django_htmx.middleware import HtmxDetails

from tests.reading import read
from tests.visitor import HTMX, Visitor, publish
from wizards import flow, journal, permissions, presenters
from wizards.models import Session

pytestmark = pytest.mark.django_db

FEW, MANY = 10, 300


@pytest.fixture
def visitor():
    """Give a visitor at the first page of a session through the toy."""
    publish()
    return Visitor().begin()


def screen(visitor):
    return presenters.screen_context(presenters.page_of(visitor.session))


# Which part is asked for


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "false"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
        ({"HX-Request": "true", "HX-Boosted": "true"}, True),
    ],
)
def test_a_fragment_is_due_when_htmx_asks_and_not_when_it_restores(headers, fragment):
    request = RequestFactory().get("/", headers=headers)
    request.htmx = HtmxDetails(request)
    assert presenters.wants_fragment(request) is fragment


# Screens


@pytest.mark.parametrize(
    ("way", "template", "heading"),
    [
        ((), "question", "Question q?"),
        (("list",), "diagnosis", "Why why"),
        (("list", "loose"), "procedure", "Step hold"),
        (("list", "old"), "confirm", "Procedure wipe"),
        (("clean",), "confirm", "Procedure wipe"),
        (("clean", "confirm"), "procedure", "Step open"),
        (("no",), "procedure", "Step hold"),
        (("yes",), "outcome", "End ok"),
    ],
)
def test_each_position_has_its_screen(visitor, way, template, heading):
    visitor.walk(*way)
    shown = screen(visitor)
    assert shown["template"] == f"customer/session/_{template}.html"
    assert shown["heading"] == heading
    assert shown["title"] == f"{heading} · Toy"


def test_every_url_on_a_page_names_its_number(visitor):
    visitor.walk("no")
    shown = screen(visitor)
    start = f"/s/{visitor.code}/2/"
    assert shown["url"] == start
    for name in ("back", "restart", "remark", "steps", "feedback"):
        assert shown[f"{name}_url"] == f"{start}{name}/"
    assert shown["answers_url"] == f"{start}told/"
    assert shown["help_url"] == f"/s/{visitor.code}/help/"
    assert shown["product_url"] == "/w/toy/"


def test_one_can_go_back_from_the_second_page_on(visitor):
    assert not screen(visitor)["can_go_back"]
    visitor.walk("list")
    assert screen(visitor)["can_go_back"]


def test_the_time_left_shrinks_from_step_to_step_and_is_at_least_a_minute(visitor):
    visitor.walk("no")
    first = screen(visitor)["minutes_left"]
    visitor.walk("next")
    assert 1 <= screen(visitor)["minutes_left"] < first


def test_a_reference_is_the_code_in_groups_of_four(visitor):
    groups = presenters.reference(visitor.session).split(" ")
    assert [len(group) for group in groups] == [4, 4, 4]
    assert "".join(groups) == visitor.code.upper()


def test_all_steps_are_refused_where_there_is_no_procedure(visitor):
    with pytest.raises(flow.IllegalMoveError):
        presenters.all_steps_context(presenters.page_of(visitor.session))


@pytest.mark.parametrize("number", [0, -1, 2, 99, 10**30])
def test_a_page_that_was_not_reached_is_no_page(visitor, number):
    history = journal.history_of(visitor.session)
    with pytest.raises(flow.IllegalMoveError):
        presenters.page_of(visitor.session, number, history)


def test_an_earlier_page_knows_the_answer_given_and_that_it_is_not_the_current_one(visitor):
    visitor.walk("no", "next")
    page = presenters.page_of(visitor.session, 1, journal.history_of(visitor.session))
    assert page.answer == "no"
    assert not page.is_current
    assert page.position == flow.Position("q")


def test_a_page_that_looks_like_the_current_one_is_the_current_one(visitor):
    visitor.walk("no")
    visitor.send("remark", words="odd")
    assert presenters.page_of(visitor.session, 2, journal.history_of(visitor.session)).is_current


# Answers so far


def answers_so_far(visitor, number=None):
    session = visitor.session
    items = presenters.answers_so_far(session, journal.history_of(session), number)
    return [(item["question"], item["answer"]) for item in items]


def test_the_answers_so_far_begin_with_the_symptom(visitor):
    assert answers_so_far(visitor) == [("What is wrong", "It does not work")]


def test_the_answers_so_far_are_in_the_words_that_were_read(visitor):
    visitor.walk("list", "old", "confirm", "next", "blocked", "none")
    assert [question for question, _ in answers_so_far(visitor)] == [
        "What is wrong", "Question q?", "Why why", "Procedure wipe", "Step shut", "Why why",
    ]  # fmt: skip
    answers = [answer for _, answer in answers_so_far(visitor)]
    assert answers[1:3] == ["Choose list", "Cause old"]
    assert not {"list", "old", "confirm", "blocked", "none"} & set(answers)


def test_the_answers_so_far_up_to_an_earlier_page_end_there(visitor):
    visitor.walk("list", "loose")
    assert len(answers_so_far(visitor, 2)) == 2
    assert len(answers_so_far(visitor, 1)) == 1


def test_remarks_and_steps_back_are_no_answers(visitor):
    visitor.walk("no")
    visitor.send("remark", words="odd")
    visitor.send("back")
    assert answers_so_far(visitor) == [("What is wrong", "It does not work")]


# What a page costs


def statements(captured):
    """Return the statements that read or write data."""
    plain = [query["sql"] for query in captured]
    return [sql for sql in plain if sql.split()[0].upper() in {"SELECT", "INSERT", "UPDATE", "DELETE"}]


def cost(ask):
    """Return how many statements a request takes, once what never changes is in memory."""
    ask()
    with CaptureQueriesContext(connection) as captured:
        response = ask()
    assert response.status_code in {200, 302}
    return len(statements(captured))


def chain(length):
    """Return a graph of so many questions, of which one can go round in circles."""
    lines = [f"q{number}? on:q{(number + 1) % length} stop:ok" for number in range(length)]
    return (*lines, "ok = solved")


def sessions(version, count, visitor="somebody else"):
    """Begin so many sessions of one visitor."""
    for _ in range(count):
        session = journal.begin(version, "s", permissions.digest(visitor))
        Session.objects.filter(pk=session.pk).update(
            count=9
        )  # as if it had moved: journal.begin would take it up again


def fill(wizards, count):
    for number in range(wizards):
        publish("ok = solved", slug=f"wizard-{number}", title=f"Wizard {number}")
    sessions(publish("q? a:ok b:ok", "ok = solved", slug="busy"), count)


def costs(visitor):
    """Return what each page costs that this visitor can open."""
    addresses = {"home": "/", "search": "/search/?q=work", "product": "/w/toy/", "step": visitor.address()}
    addresses |= {name: visitor.address(name) for name in ("told", "remark", "help", "resume")}
    return {name: cost(lambda address=address: visitor.client.get(address)) for name, address in addresses.items()}


def test_no_page_costs_more_where_there_are_more_wizards_and_sessions():
    publish(*chain(FEW))
    before = costs(Visitor().begin())
    fill(wizards=40, count=100)
    assert costs(Visitor().begin()) == before


def test_no_page_costs_more_in_a_wizard_of_more_nodes():
    publish(*chain(FEW))
    few = costs(Visitor().begin())
    publish(*chain(MANY))
    assert costs(Visitor().begin()) == few


def test_home_costs_the_same_for_one_open_session_and_for_fifty():
    version = publish(*chain(FEW))
    visitor = Visitor().begin().walk("on")
    one = cost(lambda: visitor.client.get("/"))
    sessions(version, 50, visitor.client.cookies["visitor"].value)
    assert cost(lambda: visitor.client.get("/")) == one
    assert len([link for link in read(visitor.client.get("/")).links if link.startswith("/s/")]) == 5


def test_an_answer_costs_three_statements_be_it_the_second_or_the_two_hundredth():
    publish(*chain(FEW))
    visitor = Visitor().begin().walk("on")
    counted = []
    for number in range(2, 201):
        with CaptureQueriesContext(connection) as captured:
            visitor.answer("on", headers=HTMX if number % 10 == 0 else None)
        counted.append(len(statements(captured)))
    assert set(counted) == {3}
    assert visitor.session.count == 201


def test_a_page_costs_one_statement_and_a_second_where_only_the_log_tells_that_it_is_not_the_first_again():
    publish(*chain(FEW))
    visitor = Visitor().begin()
    counted = []
    for _ in range(2 * FEW + 2):
        with CaptureQueriesContext(connection) as captured:
            visitor.see()
        counted.append(len(statements(captured)))
        visitor.walk("on")
    once_round = [1] * (FEW - 1)
    assert counted == [1, *once_round, 2, *once_round, 2, 1]


def test_an_answer_costs_three_statements_in_a_wizard_of_many_nodes():
    publish(*chain(MANY))
    visitor = Visitor().begin().walk("on")
    with CaptureQueriesContext(connection) as captured:
        visitor.answer("on")
    assert len(statements(captured)) == 3


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_one_transaction_and_touches_sessions_and_events_only():
    publish(*chain(FEW))
    visitor = Visitor().begin().walk("on")
    with CaptureQueriesContext(connection) as captured:
        visitor.answer("on")
    plain = [query["sql"] for query in captured]
    assert [sql for sql in plain if sql.startswith("COMMIT")] == ["COMMIT"]
    assert not [sql for sql in plain if "SAVEPOINT" in sql or "ROLLBACK" in sql]
    begun, done = next(i for i, sql in enumerate(plain) if sql.startswith("BEGIN")), plain.index("COMMIT")
    data = statements(captured)
    assert len(data) == 3
    assert all(begun < plain.index(sql) < done for sql in data)
    tables = {"wizards_session", "wizards_event"}
    assert all(any(f'"{table}"' in sql for table in tables) for sql in data)
    assert not [sql for sql in plain if "django_session" in sql]


def test_a_walk_reads_the_document_once(visitor):
    with CaptureQueriesContext(connection) as captured:
        visitor.walk("list", "loose", "next", "failed", "none")
    data = statements(captured)
    assert len(data) > 5
    assert not [sql for sql in data if '"wizards_version"."document"' in sql]
    assert not [sql for sql in data if "wizards_node" in sql or "wizards_wizard" in sql]
