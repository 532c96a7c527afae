"""Tallies: what the logs add up to for each day and month, so that figures cost the same however long the log is.

`wizards.analytics` is the only writer of these rows. They rebuild identically from the log, while that is kept.
Every figure counts sessions: a session that came by a place twice is one.

Pages ask for a period of some versions and channels: on PostgreSQL an index serves that only where the day comes last.
The constraints' indexes, which begin with the day, are for whoever adds up, makes anew or checks days.
"""

from __future__ import annotations

from django.db import models

from .versions import Version


class Rolling(models.Model):
    """How far the tallies are: the one row that whoever rolls them up holds a lock on."""

    generation = models.PositiveBigIntegerField(default=0, help_text="Counts the changes of the tallies.")
    zone = models.CharField(max_length=64, help_text="The time zone in which the days are counted.")
    rules = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="By which rules sessions were counted; see tallies.rolling.RULES."
    )
    whole_from = models.DateField(
        null=True, blank=True, help_text="Sessions of earlier days were deleted; their tallies cannot be rebuilt."
    )

    def __str__(self) -> str:
        return f"generation {self.generation}"


class Tally(models.Model):
    """Sessions begun on one day, or in one month, of one version, that came by one channel.

    The months say once more what their days do, so that a year is twelve of them and the days left at its ends.
    """

    class Span(models.TextChoices):
        """What a row is about: its day, or the month that begins with its day."""

        DAY = "day"
        MONTH = "month"

    span = models.CharField(max_length=5, choices=Span.choices, default=Span.DAY, db_default=Span.DAY)
    day = models.DateField()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=8)

    class Meta:
        abstract = True


class DayTally(Tally):
    """How those sessions ended. Begun = solved + unsolved + advice + those that are open."""

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
    """What those sessions did at one place. Reached = moved on + ended there + those that stand there.

    A place is a node as a `whole`, with everything in it; or a single page: a question, a diagnosis's list of causes,
    a confirmation, or one step. What a session did is what it did at last, if it came by more than once.
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
