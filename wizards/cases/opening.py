"""A case is opened for a session, once, and an agent takes it."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction

from .. import journal
from ..models import Case, OneSession, Session
from . import outbox
from .transcripts import storable


@transaction.atomic
def open_case(sessions: OneSession, contact: str, words: str = "", by: User | None = None) -> Case:
    """Open a case for the session that `sessions` is narrowed to, and write to the outbox who is told about it.

    A session has one case: opened again, that one comes back as it is. `contact` is how the customer can be reached,
    `words` what they wrote; `by` is the agent who does it for them. Raises Session.DoesNotExist, and ValueError for an
    editor's preview.
    """
    session = sessions.select_for_update().get()
    if there := of(session):
        return there
    if session.channel == Session.Channel.TEST:
        raise ValueError("A preview opens no case.")
    session = journal.help_wanted(sessions, by)
    case = Case.objects.create(session=session, contact=storable(contact), words=storable(words))
    outbox.tell_support(case, outbox.OPENED)
    return case


def of(session: Session) -> Case | None:
    """Return the case of a session, if it has one."""
    return Case.objects.filter(session=session).first()


@transaction.atomic
def take(case: Case, by: AbstractBaseUser) -> Case:
    """Give a case that nobody has to an agent; one that somebody has comes back as it is."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.agent_id is None:
        case.agent_id = by.pk
        case.save(update_fields=["agent"])
    return case
