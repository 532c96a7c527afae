"""What is known of one person: found, exported, erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.forms.models import model_to_dict

from .. import journal
from ..models import Call, Case, Disclosure, Finding, Guest, Join, Session, Words, format_code
from ..support import calls, cases, join_codes

CASE_FIELDS = (
    "pk",
    "session__code",
    "opened_at",
    "closed_at",
    "contact",
    "words",
    "cause_node",
    "cause",
    "other",
    "works",
    "followed_up_at",
    "came_back",
)
JOIN_FIELDS = ("session__code", "consented_at", "began_at", "ended_at")


@dataclass(frozen=True)
class Person:
    """Whoever one session belongs to, by that session's code, with all their sessions."""

    code: str
    sessions: QuerySet[Session]

    @property
    def reference(self) -> str:
        """The code as it is read out."""
        return format_code(self.code)

    @property
    def texts(self) -> int:
        """How many texts they wrote."""
        return _words(list(self.sessions)).count()


def find_person(reference: str) -> Person:
    """Return the person whose session has this reference, read out in groups or not, in any case.

    A session that an agent began stands alone: its visitor is the agent. So does one that was erased before.
    Raises Session.DoesNotExist.
    """
    code = "".join(filter(str.isalnum, reference)).lower()
    session = Session.objects.only("visitor", "channel").get(code=code)
    theirs = Session.objects.filter(pk=session.pk)
    if session.visitor and session.channel != Session.Channel.AGENT:
        theirs = Session.objects.filter(visitor=session.visitor).exclude(channel=Session.Channel.AGENT)
    sessions = theirs.select_related("version__wizard").defer("version__document")
    return Person(code, sessions.order_by("begun_at", "pk"))


@transaction.atomic
def export(whose: Person) -> dict[str, Any]:
    """Return everything that is stored about a person, by the names of the tables, and note that it was taken away."""
    sessions = list(whose.sessions)
    words = {row.event_id: row.text for row in _words(sessions)}
    findings = Finding.objects.filter(session__in=sessions).order_by("pk")
    disclosures = Disclosure.objects.filter(where__in=[format_code(session.code) for session in sessions]).order_by(
        "at"
    )
    taken = {
        "reference": whose.reference,
        "sessions": [_plain(session, words) for session in sessions],
        "cases": list(Case.objects.filter(session__in=sessions).values(*CASE_FIELDS)),
        "devices": list(Guest.objects.filter(session__in=sessions).order_by("at").values("session__code", "at")),
        "joins": list(Join.objects.filter(session__in=sessions).order_by("pk").values(*JOIN_FIELDS)),
        "callers": list(Call.objects.filter(session__in=sessions).values("session__code", "caller")),
        "findings": list(findings.values("session__code", "note", "opened_at", "closed_at", "closing_note")),
        "disclosures": list(disclosures.values("at", "what", "where", "count")),
    }
    Disclosure.objects.create(what=Disclosure.What.EXPORT, where=whose.reference, count=len(words))
    return taken


@transaction.atomic
def erase(whose: Person) -> int:
    """Erase what a person wrote and that the sessions are theirs, note it, and return how many texts that was.

    The logs stay, and replay; nobody can be linked to them.
    """
    sessions = Session.objects.filter(pk__in=[session.pk for session in whose.sessions])
    texts = cases.erase_words(Case.objects.filter(session__in=sessions).exclude(contact="", words="", other=""))
    texts += calls.erase_callers(sessions)
    join_codes.delete(sessions)
    texts += journal.erase_visitor(sessions)
    Disclosure.objects.create(what=Disclosure.What.ERASE, where=whose.reference, count=texts)
    return texts


def _words(sessions: list[Session]) -> QuerySet[Words]:
    return Words.objects.filter(event__session__in=sessions)


def _plain(session: Session, words: dict[int, str]) -> dict[str, Any]:
    """Return a session's row and its log as they are stored, each event with what was written."""
    row = model_to_dict(session, exclude=["id", "version", "agent"])
    version = {"wizard": session.version.wizard.slug, "version": session.version.number}
    events = [
        {**model_to_dict(event, exclude=["id", "session"]), "words": words.get(event.pk, "")}
        for event in session.events.order_by("number")
    ]
    return {**version, **row, "agent": bool(session.agent_id), "events": events}
