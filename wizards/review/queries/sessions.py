"""The list of sessions: the shared filter plus filters of its own, and keyset pagination.

query string --SessionsForm--> SessionFilter --matching_sessions--> query --list_sessions--> SessionListing: 50 rows
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import BigIntegerField, ExpressionWrapper, F, Func, IntegerField, Q, QuerySet

from helpdesk.parsing import parse_nonnegative_int

from ... import flow
from ...analytics import abandoned_since
from ...flow.kinds import Diagnosis
from ...models import CODE_ALPHABET, CODE_LENGTH, OPEN, Session, Version, format_code
from ...publishing import document_of, documents_of
from ..filters import Filter, FilterForm
from ..formatting import format_duration
from ..labels import PlaceLabel
from .session_timeline import position_label

PAGE_SIZE = 50
MAX_COUNTED = 1000  # above it, the list says "more than"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# A literal 0, no parameter: only then does SQLite use the partial index of sessions with a remark.
ZERO = Func(template="0", output_field=IntegerField())
NO_PART = "-"  # no cause (a diagnosis's list) or no step (a confirmation); no id looks like it
STATE_LABELS = {
    "solved": "Solved",
    "unsolved": "Handed to a person",
    "advice": "Ended with advice",
    "left": "Left",
    "still": "In progress",
}


@dataclass(frozen=True)
class SessionFilter(Filter):
    """The filter of the list of sessions. `cause` and `step` may be NO_PART."""

    status: str = ""
    node: str = ""
    cause: str = ""
    step: str = ""
    reference: str = ""
    agent: int | None = None
    remarked: bool = False
    helped: bool = False
    backed: bool = False

    def values(self) -> dict[str, str]:
        extra = {name: getattr(self, name) for name in EXTRA_FIELDS}
        return super().values() | {name: "on" if value is True else str(value or "") for name, value in extra.items()}


EXTRA_FIELDS = tuple(
    field.name for field in fields(SessionFilter) if field.name not in {each.name for each in fields(Filter)}
)


class SessionsForm(FilterForm):
    """The shared filter, and the fields that only the list of sessions has."""

    advanced = ("version", "channel", "language", "agent", "remarked", "helped", "backed")

    status = forms.ChoiceField(label="How it ended", required=False, choices=[("", "Any way"), *STATE_LABELS.items()])
    node = forms.ChoiceField(label="Current page", required=False)
    cause = forms.ChoiceField(label="Cause", required=False)
    step = forms.ChoiceField(label="Step", required=False)
    reference = forms.CharField(label="Reference", required=False, max_length=40)
    agent = forms.TypedChoiceField(label="Agent", required=False, coerce=int, empty_value=None)
    remarked = forms.BooleanField(label="With a remark", required=False)
    helped = forms.BooleanField(label="Asked for a person", required=False)
    backed = forms.BooleanField(label="Went back", required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        agents = get_user_model().objects.filter(is_staff=True).order_by("username")
        self._set_choices(
            "agent", "Anybody", [(str(user.pk), user.get_full_name() or user.username) for user in agents]
        )
        self._set_place_choices(
            {name: str(data.get(name, "")) for name in ("wizard", "version", "node", "cause", "step")}
        )
        self.fields["reference"].widget.attrs |= {"placeholder": "AB2C 3DEF 4GHJ", "autocomplete": "off"}
        self.fields["node"].error_messages["invalid_choice"] = (
            "There is no place “%(value)s” in the selected wizard. It is ignored."
            if data.get("wizard")
            else "Choose the wizard, too: places belong to a wizard. It is ignored."
        )

    def clean_reference(self) -> str:
        """Normalize a reference to the form of stored codes: lower case without blanks and hyphens."""
        typed = "".join(self.cleaned_data["reference"].casefold().split())
        code = typed.translate(dict.fromkeys(map(ord, "-‐‑‒–—"), None))
        if invalid := [each for each in code if each not in CODE_ALPHABET]:
            raise forms.ValidationError(
                f"A reference cannot contain “{invalid[0].upper()}”, only digits 2 to 9 and letters except I, L and O."
            )
        if len(code) > CODE_LENGTH:
            raise forms.ValidationError(f"A reference has {CODE_LENGTH} letters and digits; this has {len(code)}.")
        return code

    @property
    def filters(self) -> SessionFilter:
        shared = super().filters
        extra = {name: value for name in EXTRA_FIELDS if (value := self.cleaned_data.get(name))}
        return SessionFilter(**{each.name: getattr(shared, each.name) for each in fields(Filter)}, **extra)

    def _set_place_choices(self, data: Mapping[str, str]) -> None:
        """Offer the places of the selected wizard; causes and steps only if the selected node has them."""
        document = _document(data["wizard"], data["version"])
        nodes = [(node.id, node.title or node.id) for node in document.nodes] if document else []
        node = document.node(data["node"]) if document else None
        causes, steps = _parts(document, node, data["cause"]) if document and node else ([], [])
        sessions_there = Session.objects.filter(version__wizard__slug=data["wizard"], node=data["node"])
        self._set_choices("node", "Anywhere", _with_removed(nodes, data["node"], sessions_there))
        self._set_part_choices("cause", "All causes", causes, data["cause"], sessions_there.filter(cause=data["cause"]))
        self._set_part_choices("step", "All steps", steps, data["step"], sessions_there.filter(step=data["step"]))

    def _set_part_choices(
        self,
        name: str,
        all_label: str,
        choices: list[tuple[str, str]],
        selected: str,
        sessions_there: QuerySet[Session],
    ) -> None:
        choices = _with_removed(choices, selected, sessions_there)
        if choices or selected:
            self._set_choices(name, all_label, choices)
        else:
            del self.fields[name]


def _with_removed(
    choices: list[tuple[str, str]], selected: str, sessions_there: QuerySet[Session]
) -> list[tuple[str, str]]:
    """Add the selected id if only an earlier version has it and sessions are there."""
    if not selected or selected in dict(choices) or not sessions_there.exists():
        return choices
    return [*choices, (selected, f"{selected} (another version’s)")]


def _document(slug: str, number: str) -> flow.Document | None:
    """Return the document whose places are offered: of the selected version, or else of the wizard's latest."""
    versions = Version.objects.filter(wizard__slug=slug, number__isnull=False).order_by("-number")
    numbers = dict(versions.values_list("number", "pk")) if slug else {}
    pk = numbers.get(parse_nonnegative_int(number))
    pk = pk or next(iter(numbers.values()), None)
    return document_of(pk) if pk else None


def _parts(document: flow.Document, node: flow.BaseNode, cause: str) -> tuple[list[Any], list[Any]]:
    """List the causes of a node, and the steps of its procedure (of the selected cause), as choices."""
    procedure = node.current_procedure(document, flow.Position(node.id, cause))
    steps = [(step.id, step.title or step.id) for step in procedure.steps] if procedure else []
    if procedure and procedure.erases:
        steps.insert(0, (NO_PART, "Its confirmation"))
    if not isinstance(node, Diagnosis):
        return [], steps
    return [(NO_PART, "The list of causes"), *((each.id, each.label or each.id) for each in node.causes)], steps


def matching_sessions(filters: SessionFilter) -> QuerySet[Session]:
    """Select the filtered sessions, unordered. A reference is searched for in all periods."""
    sessions = Session.objects.filter(channel__in=filters.scope.channels)
    if filters.reference:
        sessions = sessions.filter(_code_prefix(filters.reference))
    else:
        since, before = filters.begun
        sessions = sessions.filter(begun_at__gte=since, begun_at__lt=before)
    if filters.wizard or filters.version or filters.language:
        sessions = _on_versions(sessions, filters.scope.versions)
    if filters.agent:
        sessions = sessions.filter(agent=filters.agent)
    counts = {"remarks": filters.remarked, "helps": filters.helped, "backs": filters.backed}
    sessions = sessions.filter(**{f"{name}__gt": ZERO for name, wanted in counts.items() if wanted})
    return sessions.filter(_state_filter(filters.status), **_place_lookup(filters))


def _on_versions(sessions: QuerySet[Session], versions: Sequence[int]) -> QuerySet[Session]:
    """Select the sessions that began on these versions.

    SQLite has no statistics and would prefer the index by version, with half the table behind one key, to the one by
    day. The sum hides the column from the index.
    """
    if connection.vendor != "sqlite":
        return sessions.filter(version__in=versions)
    unindexed = ExpressionWrapper(F("version_id") + 0, output_field=BigIntegerField())
    return sessions.alias(of_version=unindexed).filter(of_version__in=versions)


def _state_filter(status: str) -> Q:
    if status == "left":
        return Q(status=OPEN, seen_at__lt=abandoned_since())
    if status == "still":
        return Q(status=OPEN, seen_at__gte=abandoned_since())
    return Q(status=status) if status else Q()


def _place_lookup(filters: SessionFilter) -> dict[str, str]:
    if not filters.node:
        return {}
    parts = {"cause": filters.cause, "step": filters.step}
    return {"node": filters.node} | {name: "" if part == NO_PART else part for name, part in parts.items() if part}


def _code_prefix(start: str) -> Q:
    """Match codes with this prefix by a range, which an index of any database serves."""
    if len(start) == CODE_LENGTH:
        return Q(code=start)
    stem = start.rstrip(CODE_ALPHABET[-1])
    if not stem:
        return Q(code__gte=start)
    return Q(code__gte=start, code__lt=stem[:-1] + CODE_ALPHABET[CODE_ALPHABET.index(stem[-1]) + 1])


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in the list; `label` is where it is, in the words of its version."""

    session: Session
    reference: str
    duration: str
    state: str
    state_label: str
    label: PlaceLabel


@dataclass(frozen=True, slots=True)
class SessionListing:
    """A page of the list. `older` and `newer` are the cursors of the neighbouring pages; empty if there is none.

    count: how many sessions match, at most MAX_COUNTED; `more` says that there are more than that.
    """

    rows: list[SessionRow]
    older: str
    newer: str
    count: int
    more: bool


Cursor = tuple[datetime, int]


def parse_cursor(text: str) -> Cursor | None:
    """Parse the cursor of a link; None if invalid."""
    moment, _, pk = text.partition("-")
    if not (moment.isascii() and moment.isdecimal() and pk.isascii() and pk.isdecimal() and len(text) <= 36):
        return None
    try:
        return EPOCH + timedelta(microseconds=int(moment)), min(int(pk), 2**63 - 1)
    except OverflowError:
        return None


def list_sessions(filters: SessionFilter, older: Cursor | None = None, newer: Cursor | None = None) -> SessionListing:
    """Return a page of the list, newest first: the first page, the one after `older`, or the one before `newer`."""
    sessions = matching_sessions(filters)
    count = sessions.order_by()[: MAX_COUNTED + 1].count()
    fetched = _fetch_page(sessions, newer, forward=True)[::-1] if newer else _fetch_page(sessions, older)
    if newer and len(fetched) <= PAGE_SIZE:  # near the beginning: show a full first page
        fetched, newer = _fetch_page(sessions, None), None
    has_more = len(fetched) > PAGE_SIZE
    page = fetched[-PAGE_SIZE:] if newer else fetched[:PAGE_SIZE]
    return SessionListing(
        _rows(page),
        older=_cursor(page[-1]) if newer or has_more else "",
        newer=_cursor(page[0]) if newer or (older and page) else "",
        count=min(count, MAX_COUNTED),
        more=count > MAX_COUNTED,
    )


def _fetch_page(sessions: QuerySet[Session], cursor: Cursor | None, forward: bool = False) -> list[Session]:
    """Fetch the sessions of the page after a cursor, and one more if there are more."""
    lookup, order = ("gt", ("begun_at", "id")) if forward else ("lt", ("-begun_at", "-id"))
    if cursor:
        at, pk = cursor
        rest = Q(**{f"begun_at__{lookup}": at}) | Q(**{"begun_at": at, f"id__{lookup}": pk})
        # The second condition is implied, but an index serves it.
        sessions = sessions.filter(rest, **{f"begun_at__{lookup}e": at})
    # Keys first: an index finds and orders them alone, and only one page of rows is read.
    keys = list(sessions.order_by(*order).values_list("pk", flat=True)[: PAGE_SIZE + 1])
    rows = Session.objects.select_related("version__wizard", "agent").defer("version__document", "visitor", "tried")
    return list(rows.filter(pk__in=keys).order_by(*order))


def _cursor(session: Session) -> str:
    return f"{(session.begun_at - EPOCH) // timedelta(microseconds=1)}-{session.pk}"


def _rows(sessions: Sequence[Session]) -> list[SessionRow]:
    documents = documents_of(session.version_id for session in sessions)
    since = abandoned_since()
    return [_row(session, documents[session.version_id], since) for session in sessions]


def _row(session: Session, document: flow.Document, since: datetime) -> SessionRow:
    position = flow.Position(session.node, session.cause, session.step)
    state = session_state(session, since)
    return SessionRow(
        session,
        format_code(session.code),
        format_duration((session.seen_at - session.begun_at) / SECOND),
        state,
        STATE_LABELS.get(state, state),
        position_label(document, position),
    )


def session_state(session: Any, since: datetime) -> str:
    """Return how a session (or a row with its fields) ended; an open one without an event since `since` was left."""
    if session.status != OPEN:
        return session.status
    return "left" if session.seen_at < since else "still"
