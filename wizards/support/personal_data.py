"""What is personal about a case: looked up when a message is sent, and only where the settings want it in there."""

from __future__ import annotations

from ..models import Call, Case
from .transcript import storable


def personal_data_of(case: Case) -> dict[str, str]:
    """Return how to reach the customer, what they and the agent wrote, and who called; empty where nothing is there."""
    caller = Call.objects.filter(session=case.session_id).values_list("caller", flat=True).first()
    known = {"contact": case.contact, "words": case.words, "caller": caller or "", "other": case.other}
    return {name: storable(text) for name, text in known.items()}
