"""The rows: drafts that editors change, versions that were published, sessions and their logs."""

from .drafts import Cause, Choice, Node, Procedure, Source, Step, Symptom, Wizard, WizardProcedure
from .pictures import Picture
from .sessions import OPEN, Event, Session, Words
from .versions import Version

__all__ = [
    "OPEN",
    "Cause",
    "Choice",
    "Event",
    "Node",
    "Picture",
    "Procedure",
    "Session",
    "Source",
    "Step",
    "Symptom",
    "Version",
    "Wizard",
    "WizardProcedure",
    "Words",
]
