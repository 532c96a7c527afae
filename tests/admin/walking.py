"""Sessions and edges for the tests of editing and releases."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.urls import reverse

from wizards import journal
from wizards.models import Choice, Node, Session, Wizard

_VISITORS = count(1)


def walk(wizard: Wizard, *answers: str, symptom: str = "s") -> Session:
    """Return a new visitor's session of the current version, with these answers."""
    wizard.refresh_from_db()
    assert wizard.current
    session = journal.begin(wizard.current, symptom, f"visitor {next(_VISITORS)}")
    for answer in answers:
        session = journal.answer(Session.objects.filter(pk=session.pk), session.count, answer)
    return session


def retarget(choice: str, node: str) -> None:
    """Make a choice of the draft lead to another node."""
    Choice.objects.filter(key=choice).update(to=Node.objects.get(key=node))


def url(name: str, *arguments: Any) -> str:
    """Return the URL of a page of the wizards' admin."""
    return reverse(f"admin:wizards_wizard_{name}", args=arguments)
