"""Whatever a form accepts makes a document; the rest is refused at its field."""

import pytest

from tests.admin.forms.editing import Form, address, document, form
from wizards.models import Cause

pytestmark = pytest.mark.django_db

LONG = "\u0958" * 300  # 300 characters, and 600 once composed


@pytest.mark.parametrize("value", ["a\x07b", LONG, "x" * 301])
def test_a_line_that_makes_no_document_is_refused(client, wizard, value):
    page = form(client, wizard, "q")
    page["title"] = value
    assert page.save().status_code == 200
    page = form(client, wizard, "q")
    page["choices-0-label"] = value
    assert page.save().status_code == 200


@pytest.mark.parametrize("value", ["a\x07b", "\u0958" * 5000, "x" * 8001])
def test_a_text_that_makes_no_document_is_refused(client, wizard, value):
    page = form(client, wizard, "q")
    page["text"] = value
    assert page.save().status_code == 200


@pytest.mark.parametrize("value", ["two words", "a_b", "x" * 33, "\n".join(f"S{n}" for n in range(41))])
def test_sources_that_make_no_document_are_refused(client, wizard, value):
    page = form(client, wizard, "q")
    page["sources"] = value
    assert page.save().status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("symptoms-0-words", "\n".join(f"w{n}" for n in range(61))),
        ("symptoms-0-words", "x" * 301),
        ("symptoms-0-words", "a\x07"),
        ("language", "English"),
        ("language", ""),
    ],
)
def test_a_wizard_that_makes_no_document_is_refused(client, wizard, name, value):
    page = Form(client, address(wizard))
    page[name] = value
    assert page.save().status_code == 200


@pytest.mark.parametrize("key", ["a b", "ß", "-a", "x" * 33])
def test_a_fact_with_a_bad_key_is_refused(client, wizard, key):
    page = Form(client, address(wizard))
    page.add("sources", key=key, fact="So it is")
    assert page.save().status_code == 200


@pytest.mark.parametrize(("field", "value"), [("weight", 0), ("weight", 101), ("minutes", 0), ("minutes", 601)])
def test_a_number_beyond_its_limits_is_refused(client, wizard, field, value):
    page = form(client, wizard, "why")
    page[f"causes-0-{field}"] = value
    assert page.save().status_code == 200
    assert Cause.objects.filter(node__wizard=wizard, key="loose", weight=50, minutes=2).exists()


def test_text_with_every_line_end_is_saved_as_the_document_knows_it(client, wizard):
    page = form(client, wizard, "q")
    page["text"] = "one\r\n\r\ntwo\rthree"
    page.save()
    assert document(wizard).node("q").text == "one\n\ntwo\nthree"
