"""Consistency checks behind `manage.py audit_log`: every session and version against the log. Reads only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.db.models import Count, F, Max, Min

from .. import analytics, flow, journal
from ..models import Event, Session, Version

# Columns of a session's row that repeat its log, so that a rebuild must give the same values.
DENORMALIZED_COLUMNS = (
    "symptom",
    "begun_at",
    "seen_at",
    "count",
    "status",
    "node",
    "cause",
    "step",
    "tried",
    "backs",
    "helps",
    "remarks",
)
CHUNK = 500


def find_violations() -> Iterator[str]:
    """Yield one line per violation: versions first, then sessions in order of creation, then tallies."""
    yield from _version_violations()
    yield from _numbering_violations()
    for session in Session.objects.order_by("pk").iterator(CHUNK):
        yield from _session_violations(session)
    yield from analytics.find_inconsistencies()


def _session_violations(session: Session) -> list[str]:
    """Re-read a session as long as it changes during the check; a session deleted meanwhile has no violations."""
    while violations := list(_compare_with_log(session)):
        row = Session.objects.filter(pk=session.pk).first()
        if row is None:
            return []
        if (row.count, row.seen_at) == (session.count, session.seen_at):
            return violations
        session = row
    return []


def _version_violations() -> Iterator[str]:
    for version in Version.objects.select_related("wizard").order_by("pk").iterator(CHUNK):
        name = f"version {version.wizard.slug} {f'v{version.number}' if version.number else 'preview'}"
        if hashlib.sha256(version.document.encode()).hexdigest() != version.content_hash:
            yield f"{name}: the document does not match its content hash"
        try:
            language = flow.Document.model_validate_json(version.document).language
        except ValueError as error:
            yield f"{name}: the document cannot be read: {_first_line(error)}"
            continue
        if version.language != language:
            yield f"{name}: its row says language is {version.language!r}, its document says {language!r}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _numbering_violations() -> Iterator[str]:
    """Yield the sessions whose events are not numbered 1..n without a gap."""
    counts = Event.objects.values("session__code").annotate(n=Count("pk"), first=Min("number"), last=Max("number"))
    for each in counts.exclude(first=1, last=F("n")).order_by("session__code"):
        yield (
            f"session {each['session__code']}: {each['n']} events are numbered {each['first']} to {each['last']},"
            " which leaves a gap"
        )


def _compare_with_log(session: Session) -> Iterator[str]:
    try:
        rebuilt = journal.rebuild_row(session)
    except flow.BrokenLogError as error:
        yield f"session {session.code}: {error}"
        return
    except (TypeError, ValueError) as error:
        yield f"session {session.code}: its log cannot be read: {_first_line(error)}"
        return
    for name in DENORMALIZED_COLUMNS:
        row, log = getattr(session, name), getattr(rebuilt, name)
        if row != log:
            yield f"session {session.code}: its row says {name} is {row!r}, its log says {log!r}"
    times = list(session.events.order_by("number").values_list("at", flat=True))
    if times != sorted(times):
        yield f"session {session.code}: an event is earlier than the one before it"
