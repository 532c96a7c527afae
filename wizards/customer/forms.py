"""The customer's forms."""

from __future__ import annotations

import re
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from ..presenters.forms import WordsForm, validate_plain_text

MAX_CONTACT = 200
MIN_DIGITS = 5  # of a telephone number
CONTACT_REQUIRED = "Please give an e-mail address or a phone number."
INVALID_EMAIL = "Please check the e-mail address. It looks like name@example.org."


def is_reachable(contact: str) -> bool:
    """Return whether a contact has an @ inside a word, or enough digits to call."""
    digits = sum(character.isdecimal() for character in contact)
    return digits >= MIN_DIGITS or re.search(r"\S@\S", contact) is not None


class RemarkForm(WordsForm):
    """How the device differs from what the page says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = "What do you see instead? (optional)"
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True


class FeedbackForm(WordsForm):
    """Whether it helped, with optional words."""

    helped = forms.ChoiceField(
        choices=[("yes", "Yes"), ("no", "No")],
        error_messages={"required": "Please choose yes or no.", "invalid_choice": "Please choose yes or no."},
    )


class CaseForm(WordsForm):
    """How support can reach the customer, and what they add."""

    contact = forms.CharField(
        label="How can we reach you?",
        required=False,  # checked below: labels mark what is optional, so nothing needs an asterisk
        help_text="A telephone number or an e-mail address.",
        max_length=MAX_CONTACT,
        validators=[validate_plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "email"}),
        error_messages={
            "max_length": f"Please use at most {MAX_CONTACT} characters. Nothing you wrote is lost.",
        },
    )
    field_order = ("contact", "words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = "What should we know? (optional)"
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def clean_contact(self) -> str:
        """Put the contact on one line; refuse a mistyped e-mail address, and what is neither address nor number."""
        contact = " ".join(str(self.cleaned_data["contact"]).split())
        if "@" in contact and " " not in contact:
            EmailValidator(INVALID_EMAIL)(contact)
        elif not is_reachable(contact):
            raise ValidationError(CONTACT_REQUIRED)
        return contact


class FollowUpForm(forms.Form):
    """The customer's answer about a closed case, with the code from the mail."""

    secret = forms.CharField(
        label="The code from our mail",
        required=False,
        max_length=100,
        validators=[validate_plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"max_length": "That code is too long."},
    )
    said = forms.ChoiceField(
        choices=[("works", "It still works"), ("back", "It came back")],
        error_messages={
            "required": "Please choose one of the two answers.",
            "invalid_choice": "Please choose one of the two answers.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout("secret")

    def clean_secret(self) -> str:
        if not self.cleaned_data["secret"]:
            raise ValidationError("Please type the code from our mail.")
        return str(self.cleaned_data["secret"])


class DeviceCodeForm(forms.Form):
    """The code that the customer's other device shows."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        validators=[validate_plain_text],
        error_messages={"required": "Type the code that the other device shows."},
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "one-time-code", "autocapitalize": "characters"}
        ),
    )
