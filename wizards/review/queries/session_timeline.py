"""One session's walk: each page as it was shown in its version, what was answered there, and how long it took.

    log + document --replay--> SessionTimeline: a PageVisit for each page that the person came to, in order

A visit lasts from the event that led to a page until the event that led away from it. Remarks, requests for a person
and feedback are annotations of the visit that they are about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from ... import flow
from ...models import Event, Session, Words
from ...publishing import document_of
from ..formatting import format_duration
from ..labels import PlaceLabel, place_label

MOVE_KINDS = frozenset({flow.EventKind.BEGIN, flow.EventKind.ANSWER, flow.EventKind.BACK})


# Descriptions of annotations; CUSTOMER_TEXTS overrides them where the customer did it, not an agent.
ANNOTATION_TEXTS = {
    "remark": "Said that it looks different",
    "help": "Asked for a person",
    "feedback": "Wrote at the end",
    "note": "{by} noted",
    "join": "{by} joined",
    "part": "{by} left",
    "passed": "{by} passed it on",
}
CUSTOMER_TEXTS = {"part": "Asked the agent to leave"}
FEEDBACK_TEXTS = {"yes": "They said that it helped.", "no": "They said that it did not help."}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark, request or note. `words` are what was written, if they may be shown; `by` is the agent, if any."""

    kind: str
    at: datetime
    answer: str
    has_words: bool
    words: str
    by: str = ""

    @property
    def description(self) -> str:
        words = ANNOTATION_TEXTS[self.kind] if self.by else CUSTOMER_TEXTS.get(self.kind, ANNOTATION_TEXTS[self.kind])
        return words.format(by=self.by or "An agent")


@dataclass(slots=True)
class PageVisit:
    """One visit to a page: `number` is the page's number, `arrival` the kind of event that led there.

    is_first:          whether it is the first page of the session.
    answer_id, answer: the answer given, by id and as the person read it; empty if none was.
    by:                the agent who answered or went back; empty for the customer.
    seconds:           how long the visit lasted; None for the page that the session is at.
    """

    number: int
    arrival: str
    at: datetime
    position: flow.Position
    label: PlaceLabel
    outcome: str
    is_first: bool = False
    answer_id: str = ""
    answer: str = ""
    by: str = ""
    back_to: str = ""
    seconds: float | None = None
    annotations: list[Annotation] = field(default_factory=list)

    @property
    def is_break(self) -> bool:
        """Whether the session was abandoned here for so long that the time says nothing about the page."""
        return self.seconds is not None and self.seconds > settings.LEFT_AFTER.total_seconds()

    @property
    def duration(self) -> str:
        """Time of the visit in words; empty for the page that the session is at."""
        return "" if self.seconds is None else format_duration(self.seconds)

    @property
    def counted_time(self) -> str:
        """`duration`, but empty for a break."""
        return "" if self.is_break else self.duration

    @property
    def feedback(self) -> str:
        """Answer at the end to whether it helped: "yes", "no", or empty."""
        return next(
            (
                annotation.answer
                for annotation in reversed(self.annotations)
                if annotation.kind == flow.EventKind.FEEDBACK
            ),
            "",
        )

    @property
    def helped(self) -> str:
        """`feedback` as a sentence."""
        return FEEDBACK_TEXTS.get(self.feedback, "")


@dataclass(slots=True)
class SessionTimeline:
    """A session's walk. A broken log has no visits: `broken` says where it breaks, `events` are its raw rows."""

    session: Session
    document: flow.Document
    events: list[Event]
    visits: list[PageVisit] = field(default_factory=list)
    broken: str = ""
    words_count: int = 0

    @property
    def symptom(self) -> str:
        symptom = self.document.symptom(self.session.symptom)
        return symptom.label if symptom else self.session.symptom

    @property
    def seconds(self) -> float:
        """Time without breaks, as the figures count it."""
        return sum(visit.seconds or 0 for visit in self.visits if not visit.is_break)

    @property
    def duration(self) -> str:
        return format_duration(self.seconds)

    @property
    def breaks(self) -> list[PageVisit]:
        return [visit for visit in self.visits if visit.is_break]

    def visit_index(self, number: int) -> int:
        """Return the index in `visits` of page `number`. Raises IllegalMoveError if it was not reached."""
        if self.broken or not 1 <= number <= len(self.events):
            raise flow.IllegalMoveError("This page has not been reached.")
        return max(index for index, visit in enumerate(self.visits) if visit.number <= number)


def session_timeline(session: Session, with_words: bool = False) -> SessionTimeline:
    """Replay a session; what the person wrote is read only `with_words`. Two or three queries."""
    events = list(session.events.select_related("agent").order_by("number"))
    document = document_of(session.version_id)
    words = _words_by_number(session, with_words)
    try:
        history = flow.replay(document, [row.event for row in events])
        if not events:
            raise flow.BrokenLogError(1, "the log is empty")
    except flow.BrokenLogError as broken:
        return SessionTimeline(session, document, events, broken=str(broken), words_count=len(words))
    return SessionTimeline(session, document, events, _visits(history, events, words), words_count=len(words))


def position_label(document: flow.Document, position: flow.Position) -> PlaceLabel:
    """Label the page at a position in its version; by its id if the version has no such page."""
    label = place_label(document, position.node, position.cause, position.step)
    return label or PlaceLabel(position.step or position.node, "Unknown place", "")


def _words_by_number(session: Session, with_words: bool) -> Mapping[int, str]:
    """Map the numbers of events with words to the words; to empty strings unless `with_words`."""
    words = Words.objects.filter(event__session=session)
    if with_words:
        return dict(words.values_list("event__number", "text"))
    return dict.fromkeys(words.values_list("event__number", flat=True), "")


def _visits(history: flow.History, events: Sequence[Event], words: Mapping[int, str]) -> list[PageVisit]:
    visits: list[PageVisit] = []
    latest: dict[int, PageVisit] = {}  # origin -> latest visit to a page of this origin
    for row, page in zip(events, history.pages, strict=True):
        kind = flow.EventKind(row.kind)
        if kind in MOVE_KINDS:
            visit = _visit(history.document, row, page)
            if visits:
                _leave(history.document, visits[-1], row, visit)
            visits.append(visit)
            latest[page.origin] = visit
        elif kind != flow.EventKind.END:
            visit = latest[history.page(row.to or 0).origin]
            text = words.get(row.number, "")
            visit.annotations.append(Annotation(kind, row.at, row.answer, row.number in words, text, agent_name(row)))
    return visits


def _visit(document: flow.Document, row: Event, page: flow.Page) -> PageVisit:
    position = page.position
    return PageVisit(
        row.number,
        row.kind,
        row.at,
        position,
        position_label(document, position),
        flow.outcome(document, position),
        is_first=not page.previous,
    )


def agent_name(row: Event) -> str:
    """Name the agent who caused an event; empty for the customer."""
    if row.actor != Event.Actor.AGENT:
        return ""
    return row.agent.get_full_name() or row.agent.get_username() if row.agent else "An agent"


def _leave(document: flow.Document, visit: PageVisit, row: Event, destination: PageVisit) -> None:
    visit.seconds, visit.by = (row.at - visit.at).total_seconds(), agent_name(row)
    if row.kind == flow.EventKind.BACK:
        visit.back_to = destination.label.title
    else:
        visit.answer_id = row.answer
        visit.answer = flow.node_at(document, visit.position).wording(document, visit.position, row.answer)
