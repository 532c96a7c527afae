"""The customer's forms: what they accept, how they refuse the rest, and how choices are laid out."""

import pytest
from django.core.exceptions import ValidationError
from django.template import Context, Template

from tests.reading import read
from wizards.customer.forms import FeedbackForm, RemarkForm
from wizards.presenters.forms import AnswerForm, ChoiceCard, SearchForm, validate_plain_text


def shown(form, **context):
    """Render a crispy form."""
    template = Template("{% load crispy_forms_tags %}{% crispy form %}")
    return read(template.render(Context({"form": form, **context})))


@pytest.mark.parametrize("words", ["", "plain", "größer 📷", "two\nlines\r\n\ttab", "\u202e", "\u200b", "e\u0301"])
def test_text_is_plain_text(words):
    validate_plain_text(words)


@pytest.mark.parametrize("words", ["\0", "a\x01", "\x1b[1m", "\x7f", "\x85", "\ud800", "ok\udfff"])
def test_control_characters_and_lone_surrogates_are_not(words):
    with pytest.raises(ValidationError, match="cannot be read"):
        validate_plain_text(words)


@pytest.mark.parametrize("data", [{}, {"words": ""}, {"words": "   "}])
def test_a_remark_may_be_empty(data):
    form = RemarkForm(data)
    assert form.is_valid()
    assert form.cleaned_data["words"] == ""


def test_a_remark_holds_two_thousand_characters_and_no_more():
    assert RemarkForm({"words": "ä" * 2000}).is_valid()
    form = RemarkForm({"words": "ä" * 2001})
    assert not form.is_valid()
    assert form.errors["words"] == ["Please use at most 2000 characters. Nothing you wrote is lost."]


def test_a_remarks_field_has_its_label_and_its_error():
    page = shown(RemarkForm({"words": "a" * 2001}))
    assert page.all("label", **{"for": "id_words"})
    assert page.all("textarea", id="id_words")
    assert "What do you see instead? (optional)" in page.text
    assert "at most 2000 characters" in page.text


@pytest.mark.parametrize("helped", ["yes", "no"])
def test_feedback_is_yes_or_no_with_optional_words(helped):
    form = FeedbackForm({"helped": helped})
    assert form.is_valid()
    assert form.cleaned_data == {"helped": helped, "words": ""}


@pytest.mark.parametrize("helped", ["", "Yes", "maybe", None])
def test_anything_else_is_asked_for_again(helped):
    form = FeedbackForm({} if helped is None else {"helped": helped})
    assert form.errors["helped"] == ["Please choose yes or no."]


def test_a_query_may_be_empty_and_has_at_most_two_hundred_characters():
    assert SearchForm({}).is_valid()
    assert SearchForm({"q": "a" * 200}).is_valid()
    assert not SearchForm({"q": "a" * 201}).is_valid()
    assert not SearchForm({"q": "a\x00b"}).is_valid()


CARDS = [
    ("a", ChoiceCard("First", reason="why", minutes=1, is_best=True)),
    ("b", ChoiceCard("Second", minutes=12, erases=True)),
]


def test_choices_are_radio_cards_in_one_group_with_the_heading_as_its_name():
    page = shown(AnswerForm("Which?", CARDS))
    (group,) = page.all("fieldset")
    assert group["aria-labelledby"] == "h"
    assert page.radios == ["a", "b"]
    assert page.checked == []
    assert [radio.get("id") for radio in page.all("input", type="radio")] == ["answer", None]


def test_a_card_says_what_is_known_of_it():
    page = shown(AnswerForm("Which?", CARDS))
    for words in ("First", "why", "about 1 minute", "Second", "about 12 minutes", "erases settings"):
        assert words in page.text
    assert page.text.count("Try this first") == 1
    assert page.text.index("Try this first") < page.text.index("Second")
    assert page.text.index("erases settings") > page.text.index("Second")


def test_the_answer_given_before_is_chosen():
    assert shown(AnswerForm("Which?", CARDS, answer="b")).checked == ["b"]


def test_an_answer_that_is_offered_no_more_chooses_nothing():
    assert shown(AnswerForm("Which?", CARDS, answer="gone")).checked == []


def test_labels_and_reasons_are_text():
    evil = "<script>alert(1)</script>"
    page = shown(AnswerForm(evil, [("a", ChoiceCard(evil, reason=evil))], answer=evil))
    assert page.inline == []
    assert page.text.count(evil) == 2


def test_the_choices_bring_no_form_and_no_token_of_their_own():
    page = shown(AnswerForm("Which?", CARDS))
    assert not page.all("form")
    assert not page.all("input", name="csrfmiddlewaretoken")
