"""The desk by HTTP: who gets in, the first page, a call, its moves, and what a customer does meanwhile."""

from __future__ import annotations

import json
import logging

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.reading import read
from tests.views.test_access import reads_only
from tests.visitor import HTMX, publish, routes, rows
from wizards import access, desk, handoff, journal
from wizards.models import Call, Case, HandoffCode, Search, Session

pytestmark = pytest.mark.django_db

NASTY = "<script>alert(1)</script> \u202egnol\u202c \U0001f4de =1+1 {{ 7 }} ' \" & ;"


class Agent:
    """One agent's browser, with one call in hand."""

    def __init__(self, name: str, group: str = "agents") -> None:
        self.user = User.objects.create(username=name, first_name=name.title(), is_staff=True)
        self.user.groups.add(Group.objects.get(name=group))
        self.client = Client()
        self.client.force_login(self.user)
        self.session = Session()

    def begin(self, caller: str = "") -> Agent:
        response = self.client.post("/desk/begin/", {"way": "toy/s", "caller": caller})
        assert response.status_code == 303
        self.session = Session.objects.get(code=response["Location"].split("/")[2])
        return self

    def at(self, name: str = "", number: int | None = None) -> str:
        """Return an address of the call: of the page where it stands by default."""
        self.session.refresh_from_db()
        number = number or self.session.count
        return f"/desk/{self.session.code}/" + (name if name in ONCE else f"{number}/{name}")

    def see(self, number: int | None = None, **options):
        return self.client.get(self.at(number=number), **options)

    def answer(self, given: str, number: int | None = None, headers=None, **form):
        return self.client.post(self.at(number=number), {"answer": given, **form}, headers=headers)

    def send(self, name: str, **form):
        return self.client.post(self.at(name), form)

    @property
    def log(self) -> list[str]:
        return [f"{row.kind} {row.answer}".strip() for row in self.session.events.order_by("number")]


ONCE = ("note/", "aside/", "resume/", "pass/", "take/", "leave/", "caller/", "case/")


@pytest.fixture
def toy(db):
    return publish()


@pytest.fixture
def ann(toy):
    return Agent("ann")


@pytest.fixture
def bob(toy):
    return Agent("bob")


@pytest.fixture
def lea(toy):
    return Agent("lea", "leads")


def customer(toy, name: str = "customer") -> Session:
    """Begin a customer's own session."""
    return journal.begin(toy, "s", name)


def theirs(session):
    return Session.objects.filter(pk=session.pk)


def join(agent: Agent, session: Session) -> Agent:
    """Let an agent into a customer's session by the code that is read out."""
    code = handoff.offer(session, HandoffCode.For.AGENT).upper()
    response = agent.client.post("/desk/join/", {"code": f"{code[:4]} {code[4:]}"})
    assert response.status_code == 303, read(response).text
    agent.session = session
    return agent


def addresses(code: str) -> list[str]:
    return [
        "/" + pattern.replace("<code:code>", code).replace("<int:number>", "1").replace("<int:pk>", "1")
        for pattern in routes("desk/").values()
    ]


# Who gets in


def test_a_colleagues_call_is_a_404_everywhere_and_nothing_changes(ann, bob):
    ann.begin()
    before = rows()
    for address in addresses(ann.session.code)[4:]:
        for method in ("get", "post"):
            assert getattr(bob.client, method)(address, {"answer": "no", "words": "x"}).status_code in {404, 405}
    assert rows()["wizards.Session"] == before["wizards.Session"]
    assert rows()["wizards.Event"] == before["wizards.Event"]


def test_an_editors_preview_is_nobodys_call(toy, lea):
    preview = journal.begin(toy, "s", "editor", Session.Channel.TEST)
    assert lea.client.get(f"/desk/{preview.code}/").status_code == 404


def test_who_leads_sees_a_colleagues_call_and_cannot_move_it_before_taking_it_over(ann, lea):
    ann.begin()
    lea.session = ann.session
    page = read(lea.see())
    assert "in the hand of Ann" in page.text
    assert "Take over" in page.text
    refused = lea.answer("no")
    assert refused.status_code == 409
    assert ann.log == ["begin s"]
    assert lea.send("take/").status_code == 303
    assert lea.answer("no").status_code == 303
    assert ann.answer("no").status_code == 409


def test_no_agent_owns_a_customers_page_by_having_the_call(ann):
    ann.begin()
    assert ann.client.get(f"/s/{ann.session.code}/1/").status_code == 404


# The first page


def test_what_the_caller_says_is_looked_for_with_and_without_htmx(ann):
    whole = read(ann.client.get("/desk/find/", {"q": "does not work"}))
    part = read(ann.client.get("/desk/find/", {"q": "does not work"}, headers=HTMX))
    assert whole.whole
    assert not part.whole
    for page in (whole, part):
        assert "It does not work" in page.text
        assert page.all("button", name="way", value="toy/s")


def test_beginning_a_call_keeps_the_caller_and_what_was_typed(ann):
    response = ann.client.post("/desk/begin/", {"way": "toy/s", "caller": "Mr X", "q": "it does not work"})
    session = Session.objects.get()
    assert response["Location"] == f"/desk/{session.code}/1/"
    assert session.call.caller == "Mr X"
    assert session.channel == Session.Channel.AGENT
    assert Search.objects.get().words == "it does not work"


@pytest.mark.parametrize("way", ["", "toy", "toy/none", "none/s", "toy/s/x", "<b>/s", "/"])
def test_a_way_in_that_is_not_there_is_a_404(ann, way):
    assert ann.client.post("/desk/begin/", {"way": way}).status_code == 404
    assert not Session.objects.exists()


def test_a_caller_of_any_characters_is_text_everywhere(ann, bob):
    ann.begin(NASTY)
    for page in (ann.client.get("/desk/"), ann.see()):
        html = page.content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "{{ 7 }}" in read(html).text
    assert Call.objects.get().caller == NASTY
    ann.send("pass/", to=bob.user.pk)
    assert NASTY in [html["value"] for html in read(bob.client.get(ann.at())).all("input", name="caller")]


def test_a_caller_too_long_is_said_and_nothing_begins(ann):
    response = ann.client.post("/desk/begin/", {"way": "toy/s", "caller": "x" * 201})
    assert response.status_code == 422
    assert "at most 200 characters" in read(response).text
    assert not Session.objects.exists()


def test_who_calls_is_changed_and_erased(ann):
    ann.begin("Mr X")
    ann.send("caller/", caller="Mrs Y")
    assert Call.objects.get().caller == "Mrs Y"
    ann.send("caller/", caller="")
    assert Call.objects.get().caller == ""
    assert "Mrs Y" not in ann.see().content.decode()


def test_a_code_lets_the_agent_into_that_very_session(ann, toy):
    session = journal.answer(theirs(customer(toy)), 1, "list")
    join(ann, session)
    page = read(ann.see())
    assert page.h1 == "Why why"
    assert "with the customer" in page.text
    assert (Call.objects.get().agent, session.code) == (ann.user, ann.session.code)


def test_wrong_expired_and_used_codes_look_alike(ann, bob, toy, settings):
    settings.RATES = settings.RATES | {"code": "100 per minute"}
    session = customer(toy)
    used = handoff.offer(session, HandoffCode.For.AGENT)
    handoff.join(used, bob.user)
    expired = handoff.offer(customer(toy, "other"), HandoffCode.For.AGENT)
    HandoffCode.objects.filter(used_at=None).update(expires_at=HandoffCode.objects.first().made_at)
    device = handoff.offer(session, HandoffCode.For.DEVICE)
    said = set()
    for code in (used, expired, device, "abcd2345", "", "x" * 500, "💥", "0"):
        response = ann.client.post("/desk/join/", {"code": code})
        assert response.status_code == 422
        said.add(" ".join(read(response).text.split()))
    assert len(said) == 1
    assert "No session has this code. Ask for a new one." in said.pop()
    assert not Call.objects.exists()


def test_codes_tried_by_force_lock_for_a_while_and_are_logged(ann, bob, toy, settings, caplog):
    settings.RATES = settings.RATES | {"code": "3 per 10 minutes"}
    for _ in range(3):
        assert ann.client.post("/desk/join/", {"code": "abcd2345"}).status_code == 422
    right = handoff.offer(customer(toy), HandoffCode.For.AGENT)
    with caplog.at_level(logging.WARNING, "wizards"):
        response = ann.client.post("/desk/join/", {"code": right})
    assert response.status_code == 429
    assert "Try again in 10 minutes" in read(response).text
    assert 0 < int(response["Retry-After"]) <= 600
    assert [record.levelname for record in caplog.records if "by force" in record.getMessage()] == ["WARNING"]
    assert right not in caplog.text
    # From another address, the account is still locked.
    assert ann.client.post("/desk/join/", {"code": right}, REMOTE_ADDR="192.0.2.7").status_code == 429
    assert not Call.objects.exists()


def test_codes_tried_by_many_accounts_from_many_addresses_lock_all_of_them(toy, settings):
    settings.RATES = settings.RATES | {"code": "100 per minute", "codes": "3 per hour"}
    for number in range(3):
        agent = Agent(f"agent {number}")
        response = agent.client.post("/desk/join/", {"code": "abcd2345"}, REMOTE_ADDR=f"192.0.2.{number}")
        assert response.status_code == 422
    right = handoff.offer(customer(toy), HandoffCode.For.AGENT)
    response = Agent("another").client.post("/desk/join/", {"code": right}, REMOTE_ADDR="192.0.2.9")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert not Call.objects.exists()


def test_right_codes_are_not_counted(ann, toy, settings):
    settings.RATES = settings.RATES | {"code": "2 per 10 minutes"}
    for number in range(5):
        join(ann, customer(toy, f"customer {number}"))
    assert len(list(desk.calls_of(ann.user))) == 5


def test_the_first_page_lists_what_is_in_hand_put_aside_passed_and_waiting(ann, bob, toy):
    for caller in ("In Hand", "Put Aside"):
        ann.begin(caller)
    ann.send("aside/")
    bob.begin("Passed")
    bob.send("pass/", to=ann.user.pk)
    Case.objects.create(session=customer(toy))
    text = read(ann.client.get("/desk/")).text.partition("In your hand")[2]
    places = [text.index(word) for word in ("Passed to you", "Now", "Put aside", "Cases that nobody has yet")]
    assert places == sorted(places)
    assert places[0] < text.index("Passed", places[0] + 13) < places[1] < text.index("In Hand", places[1]) < places[2]
    assert "It does not work" in text[places[3] :]


def test_only_who_leads_sees_what_is_in_colleagues_hands(ann, bob, lea):
    ann.begin("Mr Secret")
    assert "Mr Secret" not in bob.client.get("/desk/").content.decode()
    assert "In your colleagues’ hands" in read(lea.client.get("/desk/")).text


# A call's page


def test_a_page_shows_what_to_say_the_choices_with_their_digits_the_path_and_the_customers_view(ann):
    ann.begin()
    ann.answer("no")
    response = ann.see()
    page = read(response)
    keys = [(each["aria-keyshortcuts"], each["value"]) for each in page.all("button", name="answer") if "value" in each]
    assert [each for each in keys if each[0].isdigit()] == [("1", "next"), ("2", "worked"), ("3", "blocked")]
    assert f"/desk/{ann.session.code}/1/" in page.links
    assert "Choose no" in page.text
    assert "What a customer would see" in page.text
    assert page.all("a", **{"aria-current": "step"})


def test_the_customers_view_does_nothing(ann):
    ann.begin()
    html = ann.see().content.decode()
    view = html[html.index('class="their-page"') : html.index('class="path"')]
    assert "Question q?" in view
    acting = {"href", "name", "action", "formaction"}
    assert not [(tag, each) for tag, each in read(view).elements if acting & each.keys() and tag != "use"]
    assert "hx-" not in view
    assert not {"form", "h1", "h2"} & {tag for tag, _ in read(view).elements}


def test_the_agents_words_are_shown_and_notes_for_agents_too(ann):
    node = {"say": "Ask them *kindly*.", "note": "They may be cross."}
    plain = json.loads(json.dumps(desk_document()))
    plain["nodes"][0] |= node
    publish_document(plain)
    page = read(ann.begin().see())
    assert "Ask them kindly." in page.text
    assert "They may be cross." in page.text


def desk_document():
    from tests.graphs import TOY, graph

    return graph(*TOY).plain()


def publish_document(plain):
    return publish(nodes=plain["nodes"])


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_looking_writes_nothing(ann, headers):
    ann.begin("Mr X").answer("no")
    Case.objects.create(session=ann.session)
    before = rows(*apps.get_models())
    with connection.execute_wrapper(reads_only):
        for address in addresses(ann.session.code):
            ann.client.get(address, headers=headers)
            ann.client.head(address, headers=headers)
    assert rows(*apps.get_models()) == before


def test_answers_are_logged_as_the_agents(ann):
    ann.begin()
    assert ann.answer("no")["Location"] == f"/desk/{ann.session.code}/2/"
    part = ann.answer("next", headers=HTMX)
    assert not read(part).whole
    assert part["HX-Push-Url"] == f"/desk/{ann.session.code}/3/"
    assert ann.log == ["begin s", "answer no", "answer next"]
    assert {row.agent for row in ann.session.events.all()} == {ann.user}


def test_going_back_changing_an_answer_and_starting_over(ann):
    ann.begin()
    ann.answer("no")
    ann.send("back/")
    ann.answer("list")
    ann.answer("no", number=1, seen=ann.session.count + 1)
    ann.send("restart/")
    assert ann.log == ["begin s", "answer no", "back", "answer list", "back", "answer no", "back"]


@pytest.mark.parametrize("given", ["", "nothing", "next", "x" * 5000, "💥", "<b>"])
def test_an_answer_that_is_not_offered_is_said_and_nothing_is_logged(ann, given):
    ann.begin()
    response = ann.answer(given, seen="1")
    assert response.status_code == 422
    assert read(response).h1 == "Question q?"
    assert ann.log == ["begin s"]


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 50, "٣", "1.5", "null"])
def test_a_forged_count_does_no_harm(ann, seen):
    ann.begin()
    assert ann.answer("no", seen=seen).status_code == 303
    assert ann.client.get(ann.at("news/"), {"seen": seen}).status_code in {200, 204}


def test_a_page_that_was_not_reached_leads_to_where_the_call_is(ann):
    ann.begin()
    response = ann.see(number=99)
    assert response.status_code == 400
    assert "not been reached" in read(response).text
    assert read(response).h1 == "Question q?"
    assert ann.answer("no", number=99).status_code in {409, 422}


def test_a_note_is_kept_with_its_time_and_author_and_shown_as_text(ann, bob):
    ann.begin().answer("no")
    ann.send("note/", number=1, words="<b>Red</b> light\nsince Monday")
    page = ann.see().content.decode()
    assert "&lt;b&gt;Red&lt;/b&gt; light<br>since Monday" in page
    assert "Ann" in read(page).text
    event = ann.session.events.get(kind="note")
    assert (event.to, event.agent, event.words.text) == (1, ann.user, "<b>Red</b> light\nsince Monday")
    assert read(page).h1 == "Step hold"


@pytest.mark.parametrize("form", [{"words": ""}, {"words": "x" * 2001}, {"words": "x", "number": "99"}, {"number": ""}])
def test_a_note_that_cannot_be_kept_is_said_and_not_lost(ann, form):
    ann.begin()
    response = ann.send("note/", **({"number": 1, "words": "x"} | form))
    assert response.status_code == 422
    assert form.get("words", "x") in response.content.decode()
    assert ann.log == ["begin s"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_note_that_was_typed_and_not_saved_is_saved_with_the_answer(ann, headers):
    ann.begin()
    for _ in range(2):  # the second one is the double click
        ann.answer("no", number=1, headers=headers, seen=1, words=" It blinks. ")
    assert ann.log == ["begin s", "note", "answer no"]
    event = ann.session.events.get(kind="note")
    assert (event.to, event.agent, event.words.text) == (1, ann.user, "It blinks.")


@pytest.mark.parametrize("words", ["", "  \n"])
def test_an_answer_without_a_note_is_an_answer_alone(ann, words):
    ann.begin().answer("no", words=words)
    assert ann.log == ["begin s", "answer no"]


@pytest.mark.parametrize("form", [{"given": "nothing", "words": "It blinks."}, {"given": "no", "words": "y" * 2001}])
def test_where_an_answer_or_its_note_cannot_be_kept_neither_is_and_the_note_is_still_there(ann, form):
    ann.begin()
    response = ann.answer(form["given"], words=form["words"])
    assert response.status_code == 422
    assert form["words"] in response.content.decode()
    assert ann.log == ["begin s"]


def test_a_note_is_still_there_where_the_customer_went_on_first(ann, toy):
    session = customer(toy)
    join(ann, session)
    seen = theirs(session).get().count
    journal.answer(theirs(session), seen, "list")
    response = ann.client.post(f"/desk/{session.code}/{seen}/", {"answer": "no", "seen": seen, "words": "It blinks."})
    assert response.status_code == 409
    assert "It blinks." in response.content.decode()
    assert not session.events.filter(kind="note").exists()


def test_more_notes_do_not_make_the_page_an_earlier_one(ann):
    ann.begin()
    ann.send("note/", number=1, words="one")
    assert "answered earlier" not in read(ann.see(number=1)).text
    assert ann.answer("no", number=1, seen="2").status_code == 303


def test_a_call_put_aside_is_not_moved_until_it_is_resumed(ann):
    ann.begin()
    assert ann.send("aside/")["Location"] == "/desk/"
    assert "put aside" in read(ann.see()).text
    assert ann.answer("no").status_code == 409
    ann.send("resume/")
    assert ann.answer("no").status_code == 303


def test_a_call_that_is_passed_on_is_found_by_the_colleague_with_everything_in_place(ann, bob):
    ann.begin("Mr X").answer("no")
    ann.send("note/", number=2, words="It blinks.")
    assert ann.send("pass/", to=bob.user.pk).status_code == 303
    bob.session = ann.session
    assert "Passed to you" in read(bob.client.get("/desk/")).text
    bob.send("resume/")
    page = read(bob.see())
    assert (page.h1, "It blinks." in page.text, "Mr X" in page.text) == ("Step hold", True, True)
    assert bob.answer("next").status_code == 303
    assert ann.answer("next").status_code == 409


@pytest.mark.parametrize("to", ["", "x", "0", "99999", "ann"])
def test_a_call_is_not_passed_to_nobody(ann, to):
    ann.begin()
    response = ann.send("pass/", to=ann.user.pk if to == "ann" else to)
    assert response.status_code == 422
    assert "Choose a colleague" in read(response).text


def test_what_a_former_page_says_about_who_has_it_is_checked_again(ann, bob):
    ann.begin()
    ann.send("pass/", to=bob.user.pk)
    assert ann.send("pass/", to=bob.user.pk).status_code == 409
    assert ann.send("take/").status_code == 409


def test_several_calls_stand_side_by_side_as_tabs(ann):
    codes = [ann.begin(caller).session.code for caller in ("Mr One", "Mrs Two")]
    page = read(ann.see())
    assert {f"/desk/{code}/" for code in codes} <= page.links
    assert page.all("a", href=f"/desk/{codes[1]}/", **{"aria-current": "page"})
    assert not page.all("a", href=f"/desk/{codes[0]}/", **{"aria-current": "page"})


# Together with a customer


def test_who_may_not_look_at_the_desk_any_more_is_shown_no_news(ann, toy):
    session = customer(toy)
    join(ann, session)
    seen = theirs(session).get().count
    address = f"/desk/{session.code}/{seen}/news/?seen={seen}"
    User.objects.get(username="ann").groups.clear()
    assert ann.client.get(address, headers=HTMX).status_code == 204
    journal.answer(theirs(session), seen, "no")
    assert ann.client.get(address, headers=HTMX).status_code == 404


def test_news_is_204_by_one_query_for_the_session_while_nothing_changed(ann, toy):
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


def test_news_shows_where_the_customer_went(ann, toy):
    session = customer(toy)
    join(ann, session)
    seen = theirs(session).get().count
    journal.answer(theirs(session), seen, "no")
    response = ann.client.get(f"/desk/{session.code}/{seen}/news/?seen={seen}", headers=HTMX)
    assert response.status_code == 200
    assert read(response).h1 == "Step hold"
    assert not read(response).whole
    assert response["HX-Push-Url"] == f"/desk/{session.code}/{seen + 1}/"


def test_news_leaves_who_looks_at_an_earlier_page_there(ann, toy):
    session = journal.answer(theirs(customer(toy)), 1, "list")
    join(ann, session)
    seen = theirs(session).get().count
    journal.answer(theirs(session), seen, "none")
    response = ann.client.get(f"/desk/{session.code}/1/news/?seen={seen}", headers=HTMX)
    assert read(response).h1 == "Question q?"
    assert "End human" in read(response).text


def test_a_move_after_the_customer_went_first_is_refused_above_the_page_where_both_are(ann, toy):
    session = customer(toy)
    join(ann, session)
    seen = theirs(session).get().count
    journal.answer(theirs(session), seen, "list")
    response = ann.client.post(f"/desk/{session.code}/{seen}/", {"answer": "no", "seen": seen}, headers=HTMX)
    assert response.status_code == 409
    page = read(response)
    assert "The customer went on a moment before you" in page.text
    assert page.h1 == "Why why"
    assert theirs(session).get().node == "why"


def test_leaving_gives_the_session_back_to_the_customer(ann, toy):
    session = customer(toy)
    join(ann, session)
    assert ann.send("leave/")["Location"] == "/desk/"
    assert theirs(session).get().agent is None
    assert "customer has it to themselves" in read(ann.see()).text
    assert ann.answer("no").status_code == 409
    assert session in access.desk_sessions(ann.user)


def test_the_agent_is_told_when_the_customer_ended_it(ann, toy):
    session = customer(toy)
    join(ann, session)
    seen = theirs(session).get().count
    handoff.end(theirs(session).get())
    response = ann.client.get(f"/desk/{session.code}/{seen}/news/?seen={seen}", headers=HTMX)
    assert "You are not in this session" in read(response).text
    assert all("disabled" in each for each in read(response).all("button", name="answer") if "value" in each)


# Cases


def test_an_unsolved_call_becomes_a_case_of_the_agents(ann):
    ann.begin("Mr X").answer("list")
    ann.answer("none")
    assert f"/desk/{ann.session.code}/case/" in read(ann.see()).links
    assert ann.client.post(ann.at("case/"), {"contact": ""}).status_code == 422
    response = ann.client.post(ann.at("case/"), {"contact": "07700 900123", "words": "Please call."})
    case = Case.objects.get()
    assert response["Location"] == f"/desk/cases/{case.pk}/"
    assert (case.agent, case.contact) == (ann.user, "07700 900123")
    assert "07700 900123" in read(ann.client.get(response["Location"])).text


def test_how_to_reach_a_customer_is_shown_to_who_takes_the_case(ann, bob, toy):
    case = Case.objects.create(session=customer(toy), contact="07700 900123")
    address = f"/desk/cases/{case.pk}/"
    assert "07700" not in ann.client.get(address).content.decode()
    assert ann.client.post(address + "close/", {"other": "x", "works": "yes"}).status_code == 409
    assert ann.client.post(address + "take/").status_code == 303
    assert "07700 900123" in read(ann.client.get(address)).text
    assert bob.client.get(address).status_code == 404
    assert bob.client.post(address + "take/").status_code == 404


def test_who_has_a_customers_case_may_note_and_not_move(ann, toy):
    session = customer(toy)
    case = Case.objects.create(session=session)
    ann.client.post(f"/desk/cases/{case.pk}/take/")
    ann.session = session
    assert ann.send("note/", number=1, words="Called back.").status_code == 303
    assert ann.answer("no").status_code == 409
    assert ann.send("take/").status_code == 409


def test_who_has_a_customers_case_goes_on_in_the_session_with_a_code(ann, toy):
    session = journal.answer(theirs(customer(toy)), 1, "list")
    case = Case.objects.create(session=session)
    ann.client.post(f"/desk/cases/{case.pk}/take/")
    join(ann, session)
    assert read(ann.see()).h1 == "Why why"
    assert ann.answer("none").status_code == 303
    assert [event.kind for event in session.events.order_by("number")][-3:] == ["join", "answer", "end"]


def test_who_has_the_case_of_a_finished_call_takes_the_call_up_again_with_everything_in_place(ann, bob):
    ann.begin("Mr X").answer("list")
    ann.send("note/", number=2, words="It blinks.")
    case = Case.objects.create(session=ann.session)
    ann.send("leave/")
    bob.client.post(f"/desk/cases/{case.pk}/take/")
    bob.session = ann.session
    assert bob.answer("none").status_code == 409
    assert bob.send("take/").status_code == 303
    page = read(bob.see())
    assert (page.h1, "It blinks." in page.text, "Mr X" in page.text) == ("Why why", True, True)
    assert bob.answer("none").status_code == 303


def test_closing_a_case_says_what_it_was_and_whether_the_device_works(ann, toy):
    case = Case.objects.create(session=customer(toy), agent=ann.user)
    address = f"/desk/cases/{case.pk}/"
    for form in ({}, {"cause": "why/loose"}, {"works": "yes"}, {"cause": "why/none", "works": "no"}):
        response = ann.client.post(address + "close/", form)
        assert response.status_code == 422, form
    assert ann.client.post(address + "close/", {"cause": "why/loose", "works": "yes"}).status_code == 303
    case.refresh_from_db()
    assert (case.cause_node, case.cause, case.works, bool(case.closed_at)) == ("why", "loose", True, True)
    assert "Cause loose" in read(ann.client.get(address)).text
    ann.client.post(address + "reopen/")
    case.refresh_from_db()
    assert case.closed_at is None


# What it costs


def queries_of(agent, address, **options) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert agent.client.get(address, **options).status_code == 200
    return len(queries)


def test_the_first_page_costs_the_same_however_much_it_lists(ann, bob, lea, toy):
    for agent in (ann, lea):
        agent.begin("one")
        agent.client.get("/desk/")
        few = queries_of(agent, "/desk/")
        for number in range(8):
            agent.begin(f"more {number}")
            if number % 2:
                agent.send("aside/")
            bob.begin().send("pass/", to=ann.user.pk)
            Case.objects.create(session=customer(toy, f"{agent} {number}"))
        assert queries_of(agent, "/desk/") == few <= 9


def test_a_calls_page_costs_the_same_however_long_the_call_is(ann, bob):
    ann.begin("one")
    ann.see()
    few = queries_of(ann, ann.at())
    for number in range(10):
        ann.answer("list")
        ann.send("note/", number=1, words=f"note {number}")
        ann.send("back/")
        Agent(f"colleague {number}")
    assert queries_of(ann, ann.at()) == few <= 11
    assert queries_of(ann, ann.at(), headers=HTMX) <= few


def test_pages_of_the_desk_are_not_stored(ann):
    ann.begin()
    for address in ("/desk/", ann.at(), ann.at("news/")):
        assert ann.client.get(address)["Cache-Control"] == "no-store"


def test_a_call_with_a_colleague_is_no_longer_in_ones_tabs(ann, bob):
    ann.begin("Mr X")
    ann.send("pass/", to=bob.user.pk)
    assert "Mr X" not in ann.client.get("/desk/").content.decode()
    assert list(desk.calls_of(ann.user)) == []
