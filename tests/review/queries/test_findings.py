"""The queue of findings: whether the version that mends a finding helped."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.graphs import graph
from tests.review.walking import Desk
from tests.versions import publish
from wizards.locking import StaleRevisionError
from wizards.models import Finding
from wizards.review import findings
from wizards.review.queries import findings as queries

pytestmark = pytest.mark.django_db

BEFORE = (
    "q? go:fix",
    "fix[press] worked:ok failed:human blocked:human",
    "ok = solved",
    "human = unsolved",
    "press: hold release",
)
AFTER = ("q? go:fix no:human", *BEFORE[1:])
TWICE = (
    "q? a:one b:two",
    "one[press] worked:ok failed:human blocked:human",
    "two[press] worked:ok failed:human blocked:human",
    "ok = solved",
    "human = unsolved",
    "press: hold release",
)


@pytest.fixture
def desk(monkeypatch) -> Desk:
    publish(graph(*BEFORE))
    return Desk(monkeypatch)


def open_finding_at(version, node: str = "fix", step: str = "hold") -> Finding:
    author, _ = User.objects.get_or_create(username="rev")
    return findings.open_finding(version.wizard, (node, "", step), author, "Too many are lost here.", None)


def lose(desk: Desk, number: int, *answers: str) -> None:
    desk.people(number, *answers)
    desk.hour_passes()


def mended_finding(desk: Desk):
    """Lose 30 of 40 at a step; publish a change; lose 2 of 40; return the finding closed with the new version."""
    version = publish(graph(*BEFORE))
    finding = open_finding_at(version)
    lose(desk, 30, "go")
    desk.people(10, "go", "next")
    desk.clock.pass_(days=2)
    new = publish(graph(*AFTER))
    new.published_at = desk.clock.now
    new.save()
    lose(desk, 2, "go")
    desk.people(38, "go", "next")
    desk.hour_passes()
    return findings.close(finding, 0, "Another way out.", new)


def test_a_finding_shows_how_many_are_lost_at_its_place(desk):
    finding = open_finding_at(publish(graph(*BEFORE)))
    lose(desk, 3, "go")
    desk.people(1, "go", "next")
    lost = queries.recent_period(finding, queries.versions_of(finding)).lost
    assert (lost.count, lost.out_of) == (3, 4)


def test_the_effect_has_the_rates_before_and_after_the_version(desk):
    finding = mended_finding(desk)
    effect = queries.effect(finding, queries.versions_of(finding))
    assert (effect.before.lost.count, effect.before.lost.out_of) == (30, 40)
    assert (effect.after.lost.count, effect.after.lost.out_of) == (2, 40)
    assert effect.change == "fell"


def test_sessions_of_the_old_version_do_not_count_as_after(desk):
    finding = mended_finding(desk)
    versions = queries.versions_of(finding)
    people = queries.effect(finding, versions).after.figures.reached
    desk.people(5, "go", version=versions[-1])
    assert queries.effect(finding, versions).after.figures.reached == people


def test_a_rate_that_rose_is_reported_only_beyond_chance(desk):
    finding = mended_finding(desk)
    desk.people(60, "go", version=finding.mended_by)
    desk.hour_passes()
    finding.mended_by.refresh_from_db()
    effect = queries.effect(finding, queries.versions_of(finding))
    assert effect.after.lost.percent == 62
    assert effect.change == ""
    desk.people(400, "go", version=finding.mended_by)
    desk.hour_passes()
    assert queries.effect(finding, queries.versions_of(finding)).change == "rose"


def test_without_a_version_there_is_no_effect(desk):
    finding = open_finding_at(publish(graph(*BEFORE)))
    assert queries.effect(findings.close(finding, 0, "Nothing to mend.", None), []) is None


def test_a_step_that_several_nodes_show_is_one_place(desk):
    version = publish(graph(*TWICE))
    finding = open_finding_at(version, "one")
    lose(desk, 2, "a")
    lose(desk, 3, "b")
    assert queries.recent_period(finding, queries.versions_of(finding)).lost.count == 5


def test_a_removed_place_is_labelled_by_its_id(desk):
    version = publish(graph(*BEFORE))
    finding = open_finding_at(version, "fix", "away")
    assert queries.finding_labels([finding])[finding.pk].title == "away"


def test_open_and_closed_findings_are_listed_separately_newest_first(desk):
    version = publish(graph(*BEFORE))
    one, two, three = (open_finding_at(version) for _ in range(3))
    findings.close(two, 0, "", None)
    assert [each.pk for each in queries.list_findings(closed=False)] == [three.pk, one.pk]
    assert [each.pk for each in queries.list_findings(closed=True)] == [two.pk]


def test_other_findings_at_the_same_place_are_listed(desk):
    version = publish(graph(*BEFORE))
    one, two = open_finding_at(version), open_finding_at(version)
    open_finding_at(version, "q", "")
    assert list(queries.others_at_same_place(one)) == [two]


def test_of_two_who_save_the_same_finding_the_second_is_told(desk):
    finding = open_finding_at(publish(graph(*BEFORE)))
    findings.change(finding, 0, "Mine.", None)
    with pytest.raises(StaleRevisionError):
        findings.close(finding, 0, "Theirs.", None)
    finding.refresh_from_db()
    assert (finding.note, finding.closed_at) == ("Mine.", None)


def test_a_session_finding_has_the_page_where_the_session_is(desk):
    walker = desk.person().answer("go")
    author = User.objects.create(username="rev")
    finding = findings.open_session_finding(walker.session, author, "Look.", author)
    assert (finding.session, finding.node, finding.step) == (walker.session, "fix", "hold")
