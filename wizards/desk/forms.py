"""The agents' forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet

from ..presenters.forms import MAX_QUERY, MAX_WORDS, WordsForm
from ..support import calls

MAX_CALLER = 200
MAX_CODE = 60  # leaves room for any spaces and hyphens

TOO_LONG = "Please use at most {} characters."


class CallerForm(forms.Form):
    """Who is calling, in free text: a name, a number, a customer's reference."""

    caller = forms.CharField(
        required=False, max_length=MAX_CALLER, error_messages={"max_length": TOO_LONG.format(MAX_CALLER)}
    )


class BeginForm(CallerForm):
    """The symptom to begin with: `way` is "slug/symptom". `once` is the form's token, which detects a double submit."""

    way = forms.RegexField(r"^[\w-]+/[\w-]+$", error_messages={"required": "", "invalid": ""})
    once = forms.CharField(required=False, max_length=100)
    q = forms.CharField(required=False, max_length=MAX_QUERY)


class JoinCodeForm(forms.Form):
    """The code that a customer reads out to the agent."""

    code = forms.CharField(max_length=MAX_CODE, required=False)


class NoteForm(WordsForm):
    """An agent's note on page `number`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["words"].required = True
        self.fields["words"].error_messages["required"] = "The note is empty. Type it, then save."

    number = forms.IntegerField(min_value=1)


class PassForm(forms.Form):
    """The colleague to pass a call to."""

    to = forms.ModelChoiceField(
        queryset=User.objects.none(),
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose a colleague who takes calls."),
    )

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        colleagues: QuerySet[User] = calls.colleagues(user)
        self.fields["to"].queryset = colleagues  # type: ignore[attr-defined]  # of ModelChoiceField


class OpenCaseForm(forms.Form):
    """What an agent adds when sending a call to support."""

    contact = forms.CharField(
        max_length=200, error_messages={"required": "Enter a phone number or e-mail address for the caller."}
    )
    words = forms.CharField(required=False, max_length=MAX_WORDS)


class CloseCaseForm(forms.Form):
    """The resolution of a case: a cause as "node/cause" or free text, and whether the device works."""

    cause = forms.CharField(required=False, max_length=200)
    other = forms.CharField(required=False, max_length=MAX_WORDS)
    works = forms.ChoiceField(
        choices=[("yes", "Yes"), ("no", "No")],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Say whether the device works now."),
    )

    def clean(self) -> dict[str, Any]:
        """Require a cause or free text."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("cause") and not cleaned.get("other"):
            self.add_error("cause", "Choose the cause, or describe it.")
        return cleaned
