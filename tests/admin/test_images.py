"""Uploaded pictures: where each is used, missing ones, and that only unused ones are deleted."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.admin.forms.editing import address, editor, toy
from tests.admin.release.test_import_file import apply_import, upload
from tests.admin.walking import url
from tests.reading import read
from wizards import flow, publishing
from wizards.models import Picture, Procedure, Step, Wizard

pytestmark = pytest.mark.django_db

LIST = "/admin/wizards/picture/"
ABSENT = "up-0123456789abcdef"


def picture(number: int = 1) -> Picture:
    content = f"picture {number}".encode()
    return Picture.objects.create(name=Picture.name_of(content), content=content, width=60, height=40)


def show(name: str, key: str = "hold") -> None:
    """Make a step of the draft show a picture."""
    Step.objects.filter(procedure__key="press", key=key).update(picture=name, picture_alt="?")


def usage_counts() -> list[str]:
    return [each.used for each in editor().get(LIST).context["cl"].result_list]


def delete(row: Picture, client: Client | None = None):
    return (client or editor()).post(address(row, "delete"), {"post": "yes"})


def delete_in_bulk(*rows: Picture):
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    return editor().post(LIST, chosen)


# --- The list -----------------------------------------------------------------------------------------------------


def test_the_list_says_in_how_many_steps_and_versions_a_picture_is_used():
    toy()
    row = picture()
    assert usage_counts() == [0]
    show(row.name)
    show(row.name, "release")
    assert usage_counts() == [2]
    publishing.publish(Wizard.objects.get())
    assert usage_counts() == [3]
    assert "3 places" in read(editor().get(LIST)).text


def test_a_pictures_page_names_the_steps_and_versions():
    toy()
    row = picture()
    show(row.name)
    publishing.publish(Wizard.objects.get())
    page = read(editor().get(address(row)))
    assert "Toy v2" in page.text
    assert address(Procedure.objects.get(key="press")) in page.links
    assert page.all("img", src=row.url)


def test_the_list_asks_as_often_for_many_pictures_as_for_one():
    toy()
    asked = []
    for many in (range(1), range(1, 30)):
        for number in many:
            show(picture(number).name)
        client = editor()
        client.get(LIST)
        with CaptureQueriesContext(connection) as done:
            client.get(LIST)
        asked.append([each["sql"] for each in done])
    assert len(asked[0]) == len(asked[1])
    assert not any('"wizards_picture"."content",' in sql for sql in asked[1]), "the pictures themselves are read"


def test_pictures_are_neither_added_nor_changed_there():
    row = picture()
    assert editor().get(f"{LIST}add/").status_code == 403
    assert editor().post(address(row), {"name": "lights"}).status_code == 403


@pytest.mark.parametrize("group", ["agents", "reviewers"])
def test_nobody_but_editors_sees_or_deletes_them(group):
    user = User.objects.create_user("someone", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client, row = Client(), picture()
    client.force_login(user)
    assert client.get(LIST).status_code == 403
    assert delete(row, client).status_code == 403
    assert Picture.objects.exists()


# --- Deleting -----------------------------------------------------------------------------------------------------


def test_a_picture_that_nothing_uses_is_deleted():
    toy()
    delete(picture())
    delete_in_bulk(picture(2), picture(3))
    assert not Picture.objects.exists()


def in_a_draft(row: Picture) -> None:
    show(row.name)


def in_an_old_version(row: Picture) -> None:
    show(row.name)
    publishing.publish(Wizard.objects.get())
    show("")
    publishing.publish(Wizard.objects.get())


def in_a_preview(row: Picture) -> None:
    show(row.name)
    publishing.create_preview(Wizard.objects.get(), "fix")
    show("")


def in_an_unused_procedure(row: Picture) -> None:
    Procedure.objects.create(key="spare").steps.create(key="one", picture=row.name)


@pytest.mark.parametrize("use", [in_a_draft, in_an_old_version, in_a_preview, in_an_unused_procedure])
def test_a_picture_in_use_is_not_deleted(use):
    toy()
    row = picture()
    use(row)
    page = read(editor().get(address(row, "delete")))
    assert "in use" in page.text
    assert address(row) in page.links
    delete(row)
    delete_in_bulk(row)
    assert Picture.objects.get() == row


def test_a_picture_in_use_prevents_the_whole_bulk_deletion():
    toy()
    rows = [picture(1), picture(2)]
    show(rows[0].name)
    assert f"{rows[0].name} is used in 1 place" in read(delete_in_bulk(*rows)).text
    assert Picture.objects.count() == 2


# --- Pictures that are not here -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [ABSENT, "no-such-drawing"])
@pytest.mark.parametrize("page", ["check", "publish"])
def test_a_missing_picture_is_a_warning(name, page):
    wizard = toy()
    show(name)
    found = editor().get(url(page, wizard.pk)).context
    (warning,) = [each for each in found["warnings"] if "picture" in each["message"]]
    assert name in warning["message"]
    assert warning["where"] == "procedure “Procedure press” › step “Step hold”"
    assert warning["url"].startswith(address(Procedure.objects.get(key="press")))
    assert warning["url"].endswith("#id_steps-0-picture_alt")
    assert found["errors"] == []


def test_existing_pictures_are_no_warning():
    wizard = toy()
    show(picture().name)
    show("lights", "release")
    page = editor().get(url("check", wizard.pk))
    assert page.status_code == 200
    assert "pict" not in "".join(each["message"] for each in page.context["warnings"])


def test_the_list_of_wizards_counts_the_warning():
    toy()
    before = read(editor().get("/admin/wizards/wizard/")).text
    show(ABSENT)
    assert "2 warnings" in read(editor().get("/admin/wizards/wizard/")).text
    assert "2 warnings" not in before


def test_an_import_names_the_missing_pictures():
    wizard = toy()
    here = picture()
    show(here.name)
    show(ABSENT, "release")
    document = publishing.compile_draft(wizard)
    show("")
    show("", "release")
    proposal = upload(editor(), document)
    assert len(proposal.context["changes"]) == 2
    assert f"not on this site: {ABSENT}." in read(proposal).text


def test_an_import_without_missing_pictures_has_no_warning():
    proposal = upload(editor(), publishing.compile_draft(toy()))
    assert "not on this site" not in read(proposal).text


def test_a_file_with_a_missing_picture_can_be_imported_and_published():
    wizard, client = toy(), editor()
    show(ABSENT)
    document = publishing.compile_draft(wizard)
    show("")
    response = client.get(apply_import(client, upload(client, document)).url)
    assert publishing.compile_draft(Wizard.objects.get()) == document
    assert [each for each in response.context["warnings"] if ABSENT in each["message"]]
    assert publishing.publish(wizard)[1]


def test_load_wizards_names_the_missing_pictures(tmp_path, capsys):
    wizard = toy()
    show(ABSENT)
    file = tmp_path / "toy.yaml"
    file.write_text(flow.dump_document(publishing.compile_draft(wizard), "yaml"))
    call_command("load_wizards", file)
    output = capsys.readouterr()
    assert output.err == f"toy: the picture “{ABSENT}” is missing; its step is shown without it\n"
    assert "published as version 2" in output.out


def test_a_step_with_a_missing_picture_is_shown_without_it():
    wizard = toy()
    show(ABSENT)
    publishing.publish(wizard)
    client = Client()
    place = client.post("/begin/toy/s/").url
    for answer in ("no", "loose"):
        place = client.post(place, {"answer": answer}).url
    assert not read(client.get(place)).all("img")
