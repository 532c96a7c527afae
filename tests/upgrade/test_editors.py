"""Editors and reviewers go on with what they had begun: a preview, an import, a release, a finding."""

from __future__ import annotations

from django.core.management import call_command

from wizards.models import Finding, Session, Version, Wizard

from .browser import Browser


def current(slug: str) -> Version:
    return Wizard.objects.get(slug=slug).current


def test_a_preview_goes_on_from_its_open_page(site):
    edith = Browser.restored(site.told["preview"]["browser"])
    edith.press(answer="next")
    session = Session.objects.get(code=site.told["preview"]["code"])
    assert (session.channel, session.events.last().answer) == ("test", "next")
    assert "This is a preview of the draft." in edith.page["text"]


def test_a_release_is_published_by_the_form_that_stands_open(site):
    edith = site.staff("edith")
    edith.press(note="Asked in the past tense")
    assert edith.page["address"].endswith("/versions/")
    assert current("zosi-camera").number == site.told["wizards"]["zosi-camera"]["number"] + 1
    assert "How long did you press it?" in current("zosi-camera").document


def test_a_release_disturbs_nobody_who_is_in_the_middle_of_an_older_version(site):
    site.staff("edith").press(note="Asked in the past tense")
    browser = site.customer("a code for an agent")
    stood = browser.page["heading"]
    assert browser.open(browser.page["address"])["heading"] == stood == "How long did you hold the button?"


def test_a_file_that_was_shown_before_the_upgrade_is_taken_over_after_it(site):
    ezra = site.staff("ezra")
    ezra.press(take_over="yes")
    assert "now says what the file said" in ezra.page["text"]
    call_command("dump_wizard", "hikvision-watch-code")


def test_every_published_version_keeps_its_hash(site):
    found = {
        each.slug: {"number": each.current.number, "hash": each.current.content_hash}
        for each in Wizard.objects.select_related("current")
    }
    assert found == site.told["wizards"]


def test_what_yesterdays_site_exports_is_imported_as_what_it_is(site, tmp_path, capsys):
    for slug in ("hikvision-camera", "hikvision-watch-code"):  # the third has a draft that is not published yet
        call_command("dump_wizard", slug)
        (tmp_path / f"{slug}.yaml").write_text(capsys.readouterr().out)
    call_command("load_wizards", str(tmp_path))
    assert capsys.readouterr().out.count(": unchanged, version 2") == 2


def test_a_picture_that_an_editor_uploaded_is_served_at_its_address(site):
    answer = site.visit().get(site.told["picture"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    browser = site.customer("a picture")
    assert site.told["picture"] in browser.get(browser.page["address"]).content.decode()


def test_findings_are_listed_open_and_closed_with_the_version_that_mended_it(site):
    ravi = site.staff("ravi")
    text = ravi.open("/review/queue/")["text"]
    assert "Is this the first thing to ask?" in text
    assert "A good example." in text
    assert "Many people leave here." in ravi.open("/review/queue/?state=closed")["text"]
    assert Finding.objects.get(note="Many people leave here.").mended_by.number == 2


def test_a_reviewer_reads_a_session_and_what_was_written_in_it(site):
    ravi = site.staff("ravi")
    ravi.open(f"/review/sessions/{site.told['ended']['solved, and it helped']['code']}/")
    ravi.press(show="words")
    assert "It was in my made-up notebook." in ravi.page["text"]


def test_what_people_searched_for_is_listed(site):
    assert "the fridge hums" in site.staff("ravi").open("/review/searches/")["text"]
