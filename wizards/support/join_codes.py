"""Short codes that let an agent, or another of the customer's devices, into a session.

    customer: create -> a single-use code, valid for ten minutes
    agent:    join(code) -> works in that session until either side ends it
    device:   add_device(code) -> owns the session too

The database stores a keyed digest, never the code. Wrong, expired and used codes are indistinguishable. By asking for
a code for an agent the customer consents to be joined.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .. import journal
from ..models import CODE_ALPHABET, Guest, HandoffCode, Join, Session

# Frozen: it finds the codes that are already given out. Keep the value if this module moves.
DIGEST_SALT = "wizards.handoff"
LENGTH = 8
LIFETIME = timedelta(minutes=10)


class InvalidCodeError(Exception):
    """The code is wrong, expired or used."""


def create(session: Session, lets_in: HandoffCode.For) -> str:
    """Return a new code for a session. Unused codes that were created for the same purpose become invalid."""
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(LENGTH))
    now, pk = timezone.now(), session.pk
    with transaction.atomic():
        HandoffCode.objects.filter(session_id=pk, lets_in=lets_in, used_at=None).delete()
        HandoffCode.objects.create(
            session=session, lets_in=lets_in, digest=digest(code), made_at=now, expires_at=now + LIFETIME
        )
    return code


def normalize(typed: str) -> str:
    """Strip spaces, hyphens and case from a code as typed."""
    return "".join(letter for letter in typed.casefold() if letter.isalnum())


def digest(code: str) -> str:
    return salted_hmac(DIGEST_SALT, code, algorithm="sha256").hexdigest()


@transaction.atomic
def join(typed: str, agent: User) -> Session:
    """Let an agent into the session that the code stands for, in place of any earlier agent; raise InvalidCodeError."""
    code = _use(typed, HandoffCode.For.AGENT)
    Join.objects.filter(session=code.session_id, ended_at=None).update(ended_at=timezone.now())
    Join.objects.create(session_id=code.session_id, agent=agent, consented_at=code.made_at)
    return journal.join(_session(code.session_id), agent)


@transaction.atomic
def add_device(typed: str, visitor: str) -> Session:
    """Let a device, by the digest of its visitor secret, into the code's session; raise InvalidCodeError."""
    code = _use(typed, HandoffCode.For.DEVICE)
    Guest.objects.get_or_create(session_id=code.session_id, visitor=visitor)
    return _session(code.session_id).get()


@transaction.atomic
def end(session: Session, by: User | None = None) -> Session:
    """End an agent's join. `by` is the agent who leaves, or None if the customer ends it."""
    pk = session.pk
    Join.objects.filter(session_id=pk, ended_at=None).update(ended_at=timezone.now())
    HandoffCode.objects.filter(session_id=pk, lets_in=HandoffCode.For.AGENT, used_at=None).delete()
    return journal.leave(_session(pk), by)


def delete(sessions: QuerySet[Session]) -> None:
    """Delete the guest devices and the codes of these sessions."""
    for model in (Guest, HandoffCode):
        model._default_manager.filter(session__in=sessions).delete()


def _use(typed: str, lets_in: HandoffCode.For) -> HandoffCode:
    now = timezone.now()
    valid = HandoffCode.objects.select_for_update().filter(
        digest=digest(normalize(typed)), lets_in=lets_in, used_at=None, expires_at__gt=now
    )
    code = valid.first()
    if code is None:
        raise InvalidCodeError
    code.used_at = now
    code.save(update_fields=["used_at"])
    return code


def _session(pk: int) -> QuerySet[Session]:
    return Session.objects.filter(pk=pk)
