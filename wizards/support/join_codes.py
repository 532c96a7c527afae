"""Letting somebody into a session by a short code: an agent, or another device of the customer's own.

    customer: offer -> a code, ten minutes, once        agent: join(code) -> in that very session, until one ends it
                                                        device: admit(code) -> owns the session too

The code is shown and never stored: the database keeps a keyed digest. Wrong, expired and used codes all look alike.
Asking for a code for an agent is the customer's consent to be joined.
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

# Frozen: codes that are out there are found by it. It keeps its value wherever this module goes.
DIGEST_SALT = "wizards.handoff"
LENGTH = 8
LIFETIME = timedelta(minutes=10)


class InvalidCodeError(Exception):
    """No code like this lets anybody in: it is wrong, expired or used."""


def create(session: Session, lets_in: HandoffCode.For) -> str:
    """Return a fresh code for a session; the ones made before for the same purpose let nobody in any more."""
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(LENGTH))
    now, pk = timezone.now(), session.pk
    with transaction.atomic():
        HandoffCode.objects.filter(session_id=pk, lets_in=lets_in, used_at=None).delete()
        HandoffCode.objects.create(
            session=session, lets_in=lets_in, digest=digest(code), made_at=now, expires_at=now + LIFETIME
        )
    return code


def normalize(typed: str) -> str:
    """Return a code as it was made from how somebody typed or read it: groups, hyphens and capitals do not matter."""
    return "".join(letter for letter in typed.casefold() if letter.isalnum())


def digest(code: str) -> str:
    """Return what the database keeps of a code."""
    return salted_hmac(DIGEST_SALT, code, algorithm="sha256").hexdigest()


@transaction.atomic
def join(typed: str, agent: User) -> Session:
    """Let an agent into the session whose code they were told, and return it; raise InvalidCodeError.

    Whoever was in it before is not any more.
    """
    code = _use(typed, HandoffCode.For.AGENT)
    Join.objects.filter(session=code.session_id, ended_at=None).update(ended_at=timezone.now())
    Join.objects.create(session_id=code.session_id, agent=agent, consented_at=code.made_at)
    return journal.join(_one(code.session_id), agent)


@transaction.atomic
def add_device(typed: str, visitor: str) -> Session:
    """Let the device of a visitor (the digest of its secret) into a session, and return it; raise InvalidCodeError."""
    code = _use(typed, HandoffCode.For.DEVICE)
    Guest.objects.get_or_create(session_id=code.session_id, visitor=visitor)
    return _one(code.session_id).get()


@transaction.atomic
def end(session: Session, by: User | None = None) -> Session:
    """End that an agent is in a session; `by` is the agent who leaves, None for the customer who ends it."""
    pk = session.pk
    Join.objects.filter(session_id=pk, ended_at=None).update(ended_at=timezone.now())
    HandoffCode.objects.filter(session_id=pk, lets_in=HandoffCode.For.AGENT, used_at=None).delete()
    return journal.leave(_one(pk), by)


def delete(where: QuerySet[Session]) -> None:
    """Delete which other devices were let into sessions, and the codes that would let more in."""
    for table in (Guest, HandoffCode):
        table._default_manager.filter(session__in=where).delete()


def _use(typed: str, lets_in: HandoffCode.For) -> HandoffCode:
    now = timezone.now()
    found = HandoffCode.objects.select_for_update().filter(
        digest=digest(normalize(typed)), lets_in=lets_in, used_at=None, expires_at__gt=now
    )
    code = found.first()
    if code is None:
        raise InvalidCodeError
    code.used_at = now
    code.save(update_fields=["used_at"])
    return code


def _one(pk: int) -> QuerySet[Session]:
    return Session.objects.filter(pk=pk)
