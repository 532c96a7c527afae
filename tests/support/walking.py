"""Unsolved sessions and their cases, for tests."""

from __future__ import annotations

from typing import Any
from unittest import mock

from tests.visitor import Visitor, publish
from wizards.management.commands.run_deliveries import Command
from wizards.models import Case, Delivery, Session, Webhook
from wizards.support import cases

CONTACT = "anna@example.org"
WORDS = "The light blinks red."
SECRET = "whsec_" + "c2VjcmV0" * 5


def stranded(**changes: Any) -> Visitor:
    """Return a visitor at the toy's unsolved outcome."""
    publish(**changes)
    visitor = Visitor().begin().walk("list", "old", "confirm", "next", "failed", "none")
    assert visitor.session.status == "unsolved"
    return visitor


def opened(contact: str = CONTACT, words: str = WORDS, **changes: Any) -> Case:
    """Open a case for a stranded visitor."""
    visitor = stranded(**changes)
    return cases.open_case(Session.objects.filter(code=visitor.code), contact, words)


def webhook(url: str = "https://hooks.example.org/cases", **fields: Any) -> Webhook:
    return Webhook.objects.create(**{"name": "Tickets", "url": url, "secret": SECRET, **fields})


def work() -> None:
    """Send what is due, on the connection in whose transaction the test runs."""
    with mock.patch("django_tasks_db.management.commands.db_worker.close_old_connections"):
        Command().send_due()


def states() -> list[tuple[str, str, int]]:
    """Return (event, state, tries) of each delivery, oldest first."""
    return [(row.event, row.state, row.tries) for row in Delivery.objects.order_by("made_at", "pk")]
