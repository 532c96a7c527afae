"""What all editing forms share: an unchanged save changes nothing, Markdown is previewed, nothing is inline."""

import pytest

from tests.admin.forms.editing import Form, address, document, form
from tests.reading import read
from wizards.models import Node

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", ["q", "why", "fix", "ok"])
def test_saving_a_node_as_it_was_opened_changes_nothing(client, wizard, key):
    before = document(wizard)
    assert form(client, wizard, key).save().status_code == 302
    assert document(wizard) == before


def test_saving_a_wizard_as_it_was_opened_changes_nothing(client, wizard):
    before = document(wizard)
    assert Form(client, address(wizard)).save().status_code == 302
    assert document(wizard) == before


def test_markdown_is_shown_as_readers_will_see_it(client):
    answer = client.post("/admin/wizards/node/markdown/", {"text": "**bold** <script>x</script>"})
    assert answer.content.decode() == "<p><strong>bold</strong> &lt;script&gt;x&lt;/script&gt;</p>"


def test_markdown_is_shown_to_editors_only(client):
    user = client.get("/admin/").wsgi_request.user
    user.groups.clear()
    assert client.post("/admin/wizards/node/markdown/", {"text": "a"}).status_code == 403


def test_the_forms_have_no_inline_scripts_or_styles(client, wizard):
    rows = [wizard, *Node.objects.filter(wizard=wizard)]
    places = [place for row in rows for place in (address(row), address(row, "delete"))]
    assert len(places) == 12
    assert {place: read(client.get(place)).inline for place in places} == {place: [] for place in places}
