"""Database models: drafts, versions, sessions and their logs, calls and cases, findings, tallies. No business logic."""

from .calls import Call, Guest, Handling, HandoffCode, Join
from .cases import Case, Delivery, Webhook
from .drafts import Cause, Choice, Node, Procedure, Source, Step, Symptom, Wizard, WizardProcedure
from .pictures import Picture
from .reviewing import Disclosure, Finding, Search
from .session_lookup import SessionLookup, SingleSession
from .sessions import CODE_ALPHABET, CODE_LENGTH, OPEN, Event, Session, Words, format_code
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
    "Picture",
    "PlaceTally",
    "Procedure",
    "Rolling",
    "Search",
    "Session",
    "SessionLookup",
    "SingleSession",
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
    "format_code",
]
