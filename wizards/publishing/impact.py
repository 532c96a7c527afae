"""Replays the latest real sessions over a draft to see which would take another path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from .. import flow, publishing
from ..models import Session, Wizard

MAX_SESSIONS = 200


def publishing_impact(wizard: Wizard, draft: flow.Document) -> dict[str, Any]:
    """Replay the wizard's latest real sessions over the draft, in four queries.

    {walks, same, other, broken: counts; places: [{node, where, other, broken, share}], most affected first;
     versions: [{number, walks, broken}] with sessions that break off; unread: number of sessions with a broken log}
    """
    walks = latest_sessions(wizard)
    documents = publishing.documents_of(session.version_id for session in walks)
    fates = list(_fates(walks, documents, draft))
    counts = Counter(impact.fate for _, impact in fates)
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
    """Return up to MAX_SESSIONS sessions other than tests, latest first, with their events."""
    # A list instead of a subquery, so that the query planner knows how few there are.
    versions = list(wizard.versions.values_list("pk", flat=True))
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
    by_fate = Counter((impact.node, impact.fate) for _, impact in fates if impact.node)
    diverged = Counter(impact.node for _, impact in fates if impact.node)
    return [
        {
            "node": node if draft.node(node) else "",
            "where": _node_title(node, [draft, *older]),
            "other": by_fate[node, flow.Fate.OTHER],
            "broken": by_fate[node, flow.Fate.BROKEN],
            "share": round(100 * count / len(fates)),
        }
        for node, count in diverged.most_common()
    ]


def _versions(fates: Fates) -> list[dict[str, Any]]:
    walks = Counter(session.version.number for session, _ in fates)
    broken = Counter(session.version.number for session, impact in fates if impact.fate == flow.Fate.BROKEN)
    return [
        {"number": number, "walks": walks[number], "broken": count}
        for number, count in sorted(broken.items(), key=lambda each: each[0] or 0)
    ]


def _node_title(node: str, documents: Iterable[flow.Document]) -> str:
    """Return a node's title from the first document that has one, or its id."""
    nodes = (document.node(node) for document in documents)
    return next((each.title for each in nodes if each and each.title), node)
