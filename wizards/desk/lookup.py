"""Finds a call or case by the reference or case number that an agent types into the desk's search.

Only what the agent may see is found. Anything else gets the same answer as a number that does not exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.urls import reverse

from .. import permissions, presenters
from ..models import CODE_ALPHABET, CODE_LENGTH, Session

GROUP = f"[{CODE_ALPHABET}]{{4}}"
# Only whole or in groups of four: "the red webcam" consists of the same letters.
REFERENCE = re.compile("[ -]?".join([GROUP] * (CODE_LENGTH // 4)))
CASE_NUMBER = re.compile("(?:case)? ?([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Match:
    """A link to what was found, or only a text if nothing was found."""

    text: str
    url: str = ""


def find_match(typed: str, user: User) -> Match | None:
    """Return the match for a reference or case number; None if the text looks like neither."""
    plain = " ".join(typed.casefold().split())
    if REFERENCE.fullmatch(plain):
        return by_reference(plain.replace(" ", "").replace("-", ""), user)
    if number := CASE_NUMBER.fullmatch(plain):
        return by_case_number(int(number[1]), user)
    return None


def by_reference(code: str, user: User) -> Match:
    """Return a link to the session's case, or to the session if it has none."""
    session = permissions.desk_sessions(user).filter(code=code).select_related("case").first()
    if session is None:
        return Match("This may be a customer’s session: ask them for a code, and type it under “Enter a code”.")
    return case_match(session.case.pk) if hasattr(session, "case") else call_match(session)


def by_case_number(number: int, user: User) -> Match:
    if permissions.desk_cases(user).filter(pk=number).exists():
        return case_match(number)
    return Match(f"There is no case {number} that you may see. Ask the caller for their reference.")


def case_match(number: int) -> Match:
    return Match(f"Case {number}", reverse("desk_case", args=[number]))


def call_match(session: Session) -> Match:
    return Match(f"The call {presenters.reference(session)}", reverse("desk_call", args=[session.code]))
