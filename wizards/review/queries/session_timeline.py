"""One session's whole walk: each page as it was shown in its version, what was answered there, and how long it took.

    log + document --replay--> Walk: a Stay for each page that the person came to, in order

A stay lasts from the event that led to a page until the event that led away from it. Remarks, requests for a person
and feedback stand at the stay that they are about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from ... import flow
from ...models import Event, Session, Words
from ...publishing import document_of
from ..labels import PlaceLabel, format_seconds, place_label

MOVE_KINDS = frozenset({flow.EventKind.BEGIN, flow.EventKind.ANSWER, flow.EventKind.BACK})
DAY = 24 * 60 * 60  # seconds


# What was said beside the way, in words; and where the customer, and no agent, did it.
WRITTEN_KINDS = {
    "remark": "Said that it looks different",
    "help": "Asked for a person",
    "feedback": "Wrote at the end",
    "note": "{by} noted",
    "join": "{by} joined",
    "part": "{by} left",
    "passed": "{by} passed it on",
}
OWNERSHIP_KINDS = {"part": "Asked the agent to leave"}
HELPED = {"yes": "They said that it helped.", "no": "They said that it did not help."}


@dataclass(frozen=True, slots=True)
class Annotation:
    """What was said beside the way. `words` are what was written, where they may be shown; `by` the agent, if any."""

    kind: str
    at: datetime
    answer: str
    has_words: bool
    words: str
    by: str = ""

    @property
    def told(self) -> str:
        """What happened, in words."""
        words = WRITTEN_KINDS[self.kind] if self.by else OWNERSHIP_KINDS.get(self.kind, WRITTEN_KINDS[self.kind])
        return words.format(by=self.by or "An agent")


@dataclass(slots=True)
class PageVisit:
    """One page to which the person came: `number` is its number, `came` the kind of event that led there.

    first:         whether no page was before it.
    given, answer: what was answered on it (the answer's id, and as the person read it); empty where nothing was.
    by:            the agent who answered it, or went back; empty for the customer.
    seconds:       how long they were there; None for the page at which the session stands.
    """

    number: int
    came: str
    at: datetime
    position: flow.Position
    place: PlaceLabel
    outcome: str
    first: bool = False
    given: str = ""
    answer: str = ""
    by: str = ""
    back_to: str = ""
    seconds: float | None = None
    notes: list[Annotation] = field(default_factory=list)

    @property
    def is_break(self) -> bool:
        """Whether the session was left here for so long that the time tells nothing about the page."""
        return self.seconds is not None and self.seconds > settings.LEFT_AFTER.total_seconds()

    @property
    def took(self) -> str:
        """How long they were there, in words; empty for the page at which the session stands."""
        return "" if self.seconds is None else format_duration(self.seconds)

    @property
    def counted(self) -> str:
        """The same where it tells something about the page; empty for a break, too."""
        return "" if self.is_break else self.took

    @property
    def feedback(self) -> str:
        """What the person said at the end about whether it helped: "yes", "no", or an empty string."""
        return next((note.answer for note in reversed(self.notes) if note.kind == flow.EventKind.FEEDBACK), "")

    @property
    def helped(self) -> str:
        """The same as a sentence; empty where they said nothing."""
        return HELPED.get(self.feedback, "")


@dataclass(slots=True)
class SessionTimeline:
    """A session's walk. A broken log has no stays: `broken` says where it breaks, and `rows` holds it as it is."""

    session: Session
    document: flow.Document
    rows: list[Event]
    stays: list[PageVisit] = field(default_factory=list)
    broken: str = ""
    words: int = 0

    @property
    def symptom(self) -> str:
        """What the person said was wrong."""
        symptom = self.document.symptom(self.session.symptom)
        return symptom.label if symptom else self.session.symptom

    @property
    def seconds(self) -> float:
        """How long it took without the breaks: the time that counts in the figures."""
        return sum(stay.seconds or 0 for stay in self.stays if not stay.is_break)

    @property
    def took(self) -> str:
        """The same in words."""
        return format_duration(self.seconds)

    @property
    def breaks(self) -> list[PageVisit]:
        """The pages on which the session was left for a while."""
        return [stay for stay in self.stays if stay.is_break]

    def at(self, number: int) -> int:
        """Return the index in `stays` of page `number`; raise IllegalMoveError if there is none."""
        if self.broken or not 1 <= number <= len(self.rows):
            raise flow.IllegalMoveError("This page has not been reached.")
        return max(place for place, stay in enumerate(self.stays) if stay.number <= number)


def session_timeline(session: Session, with_words: bool = False) -> SessionTimeline:
    """Return the walk of a session; what the person wrote is read only `with_words`. Two or three queries."""
    rows = list(session.events.select_related("agent").order_by("number"))
    document = document_of(session.version_id)
    words = _words(session, with_words)
    try:
        history = flow.replay(document, [row.event for row in rows])
        if not rows:
            raise flow.BrokenLogError(1, "the log is empty")
    except flow.BrokenLogError as broken:
        return SessionTimeline(session, document, rows, broken=str(broken), words=len(words))
    return SessionTimeline(session, document, rows, _stays(history, rows, words), words=len(words))


def position_label(document: flow.Document, position: flow.Position) -> PlaceLabel:
    """Return what the page at a position is called in its version.

    What a version has not is named by its id: a row may say anything.
    """
    known = place_label(document, position.node, position.cause, position.step)
    return known or PlaceLabel(position.step or position.node, "Unknown place", "")


def format_duration(seconds: float) -> str:
    """Return a length of time in at most two units: "8 s", "2 min 5 s", "3 h 20 min", "2 days 4 h"."""
    days, rest = divmod(max(0, round(seconds)), DAY)
    if not days:
        return format_seconds(rest)
    hours = rest // 3600
    return f"{days} day{'' if days == 1 else 's'}" + (f" {hours} h" if hours else "")


def _words(session: Session, with_words: bool) -> Mapping[int, str]:
    """Return the numbers of the events that came with words; the words themselves only where they are asked for."""
    words = Words.objects.filter(event__session=session)
    if with_words:
        return dict(words.values_list("event__number", "text"))
    return dict.fromkeys(words.values_list("event__number", flat=True), "")


def _stays(history: flow.History, rows: Sequence[Event], words: Mapping[int, str]) -> list[PageVisit]:
    stays: list[PageVisit] = []
    latest: dict[int, PageVisit] = {}  # origin -> the last stay on a page of this origin
    for row, page in zip(rows, history.pages, strict=True):
        kind = flow.EventKind(row.kind)
        if kind in MOVE_KINDS:
            stay = _stay(history.document, row, page)
            if stays:
                _leave(history.document, stays[-1], row, stay)
            stays.append(stay)
            latest[page.origin] = stay
        elif kind != flow.EventKind.END:
            about = latest[history.page(row.to or 0).origin]
            said = words.get(row.number, "")
            about.notes.append(Annotation(kind, row.at, row.answer, row.number in words, said, agent_of(row)))
    return stays


def _stay(document: flow.Document, row: Event, page: flow.Page) -> PageVisit:
    position = page.position
    return PageVisit(
        row.number,
        row.kind,
        row.at,
        position,
        position_label(document, position),
        flow.outcome(document, position),
        first=not page.previous,
    )


def agent_of(row: Event) -> str:
    """Return what the agent is called who did something; empty for the customer."""
    if row.actor != Event.Actor.AGENT:
        return ""
    return row.agent.get_full_name() or row.agent.get_username() if row.agent else "An agent"


def _leave(document: flow.Document, stay: PageVisit, row: Event, to: PageVisit) -> None:
    stay.seconds, stay.by = (row.at - stay.at).total_seconds(), agent_of(row)
    if row.kind == flow.EventKind.BACK:
        stay.back_to = to.place.title
    else:
        stay.given = row.answer
        stay.answer = flow.node_at(document, stay.position).wording(document, stay.position, row.answer)
