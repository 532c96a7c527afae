"""Requests of a data subject: find, export and erase what is stored about one person."""

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
    """The person that the session with this code belongs to, with all of their sessions."""

    code: str
    sessions: QuerySet[Session]

    @property
    def reference(self) -> str:
        """The code in groups, as it is read out."""
        return format_code(self.code)

    @property
    def texts(self) -> int:
        """The number of texts that they wrote."""
        return _words_of(list(self.sessions)).count()


def find_person(reference: str) -> Person:
    """Return the person whose session has this reference; groups and case do not matter.

    A session that an agent began is returned alone, because its visitor is the agent, and so is one erased before.
    Raises Session.DoesNotExist.
    """
    code = "".join(filter(str.isalnum, reference)).lower()
    session = Session.objects.only("visitor", "channel").get(code=code)
    related = Session.objects.filter(pk=session.pk)
    if session.visitor and session.channel != Session.Channel.AGENT:
        related = Session.objects.filter(visitor=session.visitor).exclude(channel=Session.Channel.AGENT)
    sessions = related.select_related("version__wizard").defer("version__document")
    return Person(code, sessions.order_by("begun_at", "pk"))


@transaction.atomic
def export(person: Person) -> dict[str, Any]:
    """Return everything that is stored about a person, grouped by kind, and record the disclosure."""
    sessions = list(person.sessions)
    words = {row.event_id: row.text for row in _words_of(sessions)}
    findings = Finding.objects.filter(session__in=sessions).order_by("pk")
    disclosures = Disclosure.objects.filter(where__in=[format_code(session.code) for session in sessions]).order_by(
        "at"
    )
    data = {
        "reference": person.reference,
        "sessions": [_session_data(session, words) for session in sessions],
        "cases": list(Case.objects.filter(session__in=sessions).values(*CASE_FIELDS)),
        "devices": list(Guest.objects.filter(session__in=sessions).order_by("at").values("session__code", "at")),
        "joins": list(Join.objects.filter(session__in=sessions).order_by("pk").values(*JOIN_FIELDS)),
        "callers": list(Call.objects.filter(session__in=sessions).values("session__code", "caller")),
        "findings": list(findings.values("session__code", "note", "opened_at", "closed_at", "closing_note")),
        "disclosures": list(disclosures.values("at", "what", "where", "count")),
    }
    Disclosure.objects.create(what=Disclosure.What.EXPORT, where=person.reference, count=len(words))
    return data


@transaction.atomic
def erase(person: Person) -> int:
    """Erase what a person wrote and what links the sessions to them; return the number of texts, and record it.

    The logs stay and can be replayed, but are linked to nobody.
    """
    sessions = Session.objects.filter(pk__in=[session.pk for session in person.sessions])
    texts = cases.erase_words(Case.objects.filter(session__in=sessions).exclude(contact="", words="", other=""))
    texts += calls.erase_callers(sessions)
    join_codes.delete(sessions)
    texts += journal.erase_visitor(sessions)
    Disclosure.objects.create(what=Disclosure.What.ERASE, where=person.reference, count=texts)
    return texts


def _words_of(sessions: list[Session]) -> QuerySet[Words]:
    return Words.objects.filter(event__session__in=sessions)


def _session_data(session: Session, words: dict[int, str]) -> dict[str, Any]:
    """Return a session's row and log as stored, each event with its text."""
    row = model_to_dict(session, exclude=["id", "version", "agent"])
    version = {"wizard": session.version.wizard.slug, "version": session.version.number}
    events = [
        {**model_to_dict(event, exclude=["id", "session"]), "words": words.get(event.pk, "")}
        for event in session.events.order_by("number")
    ]
    return {**version, **row, "agent": bool(session.agent_id), "events": events}
