"""A procedure, its steps, and the order in which a person goes through them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .fields import Id, Line, Lines, Part, Sources, Text

CONFIRM, DECLINE = "confirm", "decline"
NEXT, WORKED, FAILED, BLOCKED, DECLINED = "next", "worked", "failed", "blocked", "declined"

WORDINGS = {
    CONFIRM: "Yes, go on",
    DECLINE: "No, show me another way",
    NEXT: "Done",
    WORKED: "It worked",
    FAILED: "It did not work",
    BLOCKED: "I can’t do this",
}

Seconds = Annotated[int, Field(strict=True, ge=0, le=3600)]
Minutes = Annotated[int, Field(strict=True, ge=1, le=600)]


class Picture(Part):
    """An illustration: `name` of a drawing in static/pictures (without .svg) or an upload, `alt` says what it shows."""

    name: Id
    alt: Line


class Step(Part):
    """One thing to do. `hold_seconds` and `wait_seconds` start a countdown of that many seconds; 0 means none."""

    id: Id
    title: Line = ""
    text: Text = ""
    say: Text = ""
    signs: Lines = ()
    hold_seconds: Seconds = 0
    wait_seconds: Seconds = 0
    caution: Text = ""
    picture: Picture | None = None
    note: Text = ""
    sources: Sources = ()


class Procedure(Part):
    """An ordered list of steps. `minutes` is about how long it takes; `erases` says what is lost, empty for nothing.

    `worked_label` and `failed_label` say the two results in the procedure's own words ("I found it"); empty leaves
    "It worked" and "It did not work".
    """

    id: Id
    title: Line = ""
    minutes: Minutes = 5
    text: Text = ""
    erases: Text = ""
    worked_label: Line = ""
    failed_label: Line = ""
    steps: tuple[Step, ...] = ()
    sources: Sources = ()

    def index(self, step: str) -> int:
        """Return the index of the step with this id; -1 if there is none."""
        return next((index for index, each in enumerate(self.steps) if each.id == step), -1)

    def start(self) -> str:
        """Return the first step; empty if a confirmation comes first."""
        return "" if self.erases else self.steps[0].id

    def answers(self, step: str) -> tuple[str, ...]:
        """Return the legal answers at `step`; the empty step is the confirmation."""
        if not step:
            return (CONFIRM, DECLINE)
        last = self.index(step) == len(self.steps) - 1
        return (WORKED, FAILED, BLOCKED) if last else (NEXT, WORKED, FAILED, BLOCKED)

    def follow(self, step: str, answer: str) -> tuple[str, str]:
        """Return (the next step, "") or ("", the result of the procedure) for a legal answer at `step`."""
        if answer == CONFIRM:
            return self.steps[0].id, ""
        if answer == NEXT:
            return self.steps[self.index(step) + 1].id, ""
        return "", DECLINED if answer == DECLINE else answer

    def wording(self, answer: str) -> str:
        label = {WORKED: self.worked_label, FAILED: self.failed_label}.get(answer, "")
        return label or WORDINGS.get(answer, answer)

    def minutes_left(self, step: str) -> int:
        """Return the estimated minutes left at `step`: `minutes` divided evenly over the steps, at least 1."""
        if not self.steps:
            return self.minutes
        steps_left = len(self.steps) - max(self.index(step), 0)
        return max(1, round(self.minutes * steps_left / len(self.steps)))
