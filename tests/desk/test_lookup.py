"""References and case numbers in the desk's search find what the agent may see, and reveal no more."""

from __future__ import annotations

import pytest

from tests.desk.agents import Agent, customer, queries_of
from tests.reading import read
from tests.visitor import HTMX
from wizards.models import CODE_ALPHABET, Case, format_code

pytestmark = pytest.mark.django_db

NO_SUCH = CODE_ALPHABET[:12]


def search(agent: Agent, typed: str):
    """Return the part of the page that a search swaps in."""
    return read(agent.client.get("/desk/find/", {"q": typed}, headers=HTMX))


@pytest.fixture
def waiting(toy) -> Case:
    return Case.objects.create(session=customer(toy))


@pytest.mark.parametrize("written", [str, str.upper, format_code, lambda code: format_code(code).replace(" ", "-")])
def test_a_reference_however_it_is_written_leads_to_the_agents_call(ann, written):
    ann.begin()
    assert f"/desk/{ann.session.code}/" in search(ann, written(ann.session.code)).links


def test_a_reference_leads_to_the_case_of_its_session(ann, waiting):
    assert f"/desk/cases/{waiting.pk}/" in search(ann, format_code(waiting.session.code)).links


@pytest.mark.parametrize("typed", ["{}", "case {}", "Case {}", " CASE  {} "])
def test_the_number_of_a_case_leads_to_it(ann, waiting, typed):
    assert f"/desk/cases/{waiting.pk}/" in search(ann, typed.format(waiting.pk)).links


def test_a_reference_of_a_customer_reads_like_one_that_does_not_exist(ann, toy):
    there, nowhere = search(ann, customer(toy).code), search(ann, NO_SUCH)
    assert there.html == nowhere.html
    assert "This may be a customer’s session: ask them for a code" in there.text


def test_a_reference_of_a_colleagues_call_reads_like_one_that_does_not_exist(ann, bob):
    bob.begin("Mr Secret")
    assert search(ann, bob.session.code).html == search(ann, NO_SUCH).html


def test_a_colleagues_case_reads_like_one_that_does_not_exist(ann, bob, waiting):
    Case.objects.update(agent=bob.user)
    there, nowhere = search(ann, f"case {waiting.pk}"), search(ann, "case 99")
    assert there.html == nowhere.html.replace("99", str(waiting.pk))
    assert f"There is no case {waiting.pk} that you may see" in there.text


def test_a_lead_finds_any_case(lea, bob, waiting):
    Case.objects.update(agent=bob.user)
    assert f"/desk/cases/{waiting.pk}/" in search(lea, str(waiting.pk)).links


@pytest.mark.parametrize("typed", ["does not work", "the red webcam", "case", "12 cameras", "9" * 30, "case 12 x", ""])
def test_other_words_match_no_reference_or_case(ann, typed):
    assert "note" not in {part.get("class") for part in search(ann, typed).all("p")}


def test_a_reference_that_leads_somewhere_is_not_said_to_fit_nothing(ann):
    ann.begin()
    assert "No match for" not in search(ann, ann.session.code).text


def test_the_whole_page_shows_the_way_too(ann, waiting):
    page = read(ann.client.get("/desk/find/", {"q": f"case {waiting.pk}"}))
    assert page.text.index(f"Case {waiting.pk} ") < page.text.index("Your cases")


def test_a_number_costs_one_query_more_than_words(ann, waiting):
    words = queries_of(ann, "/desk/find/?q=it+does", headers=HTMX)
    numbers = (str(waiting.pk), waiting.session.code, NO_SUCH)
    assert max(queries_of(ann, f"/desk/find/?q={each}", headers=HTMX) for each in numbers) <= words + 1
