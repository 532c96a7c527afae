"""Forms of the queue of findings."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.models import User

from ..models import Version
from ..presenters.forms import validate_plain_text
from .queries.findings import reviewers

MAX_NOTE_LENGTH = 2_000


def note_field(label: str, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=MAX_NOTE_LENGTH,
        validators=[validate_plain_text],
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write a line, so that others know what this is about."},
    )


class PersonField(forms.ModelChoiceField):
    """A choice of people by their full names."""

    def label_from_instance(self, obj: User) -> str:
        return obj.get_full_name() or obj.get_username()


class NoteForm(forms.Form):
    """What to look at, and who does it."""

    note = note_field("What to look at")
    assignee = PersonField(label="Assigned to", queryset=User.objects.none(), required=False, empty_label="Nobody yet")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        cast(PersonField, self.fields["assignee"]).queryset = reviewers()


class CloseForm(forms.Form):
    """How a finding was resolved."""

    version = forms.TypedChoiceField(label="Fixed in", required=False, coerce=int, empty_value=None)
    closing_note = note_field("What was done", required=False)

    def __init__(self, versions: list[Version], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(version.number, f"Version {version.number}") for version in versions]
        cast(forms.ChoiceField, self.fields["version"]).choices = [("", "No version: nothing to fix"), *choices]
