"""The search log: access, what people typed, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.reading import read
from tests.review.searching import ADD, PATH, both, forms, lines, reviewer, typed, value_of, wizard_of
from tests.staff import staff
from tests.visitor import rows
from wizards.models import Search
from wizards.review.queries.searches import PAGE_SIZE, SearchOutcomes, search_summary

pytestmark = pytest.mark.django_db


# --- Who gets in --------------------------------------------------------------------------------------------------


def test_anonymous_visitors_are_sent_to_the_login(client):
    assert urlsplit(client.get(PATH)["Location"]).path == "/account/login/"
    assert urlsplit(client.post(ADD)["Location"]).path == "/account/login/"


@pytest.mark.parametrize("rights", [(), ("view_session",), ("view_search",), ("change_symptom",)])
def test_without_both_rights_the_page_is_a_404(rights):
    client = staff(*rights)
    assert client.get(PATH).status_code == 404
    assert client.post(ADD).status_code == 404


def test_reviewers_see_the_page_without_editing(wizard):
    typed("xyzzy", symptom="reset")
    client = staff(groups="reviewers")
    page = read(client.get(PATH, {"words": "xyzzy"}))
    assert page.h1 == "Searches"
    assert forms(page) == []
    assert client.post(ADD, {"words": "x", "symptom": value_of(wizard)}).status_code == 404


# --- What people typed --------------------------------------------------------------------------------------------


def test_what_found_nothing_most_often_comes_first(wizard):
    typed("often", found=3, symptom="reset", times=9)
    typed("unfit", found=3, times=5)
    typed("rare", times=1)
    typed("toaster", times=2)
    page = read(reviewer().get(PATH))
    assert [line.split()[0] for line in lines(page)] == ["toaster", "rare", "unfit", "often"]


def test_spellings_that_normalize_alike_are_one_row(wizard):
    typed("Toaster!")
    typed("toaster")
    (line,) = lines(read(reviewer().get(PATH)))
    assert line.startswith("toaster 2 ")


def test_a_row_has_the_outcomes_and_the_choices(wizard):
    typed("reset", found=2, symptom="reset", times=3)
    typed("reset", found=2, symptom="password", times=1)
    typed("reset", found=2, times=2)
    (line,) = lines(read(reviewer().get(PATH)))
    assert line.startswith("reset 6 ")
    assert "0 of 6" in line
    assert line.endswith("2 4 The camera will not reset: 3 Toy I forgot the password: 1 Toy")


def test_the_figures_add_up(wizard):
    typed("toaster", times=3)
    typed("toaster", symptom="reset", times=2)
    typed("reset", found=2, times=4)
    typed("reset", found=2, symptom="reset", times=8)
    page = reviewer().get(PATH)
    assert [value for _, value in page.context["figures"]] == [17, 5, 4, 8]  # all, nothing, none fitted, chosen
    assert "5 of 17 searches found nothing, most often “toaster”: 5 of 5." in read(page).text


def test_a_removed_symptom_is_named_by_its_key(wizard):
    typed("reset", found=2, symptom="gone", wizard="away")
    (line,) = lines(read(reviewer().get(PATH)))
    assert line.endswith("gone: 1 away")


def test_only_the_period_is_counted(wizard):
    typed("today")
    typed("before", days=60)
    assert [line.split()[0] for line in lines(read(reviewer().get(PATH)))] == ["today"]
    day = timezone.localdate(timezone.now() - timedelta(days=60))
    page = read(reviewer().get(PATH, {"since": day.isoformat(), "until": day.isoformat()}))
    assert [line.split()[0] for line in lines(page)] == ["before"]


def test_days_are_in_the_help_desks_zone(wizard, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    moment = datetime(2026, 3, 2, 20, tzinfo=timezone.get_fixed_timezone(0))
    Search.objects.create(at=moment, words="xyzzy", query="xyzzy", found=0)
    found = [
        len(lines(read(reviewer().get(PATH, {"since": day, "until": day})))) for day in ("2026-03-02", "2026-03-03")
    ]
    assert found == [0, 1]


def test_the_page_says_that_a_search_belongs_to_no_wizard(wizard):
    typed("xyzzy")
    page = read(reviewer().get(PATH, {"wizard": "toy"}))
    assert "only the dates apply here" in page.text
    assert len(lines(page)) == 1


def test_an_invalid_filter_still_shows_the_log(wizard):
    typed("xyzzy")
    response = reviewer().get(PATH, {"since": "soon"})
    assert response.status_code == 422
    assert len(lines(read(response))) == 1


def test_an_empty_log_says_so(wizard):
    assert "No searches were logged in this period. Try other dates." in read(reviewer().get(PATH)).text


def test_the_next_page_has_the_rest_and_keeps_the_filter(wizard):
    for number in range(PAGE_SIZE + 3):
        typed(f"w{number:03}")
    since = timezone.localdate().isoformat()
    first = read(reviewer().get(PATH, {"since": since}))
    assert len(lines(first)) == PAGE_SIZE
    (further,) = [link for link in first.links if "page=2" in link]
    assert parse_qs(urlsplit(further).query)["since"] == [since]
    assert len(lines(read(reviewer().get(further)))) == 3


@pytest.mark.parametrize("number", ["0", "-1", "x", "99", "9" * 50, "١"])
def test_an_invalid_page_number_is_no_error(wizard, number):
    typed("xyzzy")
    response = reviewer().get(PATH, {"page": number})
    assert response.status_code == 200


def test_typed_words_are_escaped(wizard):
    typed('"><script>alert(1)</script>')
    page = read(both().get(PATH, {"words": '"><script>alert(1)</script>'}))
    assert page.inline == []


def test_reading_writes_nothing(wizard):
    typed("xyzzy", symptom="reset")
    client = both()
    before = rows(*apps.get_models())
    client.get(PATH, {"words": "xyzzy"})
    client.get(PATH, {"words": "x" * 5000, "page": "2"})
    assert rows(*apps.get_models()) == before


def test_the_queries_do_not_grow_with_searches(wizard):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(PATH, {"words": "xyzzy"}).status_code == 200
        return len(caught)

    client = both()
    typed("plugh")
    typed("xyzzy", symptom="reset")
    few = queries()
    for number in range(PAGE_SIZE * 2):
        typed(f"w{number} camera", found=number % 3, symptom=["", "reset", "password"][number % 3])
    wizard_of("other", s="Other")
    assert queries() == few
    assert few <= 14


# --- The sentence above ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (SearchOutcomes(0, 0, 0), "No searches were logged in this period."),
        (SearchOutcomes(0, 0, 1), "The only search in this period found something."),
        (SearchOutcomes(0, 1, 1), "All 2 searches found something."),
        (SearchOutcomes(1, 0, 2), "1 of 3 searches found nothing."),
    ],
)
def test_the_summary_describes_the_log(ends, words):
    assert search_summary(ends, None) == words
