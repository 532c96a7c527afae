"""The search log's only writer: what is kept of what people typed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from tests.graphs import SYMPTOMS
from tests.races import racing
from tests.visitor import publish
from wizards.models import Search
from wizards.search import log as search_log

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _toy():
    publish(symptoms=SYMPTOMS)


def logged() -> list[tuple]:
    return list(Search.objects.order_by("pk").values_list("words", "query", "found", "wizard", "symptom"))


def earlier(**time: int) -> None:
    """Let this much time pass since everything in the log."""
    Search.objects.update(at=F("at") - timedelta(**time))


def test_a_miss_is_stored_as_typed_and_normalized():
    search_log.log_miss("  Xyzzy,\tPlügh! ")
    assert logged() == [("Xyzzy, Plügh!", "xyzzy plugh", 0, "", "")]


def test_a_miss_with_results_stores_their_number():
    search_log.log_miss("reset")
    assert logged() == [("reset", "reset", 1, "", "")]


def test_a_choice_says_which_symptom_of_which_wizard():
    search_log.log_choice("Reset", "toy", "reset")
    assert logged() == [("Reset", "reset", 1, "toy", "reset")]


def test_the_log_does_not_identify_the_person():
    assert {field.name for field in Search._meta.fields} == {
        "id", "at", "words", "query", "found", "wizard", "symptom"
    }  # fmt: skip


@pytest.mark.parametrize("again", ["xyzzy", "XYZZY?", " xyzzy "])
def test_the_same_words_within_a_minute_are_one_miss(again):
    search_log.log_miss("xyzzy")
    earlier(seconds=55)
    search_log.log_miss(again)
    assert len(logged()) == 1


def test_the_same_words_after_a_minute_are_another_miss():
    search_log.log_miss("xyzzy")
    earlier(seconds=61)
    search_log.log_miss("xyzzy")
    assert len(logged()) == 2


def test_other_words_are_another_miss():
    search_log.log_miss("xyzzy")
    search_log.log_miss("xyzzy plugh")
    assert len(logged()) == 2


def test_a_choice_among_the_nearest_belongs_to_the_search_that_found_nothing():
    search_log.log_miss("xyzzy")
    earlier(minutes=9)
    search_log.log_choice("xyzzy", "toy", "reset")
    assert logged() == [("xyzzy", "xyzzy", 0, "toy", "reset")]


def test_a_much_later_choice_is_a_separate_search():
    search_log.log_miss("xyzzy")
    earlier(minutes=11)
    search_log.log_choice("xyzzy", "toy", "reset")
    assert len(logged()) == 2


def test_the_same_choice_twice_is_two_searches():
    search_log.log_choice("reset", "toy", "reset")
    search_log.log_choice("reset", "toy", "reset")
    assert len(logged()) == 2


def test_a_miss_after_a_choice_is_a_separate_search():
    search_log.log_choice("reset", "toy", "reset")
    search_log.log_miss("reset")
    assert len(logged()) == 2


@pytest.mark.parametrize("words", ["???", "😀", "’"])
def test_words_without_letters_are_their_own_normal_form(words):
    search_log.log_miss(words)
    assert logged()[0][:2] == (words, words)


@pytest.mark.parametrize("words", ["㍿" * 200, "ß" * 200, "?" * 300, "a " * 300, "İ" * 200])
def test_words_that_grow_when_normalized_fit(words):
    search_log.log_miss(words)
    Search.objects.get().full_clean(exclude=["wizard", "symptom"])


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_log_the_same_miss_once():
    publish(symptoms=SYMPTOMS)
    with racing(4) as race:
        race(*[lambda: search_log.log_miss("xyzzy")] * 4)
    assert len(logged()) == 1
