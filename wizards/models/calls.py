"""Calls, handlings, joins, join codes and guests: which agents and devices take part in a session."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .sessions import Session


def staff_field(related_name: str = "+") -> models.ForeignKey:
    """Build a reference to a member of staff; it becomes null when their account is deleted."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name=related_name
    )


class Call(models.Model):
    """The assignment of a session to an agent, who began it for a caller, joined it, or was passed it."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="call")
    agent = staff_field("calls")
    caller = models.CharField(max_length=200, blank=True, default="", help_text="Who calls: personal, erasable.")
    aside = models.BooleanField(default=False, help_text="Put aside, to be resumed.")
    since = models.DateTimeField(default=timezone.now, help_text="When the agent took it.")

    class Meta:
        ordering = ("-since",)

    def __str__(self) -> str:
        return f"call {self.session_id}"


class Handling(models.Model):
    """A past or present assignment of a session to an agent: it gives them the right to view the session."""

    class How(models.TextChoices):
        """How the agent got the session."""

        BEGAN = "began", "began it"
        JOINED = "joined", "joined it"
        PASSED = "passed", "was passed it"
        CASE = "case", "took its case"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="handlings")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="handlings")
    how = models.CharField(max_length=6, choices=How)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "agent", "how"], name="handling_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.how} {self.session_id}"


class HandoffCode(models.Model):
    """A short code that admits an agent, or another of the customer's devices, to a session: once, for ten minutes."""

    class For(models.TextChoices):
        """Whom the code admits."""

        AGENT = "agent", "an agent"
        DEVICE = "device", "another device of the customer’s"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="codes")
    lets_in = models.CharField(max_length=6, choices=For)
    digest = models.CharField(max_length=64, unique=True, help_text="Keyed SHA-256 of the code.")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"code for {self.lets_in}, {self.session_id}"


class Join(models.Model):
    """An agent's presence in a customer's session, with the customer's consent, until one of them ends it."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="joins")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    consented_at = models.DateTimeField()
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session"], condition=Q(ended_at__isnull=True), name="joined_by_one")
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} in {self.session_id}"


class Guest(models.Model):
    """Another of the customer's devices that was admitted to a session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="guests")
    visitor = models.CharField(max_length=64, db_index=True, help_text="SHA-256 of the device's own secret.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "visitor"], name="guest_once")]

    def __str__(self) -> str:
        return f"guest of {self.session_id}"
