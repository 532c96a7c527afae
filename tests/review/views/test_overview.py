"""The overview by HTTP: access, content, invalid filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.analytics.rows import tally
from tests.reading import Reading, read
from tests.staff import staff
from tests.visitor import HTMX, Visitor, publish, rows
from wizards.models import Session
from wizards.review.glossary import DEFINITIONS

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

PATH, MEANINGS = "/review/", "/review/definitions/"


@pytest.fixture
def reviewer() -> Client:
    return staff(groups="reviewers", name="rhea")


@pytest.fixture
def solved() -> Visitor:
    """A visitor of a wizard called Toy, whose device works again."""
    publish()
    return Visitor().begin().walk("yes")


def today() -> str:
    return timezone.localdate().isoformat()


# Who gets in


@pytest.mark.parametrize("path", [PATH, MEANINGS])
def test_anonymous_visitors_are_sent_to_the_login_and_back(path):
    response = Client().get(path)
    assert response.status_code == 302
    assert response["Location"] == f"/account/login/?next={path}"


@pytest.mark.parametrize("path", [PATH, MEANINGS])
@pytest.mark.parametrize("group", ["editors", "agents"])
def test_staff_without_the_right_to_see_sessions_get_a_404(path, group):
    client = staff(groups=group, name=group)
    expected = 200 if User.objects.get().has_perm("wizards.view_session") else 404
    assert client.get(path).status_code == expected
    assert staff(name="nobody").get(path).status_code == 404


def test_reading_changes_nothing(reviewer, solved):
    before = rows()
    reviewer.get(PATH)
    reviewer.get(PATH, headers=HTMX)
    assert rows() == before


def test_a_page_is_not_stored(reviewer, solved):
    assert reviewer.get(PATH)["Cache-Control"] == "no-store"


# What it says


def test_the_overview_counts_a_customers_session(reviewer, solved):
    page = read(reviewer.get(PATH))
    assert page.h1 == "Overview"
    assert "One session is over: it was solved." in page.text
    assert "1 started = 1 solved + 0 handed to a person + 0 ended with advice + 0 left + 0 in progress" in page.text


def test_a_figure_links_to_its_sessions(reviewer, solved):
    (link,) = (link for link in read(reviewer.get(PATH)).links if link.endswith("&status=solved"))
    assert link.startswith("/review/sessions/?since=")


def test_a_period_without_sessions_says_so_and_shows_no_figures(reviewer, solved):
    page = read(reviewer.get(PATH, {"since": "2020-01-01", "until": "2020-01-31"}))
    assert "No sessions started from 1 January 2020 to 31 January 2020 with this filter." in page.text
    assert not page.all("dl")


def test_every_figure_has_its_definition_beside_it(reviewer, solved):
    page = read(reviewer.get(PATH))
    assert len(page.all("details", **{"class": "help"})) == len(page.all("dd", **{"class": "value"})) == 10


def test_all_definitions_are_on_one_page(reviewer):
    page = read(reviewer.get(MEANINGS))
    assert DEFINITIONS
    for group, entries in DEFINITIONS.items():
        assert entries
        assert group in page.text
        for key, entry in entries.items():
            assert entry.text in page.text.replace("&#x27;", "'")
            assert page.all("dt", id=key)


def test_large_numbers_are_written_with_commas(reviewer, solved):
    tally(Session.objects.get().version, timezone.localdate(), 12345, 5000, channel="agent")
    page = read(reviewer.get(PATH))
    assert "12,346 started = 5,001 solved" in page.text


# The frame


def test_the_page_names_the_reader_and_can_sign_out(reviewer):
    page = read(reviewer.get(PATH))
    assert "rhea" in page.text
    assert page.all("form", method="post", action="/admin/logout/")


def test_the_link_to_the_admin_is_shown_only_to_editors(reviewer):
    assert "/admin/" not in read(reviewer.get(PATH)).links
    both = staff(groups="reviewers editors", name="both")
    assert "/admin/" in read(both.get(PATH)).links


def test_the_current_tab_is_marked(reviewer):
    page = read(reviewer.get(PATH))
    (current,) = page.all("a", **{"aria-current": "page"})
    assert current["href"].startswith(PATH)


def test_the_tabs_keep_the_filter(reviewer, solved):
    page = read(reviewer.get(PATH, {"wizard": "toy", "since": "2026-01-01", "until": "2026-02-01"}))
    assert "/review/sessions/?since=2026-01-01&until=2026-02-01&wizard=toy" in page.links


def test_a_reader_in_the_help_desks_zone_sees_one_zone(reviewer):
    assert "Days are counted, and times shown, in Europe/London." in read(reviewer.get(PATH)).text


def test_a_reader_in_another_zone_sees_both_zones(reviewer):
    reviewer.cookies["zone"] = "Europe%2FBerlin"
    page = read(reviewer.get(PATH))
    assert "Days are counted in Europe/London. Times are shown in Europe/Berlin." in page.text


@pytest.mark.parametrize("name", ["Mars/Crater", "../../etc/passwd", "%00", "", "x" * 5000])
def test_an_invalid_zone_falls_back_to_the_help_desks(reviewer, name):
    reviewer.cookies["zone"] = name
    assert "in Europe/London." in read(reviewer.get(PATH)).text


def test_moments_are_shown_in_the_readers_zone(reviewer, solved, monkeypatch):
    monkeypatch.setattr("django.template.defaulttags.datetime", Noon)
    reviewer.cookies["zone"] = "Asia%2FTokyo"
    assert "Counted at 21:00." in read(reviewer.get(PATH)).text


class Noon(datetime):
    """A clock that stands at noon UTC."""

    @classmethod
    def now(cls, tz=None):
        return datetime(2026, 3, 2, 12, tzinfo=UTC).astimezone(tz)


# A wrong filter


def test_reversed_dates_are_reported_at_the_field_and_above(reviewer, solved):
    response = reviewer.get(PATH, {"since": "2026-03-02", "until": "2026-03-01"})
    page = read(response)
    assert response.status_code == 422
    assert "Some filter values are invalid" in page.text
    assert page.text.count("The end date is before the start date.") == 2
    (field,) = page.all("input", name="until")
    assert field["aria-invalid"] == "true"
    assert page.all("p", id=field["aria-describedby"])


def test_reversed_dates_stay_as_typed(reviewer, solved):
    page = read(reviewer.get(PATH, {"since": "2026-02-09", "until": "2026-02-01"}))
    assert [page.all("input", name=name)[0]["value"] for name in ("since", "until")] == ["2026-02-09", "2026-02-01"]


@pytest.mark.parametrize("days", [7, 30, 90])
def test_a_shortcut_selects_a_period_up_to_today_and_keeps_the_rest(reviewer, solved, days):
    page = read(reviewer.get(PATH, {"wizard": "toy", "since": "2026-01-01", "until": "2026-01-02"}))
    since = (timezone.localdate() - timedelta(days=days - 1)).isoformat()
    address = f"?since={since}&until={today()}&wizard=toy"
    assert address in page.links
    assert not page.all("a", href=address, **{"aria-current": "true"})
    assert read(reviewer.get(PATH + address)).all("a", href=address, **{"aria-current": "true"})


def test_the_valid_part_of_an_invalid_filter_is_kept(reviewer, solved):
    publish(slug="kettle", title="Kettle")
    page = read(reviewer.get(PATH, {"wizard": "toy", "channel": "pigeon", "since": today(), "until": today()}))
    assert "“pigeon” is not a valid choice and was ignored." in page.text
    assert f"/review/stuck/?since={today()}&until={today()}&wizard=toy" in page.links
    assert "1 started" in page.text


# Live


def test_a_period_up_to_today_refreshes(reviewer, solved):
    page = read(reviewer.get(PATH))
    (live,) = page.all("div", id="live")
    assert live["hx-trigger"] == "refresh from:body"
    fragment = reviewer.get(live["hx-get"], headers=HTMX)
    found = Reading(fragment.content.decode())
    assert not found.whole
    assert "1 started = 1 solved" in found.text
    assert not found.h1


def test_a_past_period_does_not_refresh(reviewer, solved):
    until = (timezone.localdate() - timedelta(days=1)).isoformat()
    assert not read(reviewer.get(PATH, {"until": until})).all("div", id="live")


def test_the_charts_script_is_on_pages_with_charts_only(reviewer):
    chart = "/static/vendor/chartjs/chart.umd.min.js"
    assert chart in [script.get("src") for script in read(reviewer.get(PATH)).all("script")]
    assert chart not in [script.get("src") for script in read(reviewer.get(MEANINGS)).all("script")]
