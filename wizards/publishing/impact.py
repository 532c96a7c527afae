"""What a draft would have meant for the walks that people really took last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from .. import flow, publishing
from ..models import Session, Wizard

MAX_SESSIONS = 200


def publishing_impact(wizard: Wizard, draft: flow.Document) -> dict[str, Any]:
    """Return what the draft would have meant for the last real sessions of the wizard, in four queries.

    {walks, same, other, broken: counts; places: [{node, where, other, broken, share}], most first;
     versions: [{number, walks, broken}] of those with walks that break off; unread: walks whose logs are broken}
    """
    walks = latest_sessions(wizard)
    documents = publishing.documents_of(session.version_id for session in walks)
    fates = list(_fates(walks, documents, draft))
    counts = Counter(rerun.fate for _, rerun in fates)
    return {
        "walks": len(fates),
        "unread": len(walks) - len(fates),
        "same": counts[flow.Fate.SAME],
        "other": counts[flow.Fate.OTHER],
        "broken": counts[flow.Fate.BROKEN],
        "places": _places(fates, draft, documents.values()),
        "versions": _versions(fates),
    }


def latest_sessions(wizard: Wizard) -> list[Session]:
    """Return the wizard's last sessions that were no tests, latest first, with their events."""
    versions = list(wizard.versions.values_list("pk", flat=True))  # named, so that the database knows how few there are
    real = Session.objects.filter(version__in=versions).exclude(channel=Session.Channel.TEST)
    latest = real.select_related("version").defer("version__document").order_by("-seen_at")[:MAX_SESSIONS]
    return list(latest.prefetch_related("events"))


Fates = list[tuple[Session, flow.ReplayImpact]]


def _fates(
    walks: Iterable[Session], documents: dict[int, flow.Document], draft: flow.Document
) -> Iterator[tuple[Session, flow.ReplayImpact]]:
    for session in walks:
        rows = sorted(session.events.all(), key=lambda row: row.number)
        try:
            history = flow.History(documents[session.version_id], [row.event for row in rows])
        except flow.BrokenLogError:
            continue
        yield session, flow.replay_against(history, draft)


def _places(fates: Fates, draft: flow.Document, older: Iterable[flow.Document]) -> list[dict[str, Any]]:
    at = Counter((rerun.node, rerun.fate) for _, rerun in fates if rerun.node)
    parted = Counter(rerun.node for _, rerun in fates if rerun.node)
    return [
        {
            "node": node if draft.node(node) else "",
            "where": _title(node, [draft, *older]),
            "other": at[node, flow.Fate.OTHER],
            "broken": at[node, flow.Fate.BROKEN],
            "share": round(100 * count / len(fates)),
        }
        for node, count in parted.most_common()
    ]


def _versions(fates: Fates) -> list[dict[str, Any]]:
    walks = Counter(session.version.number for session, _ in fates)
    broken = Counter(session.version.number for session, rerun in fates if rerun.fate == flow.Fate.BROKEN)
    return [
        {"number": number, "walks": walks[number], "broken": count}
        for number, count in sorted(broken.items(), key=lambda each: each[0] or 0)
    ]


def _title(node: str, documents: Iterable[flow.Document]) -> str:
    """Return a node's title in the first of the documents that has it, or its id."""
    found = (document.node(node) for document in documents)
    return next((each.title for each in found if each and each.title), node)
