"""The personal data of a case. It is looked up when a message is sent, and only if the settings include it."""

from __future__ import annotations

from ..models import Call, Case
from .transcript import storable


def personal_data_of(case: Case) -> dict[str, str]:
    """Return contact, words, caller and the agent's closing words, under the names that messages use."""
    caller = Call.objects.filter(session=case.session_id).values_list("caller", flat=True).first()
    texts = {"contact": case.contact, "words": case.words, "caller": caller or "", "other": case.other}
    return {name: storable(text) for name, text in texts.items()}
