"""The rows: drafts that editors change, versions that were published, sessions and their logs, what reviewers need."""

from .calls import Call, Guest, Handling, HandoffCode, Join
from .cases import Case, Delivery, Webhook
from .drafts import Cause, Choice, Node, Procedure, Source, Step, Symptom, Wizard, WizardProcedure
from .pictures import Picture
from .reviewing import Disclosure, Finding, Search
from .session_lookup import OneSession, OwnSession
from .sessions import CODE_ALPHABET, CODE_LENGTH, OPEN, Event, Session, Words, in_groups
from .tallies import DayTally, PlaceTally, Rolling, Tally, WayTally
from .versions import Version

__all__ = [
    "CODE_ALPHABET",
    "CODE_LENGTH",
    "OPEN",
    "Call",
    "Case",
    "Cause",
    "Choice",
    "DayTally",
    "Delivery",
    "Disclosure",
    "Event",
    "Finding",
    "Guest",
    "Handling",
    "HandoffCode",
    "Join",
    "Node",
    "OneSession",
    "OwnSession",
    "Picture",
    "PlaceTally",
    "Procedure",
    "Rolling",
    "Search",
    "Session",
    "Source",
    "Step",
    "Symptom",
    "Tally",
    "Version",
    "WayTally",
    "Webhook",
    "Wizard",
    "WizardProcedure",
    "Words",
    "in_groups",
]
