"""Findings: what reviewers take up, assign, and close with the version that mends it. The only writer of these rows."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from ..models import Finding, Session, Version, Wizard


class Outdated(Exception):
    """Somebody else saved the finding meanwhile; nothing was changed."""


def open_finding(wizard: Wizard, place: tuple[str, ...], author: User, note: str, assignee: User | None) -> Finding:
    """Take up a stuck point of a wizard: the page at a place, which is a node, a cause and a step."""
    node, cause, step = place
    return Finding.objects.create(
        wizard=wizard, node=node, cause=cause, step=step, author=author, note=note, assignee=assignee
    )


def open_session_finding(session: Session, author: User, note: str, assignee: User | None) -> Finding:
    """Take up a session, and with it the page at which it stands."""
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


def change(finding: Finding, revision: int, note: str, assignee: User | None) -> Finding:
    """Change a finding's note and who looks after it; raise Outdated unless `revision` is its newest."""
    return _save(finding, revision, note=note, assignee=assignee)


def close(finding: Finding, revision: int, closing_note: str, mended_by: Version | None) -> Finding:
    """Close a finding with the version that mends it, if any; raise Outdated unless `revision` is its newest."""
    return _save(finding, revision, closing_note=closing_note, mended_by=mended_by, closed_at=timezone.now())


def reopen(finding: Finding, revision: int) -> Finding:
    """Open a finding again, its closing note kept; raise Outdated unless `revision` is its newest."""
    return _save(finding, revision, closed_at=None, mended_by=None)


@transaction.atomic
def _save(finding: Finding, revision: int, **values: object) -> Finding:
    newest = Finding.objects.select_for_update().get(pk=finding.pk)
    if newest.revision != revision:
        raise Outdated
    for name, value in values.items():
        setattr(newest, name, value)
    newest.revision += 1
    newest.save(update_fields=[*values, "revision"])
    return newest
