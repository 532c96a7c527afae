"""The rows: drafts that editors change, versions that were published, sessions and their logs, what reviewers need."""

from .drafts import Cause, Choice, Node, Procedure, Source, Step, Symptom, Wizard, WizardProcedure
from .pictures import Picture
from .reviewing import Disclosure, Finding, Search
from .sessions import OPEN, Event, Session, Words
from .tallies import DayTally, PlaceTally, Rolling, WayTally
from .versions import Version

__all__ = [
    "OPEN",
    "Cause",
    "Choice",
    "DayTally",
    "Disclosure",
    "Event",
    "Finding",
    "Node",
    "Picture",
    "PlaceTally",
    "Procedure",
    "Rolling",
    "Search",
    "Session",
    "Source",
    "Step",
    "Symptom",
    "Version",
    "WayTally",
    "Wizard",
    "WizardProcedure",
    "Words",
]
