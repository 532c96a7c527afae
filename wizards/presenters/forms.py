"""Forms that several audiences share: a page's choices, optional words, a search."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.core.exceptions import ValidationError

MAX_WORDS = 2_000
MAX_QUERY = 200


@dataclass(frozen=True, slots=True)
class ChoiceCard:
    """A choice with its details: about how many `minutes` it takes, if it `erases`, if it `is_best` to try first."""

    label: str
    reason: str = ""
    minutes: int | None = None
    erases: bool = False
    is_best: bool = False

    def __str__(self) -> str:
        return self.label


def validate_plain_text(value: str) -> None:
    """Raise ValidationError for control characters and lone surrogates, which no database stores."""
    for character in value:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\r\n\t":
            raise ValidationError("Some characters cannot be read. Please type the words again.")


class AnswerForm(forms.Form):
    """The choices of one page as radio cards. `flow.transitions` decides which answers are legal."""

    answer = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, legend: str, cards: Iterable[tuple[str, ChoiceCard]], answer: str = "") -> None:
        super().__init__(initial={"answer": answer})
        field = cast(forms.ChoiceField, self.fields["answer"])
        field.label, field.choices = legend, list(cards)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(Field("answer", template="customer/session/_choices.html"))


class WordsForm(forms.Form):
    """Optional words."""

    words = forms.CharField(
        required=False,
        max_length=MAX_WORDS,
        validators=[validate_plain_text],
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": f"Please use at most {MAX_WORDS} characters. Nothing you wrote is lost."},
    )


class SearchForm(forms.Form):
    """A search for a symptom."""

    q = forms.CharField(required=False, max_length=MAX_QUERY, validators=[validate_plain_text])
