"""Aggregates of the log by day and month, so that the cost of a figure does not depend on the length of the log.

`wizards.analytics` is the only writer of these rows. They can be rebuilt from the log as long as it is kept. Every
figure counts sessions: a session that visits a place twice counts once.

Pages select a period of some versions and channels; on PostgreSQL that needs an index that ends with the day.
The indexes of the constraints, which begin with the day, serve rolling up, rebuilding and checking days.
"""

from __future__ import annotations

from django.db import models

from .versions import Version


class Rolling(models.Model):
    """The state of the roll-up: a single row, locked by whoever rolls up."""

    generation = models.PositiveBigIntegerField(default=0, help_text="Counts the changes of the tallies.")
    zone = models.CharField(max_length=64, help_text="The time zone in which the days are counted.")
    rules = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="The version of the counting rules: RULES in wizards.analytics.rollup."
    )
    whole_from = models.DateField(
        null=True, blank=True, help_text="Sessions of earlier days were deleted; their tallies cannot be rebuilt."
    )

    def __str__(self) -> str:
        return f"generation {self.generation}"


class Tally(models.Model):
    """Sessions of one version and channel that began on one day, or in one month.

    Months repeat the sums of their days, so that a long period is read as whole months plus the days at its ends.
    """

    class Span(models.TextChoices):
        """The period of a row: its day, or the month that begins on its day."""

        DAY = "day"
        MONTH = "month"

    span = models.CharField(max_length=5, choices=Span.choices, default=Span.DAY, db_default=Span.DAY)
    day = models.DateField()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=8)

    class Meta:
        abstract = True


class DayTally(Tally):
    """How those sessions ended. begun = solved + unsolved + advice + open ones."""

    begun = models.PositiveIntegerField(default=0)
    solved = models.PositiveIntegerField(default=0)
    unsolved = models.PositiveIntegerField(default=0)
    advice = models.PositiveIntegerField(default=0)
    backs = models.PositiveIntegerField(default=0, help_text="Sessions that went back at least once.")
    helps = models.PositiveIntegerField(default=0, help_text="Sessions that asked for a person.")
    remarks = models.PositiveIntegerField(default=0, help_text="Sessions with a remark.")
    helped = models.PositiveIntegerField(default=0, help_text="Sessions that said at the end that it helped.")
    not_helped = models.PositiveIntegerField(default=0)
    times = models.BinaryField(default=b"", help_text="Histogram of the seconds to solved.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["span", "day", "version", "channel"], name="day_tally_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.begun}"


class PlaceTally(Tally):
    """What those sessions did at one place. reached = moved + ended + those that are still there.

    A place is a `whole` node with everything in it, or a single page: a question, a diagnosis's list of causes, a
    confirmation, or one step. If a session visits a place more than once, its last visit counts.
    """

    node = models.CharField(max_length=64)
    cause = models.CharField(max_length=64, blank=True, default="")
    step = models.CharField(max_length=64, blank=True, default="")
    whole = models.BooleanField(default=False)
    reached = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    ended = models.PositiveIntegerField(default=0)
    backs = models.PositiveIntegerField(default=0, help_text="Sessions that went back from here at least once.")
    helps = models.PositiveIntegerField(default=0)
    remarks = models.PositiveIntegerField(default=0)
    times = models.BinaryField(default=b"", help_text="Histogram of the seconds that each session spent here.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["span", "day", "version", "channel", "whole", "node", "cause", "step"],
                name="place_tally_once",
            )
        ]
        indexes = [models.Index(fields=["span", "whole", "version", "channel", "day"], name="place_tally_by_version")]

    def __str__(self) -> str:
        return f"{self.day} {self.node} {self.cause} {self.step}: {self.reached}"


class WayTally(Tally):
    """How many of those sessions went from one node to another."""

    node = models.CharField(max_length=64)
    to = models.CharField(max_length=64)
    sessions = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["span", "day", "version", "channel", "node", "to"], name="way_tally_once")
        ]
        indexes = [models.Index(fields=["span", "version", "channel", "day"], name="way_tally_by_version")]

    def __str__(self) -> str:
        return f"{self.day} {self.node} to {self.to}: {self.sessions}"
