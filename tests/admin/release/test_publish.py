"""Publishing: changes and their impact are shown, a note is required, and the second of two editors is refused."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from tests.admin.forms.editing import editor, toy
from tests.admin.walking import retarget, url, walk
from tests.races import racing
from wizards import publishing
from wizards.models import Choice, Event, Node, Session, Version, Wizard
from wizards.publishing.impact import publishing_impact

pytestmark = pytest.mark.django_db


def publish_page(wizard: Wizard, client=None):
    response = (client or editor()).get(url("publish", wizard.pk))
    assert response.status_code == 200
    return response


def fingerprint(response) -> str:
    return response.context["form"]["seen"].value()


def post(wizard: Wizard, note: str = "Better words", client=None, **fields):
    client = client or editor()
    fields = {"seen": fingerprint(publish_page(wizard, client)), "note": note} | fields
    return client.post(url("publish", wizard.pk), fields)


def reword(key: str = "q", title: str = "Is it on?") -> None:
    Node.objects.filter(key=key).update(title=title)


def test_a_publication_is_a_version_with_its_author_and_note(wizard):
    reword()
    assert post(wizard).status_code == 302
    version = Version.objects.get(number=2)
    assert (version.author.username, version.note, version.pk) == (
        "ed",
        "Better words",
        Wizard.objects.get(pk=wizard.pk).current_id,
    )


def test_a_publication_is_in_the_admins_history(wizard):
    reword()
    post(wizard)
    assert LogEntry.objects.get().change_message == "Published version 2: Better words"


def test_without_a_note_nothing_is_published(wizard):
    reword()
    response = post(wizard, note=" ")
    assert response.status_code == 422
    assert "Write a note" in response.content.decode()
    assert Version.objects.count() == 1


def test_a_form_without_a_fingerprint_publishes_nothing(wizard):
    reword()
    assert post(wizard, seen="").status_code == 422
    assert Version.objects.count() == 1


def test_errors_stop_a_publication(wizard):
    reword()
    seen = fingerprint(publish_page(wizard))
    Choice.objects.filter(key="yes").update(to=None)
    response = post(wizard, seen=seen)
    assert response.status_code == 409
    assert Version.objects.count() == 1


def test_a_draft_with_errors_has_no_publish_button_and_lists_the_errors(wizard):
    Choice.objects.filter(key="yes").update(to=None)
    text = publish_page(wizard).content.decode()
    assert 'name="note"' not in text
    assert "leads nowhere" in text


def test_warnings_do_not_stop_a_publication(wizard):
    Node.objects.create(wizard=wizard, key="spare", kind="outcome", title="Spare", result="advice", place=9)
    assert publish_page(wizard).context["warnings"]
    assert post(wizard).status_code == 302
    assert Version.objects.filter(number=2).exists()


def test_an_unchanged_draft_makes_no_version(wizard):
    assert "There is nothing to publish." in publish_page(wizard).content.decode()
    post(wizard)
    assert Version.objects.count() == 1


def test_the_changes_since_the_last_version_are_shown_word_by_word(wizard):
    reword(title="Question one?")
    text = publish_page(wizard).content.decode()
    assert "<del>q?</del>" in text
    assert "<ins>one?</ins>" in text


def test_the_last_real_sessions_are_walked_again_over_the_draft(wizard):
    for answers in (["yes"], ["no"], ["no", "loose"]):
        walk(wizard, *answers)
    retarget("yes", "human")
    Node.objects.get(key="why").causes.get(key="loose").delete()
    impact = publish_page(wizard).context["impact"]
    assert (impact["walks"], impact["same"], impact["other"], impact["broken"]) == (3, 1, 1, 1)
    assert {(place["where"], place["other"], place["broken"]) for place in impact["places"]} == {
        ("Why why", 0, 1),
        ("Question q?", 1, 0),
    }


def test_walks_that_break_off_are_counted_by_their_version(wizard):
    walk(wizard, "yes")
    reword()
    publishing.publish(wizard)
    walk(wizard, "yes")
    walk(wizard, "no")
    Choice.objects.filter(key="yes").delete()
    assert publish_page(wizard).context["impact"]["versions"] == [
        {"number": 1, "walks": 1, "broken": 1},
        {"number": 2, "walks": 2, "broken": 1},
    ]


def test_previews_are_not_walked_again(wizard):
    editor().post(url("preview", wizard.pk, "q"))
    assert Session.objects.exists()
    reword()
    assert publish_page(wizard).context["impact"]["walks"] == 0


def test_only_the_last_200_sessions_are_walked_again(wizard, monkeypatch):
    monkeypatch.setattr("wizards.publishing.impact.MAX_SESSIONS", 2)
    walk(wizard, "yes")
    for _ in range(2):
        walk(wizard, "no")
    retarget("yes", "human")
    impact = publish_page(wizard).context["impact"]
    assert (impact["walks"], impact["same"]) == (2, 2)


def test_a_log_that_is_broken_does_not_close_the_page(wizard):
    broken, _ = walk(wizard, "yes"), walk(wizard, "no")
    Event.objects.filter(session=broken, number=2).update(answer="nonsense")
    reword()
    impact = publish_page(wizard).context["impact"]
    assert (impact["walks"], impact["unread"]) == (1, 1)


def test_the_replay_takes_as_many_queries_for_many_sessions_and_versions_as_for_few(
    wizard, django_assert_max_num_queries
):
    for number in range(4):
        reword(title=f"Is it on {number}?")
        publishing.publish(wizard)
        for _ in range(3):
            walk(wizard, "yes")
    draft = publishing.compile_draft(wizard)
    publishing.document_of.cache_clear()
    with django_assert_max_num_queries(4):
        assert publishing_impact(wizard, draft)["walks"] == 12


def test_the_second_publisher_sees_who_was_first_and_keeps_the_note(wizard):
    reword()
    second = editor("second")
    seen = fingerprint(publish_page(wizard, second))
    post(wizard, client=editor("first"))
    reword(title="Is it off?")
    response = second.post(url("publish", wizard.pk), {"note": "My own words", "seen": seen})
    text = response.content.decode()
    assert response.status_code == 409
    assert "Version 2 was published by first meanwhile." in text
    assert "My own words" in text
    assert Version.objects.count() == 2


def test_after_a_refusal_the_editor_can_publish_the_current_draft(wizard):
    reword()
    client = editor()
    seen = fingerprint(publish_page(wizard, client))
    reword(title="Is it off?")
    impact = client.post(url("publish", wizard.pk), {"note": "Again", "seen": seen})
    assert "Somebody changed the draft meanwhile." in impact.content.decode()
    assert client.post(url("publish", wizard.pk), {"note": "Again", "seen": fingerprint(impact)}).status_code == 302


def test_a_session_under_way_keeps_its_version(wizard):
    session = walk(wizard)
    reword()
    post(wizard)
    session.refresh_from_db()
    assert session.version.number == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_concurrent_publications_one_is_refused():
    wizard = toy()
    first, second = (User.objects.create(username=name) for name in ("first", "second"))
    outcomes = []
    with racing(2) as race:
        for number in range(8):
            reword(title=f"Is it on {number}?")
            wizard.refresh_from_db()
            seen = publishing.draft_fingerprint(wizard, publishing.compile_draft(wizard))
            results = race(
                lambda seen=seen: publishing.publish(wizard, first, "One", seen),
                lambda seen=seen: publishing.publish(wizard, second, "Two", seen),
            )
            outcomes.append(sorted(type(result).__name__ for result in results))
    assert outcomes == [["StaleRevisionError", "tuple"]] * 8
    assert Version.objects.filter(wizard=wizard).count() == 9
