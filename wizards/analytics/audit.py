"""Whether the log keeps its promises: what `manage.py audit_log` asks of every session and version. Reads only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.db.models import Count, F, Max, Min

from .. import analytics, flow, journal
from ..models import Event, Session, Version

# What a session's row repeats from its log, and so must rebuild identically.
REPEATED = (
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
    """Yield one line for each broken promise, versions first, then sessions as they were made, then tallies."""
    yield from _versions()
    yield from _numbers()
    for session in Session.objects.order_by("pk").iterator(CHUNK):
        yield from _steadily(session)
    yield from analytics.find_inconsistencies()


def _steadily(session: Session) -> list[str]:
    """Return the broken promises of a session, read again for as long as somebody goes on with it, or it is gone."""
    while found := list(_session(session)):
        row = Session.objects.filter(pk=session.pk).first()
        if row is None:
            return []
        if (row.count, row.seen_at) == (session.count, session.seen_at):
            return found
        session = row
    return []


def _versions() -> Iterator[str]:
    for version in Version.objects.select_related("wizard").order_by("pk").iterator(CHUNK):
        name = f"version {version.wizard.slug} {f'v{version.number}' if version.number else 'preview'}"
        if hashlib.sha256(version.document.encode()).hexdigest() != version.content_hash:
            yield f"{name}: the document does not match its content hash"
        try:
            language = flow.Document.model_validate_json(version.document).language
        except ValueError as wrong:
            yield f"{name}: the document cannot be read: {_first_line(wrong)}"
            continue
        if version.language != language:
            yield f"{name}: its row says language is {version.language!r}, its document says {language!r}"


def _first_line(wrong: Exception) -> str:
    return str(wrong).partition("\n")[0]


def _numbers() -> Iterator[str]:
    """Yield the sessions whose events are not numbered 1..n without a gap."""
    counted = Event.objects.values("session__code").annotate(n=Count("pk"), first=Min("number"), last=Max("number"))
    for each in counted.exclude(first=1, last=F("n")).order_by("session__code"):
        yield (
            f"session {each['session__code']}: {each['n']} events are numbered {each['first']} to {each['last']},"
            " which leaves a gap"
        )


def _session(session: Session) -> Iterator[str]:
    try:
        again = journal.rebuild_row(session)
    except flow.BrokenLogError as broken:
        yield f"session {session.code}: {broken}"
        return
    except (TypeError, ValueError) as wrong:
        yield f"session {session.code}: its log cannot be read: {_first_line(wrong)}"
        return
    for name in REPEATED:
        row, log = getattr(session, name), getattr(again, name)
        if row != log:
            yield f"session {session.code}: its row says {name} is {row!r}, its log says {log!r}"
    times = list(session.events.order_by("number").values_list("at", flat=True))
    if times != sorted(times):
        yield f"session {session.code}: an event is earlier than the one before it"
