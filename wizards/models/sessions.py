"""Sessions and their logs. `wizards.journal` is the only writer of these rows."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .. import flow
from .versions import Version

OPEN = "open"
CODE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0, 1, i, l, o: a code can be read out
CODE_LENGTH = 12


def format_code(code: str) -> str:
    """Format a session's code for reading it out: capitals, in groups of four."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4)).upper()


class Session(models.Model):
    """One person's walk through one version.

    The fields after `visitor` are denormalized from the log, for lists and for speed; `journal.rebuild_row` recomputes
    them.
    """

    class Channel(models.TextChoices):
        """How the person came."""

        SELF_SERVICE = "self", "self-service"
        AGENT = "agent", "agent"
        EMBEDDED = "embed", "embedded"
        TEST = "test", "preview by an editor"

    code = models.CharField(max_length=16, unique=True, help_text="Public: stands in addresses, and names nothing.")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="sessions")
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.SELF_SERVICE)
    visitor = models.CharField(max_length=64, help_text="SHA-256 of the secret that proves whose session it is.")

    symptom = models.CharField(max_length=64)
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When the last event was logged.")
    count = models.PositiveIntegerField(help_text="How many events the log holds.")
    status = models.CharField(max_length=10, default=OPEN, help_text="“open”, or the result of the outcome reached.")
    node = models.CharField(max_length=64)
    cause = models.CharField(max_length=64, blank=True, default="")
    step = models.CharField(max_length=64, blank=True, default="")
    tried = models.JSONField(default=list, blank=True)
    backs = models.PositiveIntegerField(default=0, help_text="How many times the person went back.")
    helps = models.PositiveIntegerField(default=0, help_text="How many times they asked for a person.")
    remarks = models.PositiveIntegerField(default=0, help_text="How many remarks they made.")

    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    tallied = models.PositiveIntegerField(default=0, help_text="How many of its events the tallies hold.")

    class Meta:
        ordering = ("-seen_at",)
        indexes = [
            models.Index(fields=["visitor", "status", "-seen_at"], name="session_of_visitor"),
            # Covers the usual filters of the list of sessions.
            models.Index(
                fields=["begun_at", "id", "version", "channel", "status", "seen_at"], name="session_by_beginning"
            ),
            models.Index(fields=["seen_at"], name="session_by_last_event"),
            models.Index(fields=["node", "status", "begun_at"], name="session_by_place"),
            models.Index(fields=["agent", "begun_at"], name="session_by_agent", condition=Q(agent__isnull=False)),
            models.Index(fields=["begun_at"], name="session_with_remark", condition=Q(remarks__gt=0)),
            # The few that the tallies do not contain yet, or not completely.
            models.Index(fields=["id"], name="session_untallied", condition=Q(tallied__lt=F("count"))),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def position(self) -> flow.Position:
        """The current position, as a value of `flow`."""
        tried = tuple((cause, result) for cause, result in self.tried)
        return flow.Position(self.node, self.cause, self.step, tried)

    @position.setter
    def position(self, position: flow.Position) -> None:
        self.node, self.cause, self.step = position.node, position.cause, position.step
        self.tried = [list(each) for each in position.tried]


class Event(models.Model):
    """One entry of a session's log; append-only. `flow.Event` documents the fields."""

    class Actor(models.TextChoices):
        """Who did it."""

        CUSTOMER = "customer", "customer"
        AGENT = "agent", "agent"

    # No separate index: the one on (session, number) serves.
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="events", db_index=False)
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=8, choices=Actor, default=Actor.CUSTOMER)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in flow.EventKind])
    node = models.CharField(max_length=64, blank=True, default="")
    cause = models.CharField(max_length=64, blank=True, default="")
    step = models.CharField(max_length=64, blank=True, default="")
    answer = models.CharField(max_length=64, blank=True, default="")
    to = models.PositiveIntegerField(null=True, blank=True)
    offered = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ("session_id", "number")
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="event_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.answer}".strip()

    @property
    def event(self) -> flow.Event:
        """The entry as a value of `flow`."""
        return flow.Event(
            flow.EventKind(self.kind), self.node, self.cause, self.step, self.answer, self.to, tuple(self.offered)
        )


class Words(models.Model):
    """Personal words written with an event. They can be erased; the log still replays."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, related_name="words")
    text = models.TextField()

    class Meta:
        verbose_name_plural = "words"

    def __str__(self) -> str:
        return f"words of event {self.event_id}"
