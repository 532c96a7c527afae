"""The agents' forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet

from ..presenters.forms import MAX_QUERY, MAX_WORDS, WordsForm
from ..support import calls

MAX_CALLER = 200
MAX_CODE = 60  # however it was read out and typed

TOO_LONG = "Please use at most {} characters."


class CallerForm(forms.Form):
    """Who calls, in whatever characters: a name, a number, a customer's reference."""

    caller = forms.CharField(
        required=False, max_length=MAX_CALLER, error_messages={"max_length": TOO_LONG.format(MAX_CALLER)}
    )


class BeginForm(CallerForm):
    """Which symptom to begin by: `way` is the wizard's slug and the symptom's id; `once` names this very form."""

    way = forms.RegexField(r"^[\w-]+/[\w-]+$", error_messages={"required": "", "invalid": ""})
    once = forms.CharField(required=False, max_length=100)
    q = forms.CharField(required=False, max_length=MAX_QUERY)


class JoinCodeForm(forms.Form):
    """The code that a customer reads out."""

    code = forms.CharField(max_length=MAX_CODE, required=False)


class NoteForm(WordsForm):
    """What an agent notes on a page."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["words"].required = True
        self.fields["words"].error_messages["required"] = "There is nothing to note yet. Type it, then save."

    number = forms.IntegerField(min_value=1)


class PassForm(forms.Form):
    """To whom a call is passed."""

    to = forms.ModelChoiceField(
        queryset=User.objects.none(),
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose a colleague who takes calls."),
    )

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        chosen: QuerySet[User] = calls.colleagues(user)
        self.fields["to"].queryset = chosen  # type: ignore[attr-defined]  # of ModelChoiceField


class OpenForm(forms.Form):
    """What is sent to support about an unsolved call."""

    contact = forms.CharField(
        max_length=200, error_messages={"required": "Say how the caller can be reached: a number or an address."}
    )
    words = forms.CharField(required=False, max_length=MAX_WORDS)


class CloseForm(forms.Form):
    """What it was in the end: a cause as "node/cause", or something else in words; and whether the device works."""

    cause = forms.CharField(required=False, max_length=200)
    other = forms.CharField(required=False, max_length=MAX_WORDS)
    works = forms.ChoiceField(
        choices=[("yes", "Yes"), ("no", "No")],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Say whether the device works now."),
    )

    def clean(self) -> dict[str, Any]:
        """Hold that something says what it was."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("cause") and not cleaned.get("other"):
            self.add_error("cause", "Choose what it was, or say it in a few words.")
        return cleaned
