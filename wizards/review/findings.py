"""Commands on findings: open, change, close with the version that fixes it, reopen. The only writer of these rows."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from .. import locking
from ..models import Finding, Session, Version, Wizard


def open_finding(wizard: Wizard, place: tuple[str, ...], author: User, note: str, assignee: User | None) -> Finding:
    """Open a finding about a stuck point: the page at a place, which is a node, a cause and a step."""
    node, cause, step = place
    return Finding.objects.create(
        wizard=wizard, node=node, cause=cause, step=step, author=author, note=note, assignee=assignee
    )


def open_session_finding(session: Session, author: User, note: str, assignee: User | None) -> Finding:
    """Open a finding about a session, and with it about the page where the session is."""
    return Finding.objects.create(
        wizard=session.version.wizard,
        session=session,
        node=session.node,
        cause=session.cause,
        step=session.step,
        author=author,
        note=note,
        assignee=assignee,
    )


def change(finding: Finding, revision: int | None, note: str, assignee: User | None) -> Finding:
    """Change a finding's note and assignee; raise StaleRevisionError unless `revision` is current."""
    return _save(finding, revision, note=note, assignee=assignee)


def close(finding: Finding, revision: int | None, closing_note: str, mended_by: Version | None) -> Finding:
    """Close a finding, by a version if any; raise StaleRevisionError unless `revision` is current."""
    return _save(finding, revision, closing_note=closing_note, mended_by=mended_by, closed_at=timezone.now())


def reopen(finding: Finding, revision: int | None) -> Finding:
    """Reopen a finding, its closing note kept; raise StaleRevisionError unless `revision` is current."""
    return _save(finding, revision, closed_at=None, mended_by=None)


@transaction.atomic
def _save(finding: Finding, revision: int | None, **values: object) -> Finding:
    locking.claim_revision(finding, revision)
    saved = Finding.objects.get(pk=finding.pk)
    for name, value in values.items():
        setattr(saved, name, value)
    saved.save(update_fields=[*values])
    return saved
