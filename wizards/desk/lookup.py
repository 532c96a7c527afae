"""What customers are told to say: a reference or the number of a case, typed into the desk's search.

It leads to what the agent may look at. Whether there is anything else, nobody learns: that reads like nothing at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.urls import reverse

from .. import permissions, presenters
from ..models import CODE_ALPHABET, CODE_LENGTH, Session

GROUP = f"[{CODE_ALPHABET}]{{4}}"
# In groups or in one, and never cut otherwise: "the red webcam" is made of the same letters.
REFERENCE = re.compile("[ -]?".join([GROUP] * (CODE_LENGTH // 4)))
CASE = re.compile("(?:case)? ?([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Match:
    """Where what was typed leads: the words of the link and its address; or only words, where it leads nowhere."""

    words: str
    url: str = ""


def find_match(typed: str, user: User) -> Match | None:
    """Return where a reference or the number of a case leads an agent; None for whatever looks like neither."""
    plain = " ".join(typed.casefold().split())
    if REFERENCE.fullmatch(plain):
        return by_reference(plain.replace(" ", "").replace("-", ""), user)
    if found := CASE.fullmatch(plain):
        return by_case(int(found[1]), user)
    return None


def by_reference(code: str, user: User) -> Match:
    """Return where a reference leads: to the case of its session, or to the session where that has none."""
    session = permissions.desk_sessions(user).filter(code=code).select_related("case").first()
    if session is None:
        return Match("This may be a customer’s session: ask them for a code, and type it under “Enter a code”.")
    return to_case(session.case.pk) if hasattr(session, "case") else to_call(session)


def by_case(number: int, user: User) -> Match:
    """Return where the number of a case leads."""
    if permissions.desk_cases(user).filter(pk=number).exists():
        return to_case(number)
    return Match(f"No case {number} waits or is yours. Ask who calls for their reference.")


def to_case(number: int) -> Match:
    """Return the way to a case."""
    return Match(f"Case {number}", reverse("desk_case", args=[number]))


def to_call(session: Session) -> Match:
    """Return the way to a call, or to a customer's session that the agent was in."""
    return Match(f"The call {presenters.reference(session)}", reverse("desk_call", args=[session.code]))
