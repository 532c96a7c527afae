"""Agents find their calls where they stood, go on in them, and are let into sessions by codes given out before."""

from __future__ import annotations

from wizards.models import Call, Join, Session

from .yesterday import Site


def code(site: Site, name: str) -> str:
    return site.told["open"][name]["code"]


def log(site: Site, name: str) -> list[str]:
    events = Session.objects.get(code=code(site, name)).events.order_by("number")
    return [f"{each.kind} {each.answer or each.to or ''}".strip() for each in events]


def section(text: str, start: str, *ends: str) -> str:
    """Return what stands on a page after `start`, up to the first of `ends` that follows."""
    found = text.partition(start)[2]
    assert found, text
    return min((found.partition(end)[0] for end in ends), key=len)


def test_the_calls_of_an_agent_stand_at_the_desk_as_they_stood(site):
    text = site.staff("amir").open("/desk/")["text"]
    assert "Made-up caller passed" in section(text, "Passed to you", "Now", "On hold")
    assert "Made-up caller in hand" in section(text, "Now", "On hold")
    assert "Made-up caller aside" in section(text, "On hold", "Your cases", "Unassigned cases")
    assert "Made-up caller finished" not in text


def test_a_call_goes_on_from_the_page_that_stands_open(site):
    amir = site.staff("amir")
    amir.press(answer="next")
    assert amir.page["status"] == 200
    assert log(site, "call in hand")[-1] == "answer next"
    assert Session.objects.get(code=code(site, "call in hand")).events.last().agent.username == "amir"


def test_a_note_that_stands_typed_on_an_open_page_is_saved_with_the_next_answer(site):
    amir = site.staff("amir")
    amir.press(words="They have no adapter.", answer="next")
    assert log(site, "call in hand")[-2:] == ["note 6", "answer next"]


def test_a_call_put_aside_is_resumed_and_goes_on_to_its_end(site):
    amir = site.staff("amir")
    amir.open("/desk/")
    amir.press(action=f"/desk/{code(site, 'call aside')}/resume/")
    for given in ("next", "next", "worked"):
        amir.press(answer=given)
    assert Session.objects.get(code=code(site, "call aside")).status == "solved"
    assert "A made-up note of aside." in amir.page["text"]


def test_a_call_that_a_colleague_passed_on_is_taken_up(site):
    amir = site.staff("amir")
    amir.open("/desk/")
    amir.press(action=f"/desk/{code(site, 'call passed')}/resume/")
    amir.press(answer="next")
    assert log(site, "call passed")[-1] == "answer next"


def test_a_call_that_is_finished_can_be_taken_up_again(site):
    amir = site.staff("amir")
    amir.open(f"/desk/{code(site, 'call finished')}/")
    amir.press(action="/take/")
    assert Call.objects.get(session__code=code(site, "call finished")).agent.username == "amir"


def test_nobody_else_moves_a_call_that_is_in_a_colleagues_hand(site):
    bea = site.staff("bea")
    assert bea.open(f"/desk/{code(site, 'call in hand')}/")["status"] == 404


def test_a_call_that_was_begun_is_taken_up_where_the_same_form_is_sent_once_more(site):
    amir = site.staff("amir")
    amir.page = site.told["a call just begun"]["page"]
    amir.press(way=site.told["a call just begun"]["way"], caller="Made-up caller just begun")
    assert amir.page["address"].startswith(f"/desk/{site.told['a call just begun']['code']}/")


def test_an_agent_who_is_in_a_customers_session_goes_on_in_it(site):
    amir = site.staff("amir")
    amir.open(f"/desk/{code(site, 'an agent is in it')}/")
    amir.press(answer="next")
    assert log(site, "an agent is in it")[-1] == "answer next"
    customer = site.customer("an agent is in it")
    customer.open(f"/s/{code(site, 'an agent is in it')}/")
    assert "Amir is with you on this page" in customer.page["text"]


def test_a_customer_ends_on_the_page_that_stands_open_that_an_agent_is_in_their_session(site):
    customer = site.customer("an agent is in it")
    customer.press(label="End it")
    assert Join.objects.get(session__code=code(site, "an agent is in it")).ended_at
    amir = site.staff("amir")
    assert "You are not in this session" in amir.open(f"/desk/{code(site, 'an agent is in it')}/")["text"]


def test_a_code_given_out_for_an_agent_lets_one_in_once(site):
    bea = site.staff("bea")
    bea.press(code=site.told["codes"]["agent"])
    assert bea.page["address"] == f"/desk/{code(site, 'a code for an agent')}/3/"
    assert log(site, "a code for an agent")[-1] == "join 2"
    amir = site.staff("amir")
    amir.open("/desk/")
    assert amir.press(code=site.told["codes"]["agent"])["status"] == 422


def test_a_reference_that_was_read_out_is_found(site):
    found = code(site, "call aside").upper()
    reference = f"{found[:4]} {found[4:8]} {found[8:]}"
    page = site.staff("amir").open(f"/desk/find/?q={reference.replace(' ', '+')}")
    assert f"The call {reference}" in page["text"]
